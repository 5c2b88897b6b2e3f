import type { Kind } from '../../core/model/token.ts';

/** Tells whether a text declares an API version of reconcile, and so may hold a manifest. */
export function declaresApiVersion(text: string): boolean {
  return /(?:^|[\s{,])["']?apiVersion["']?\s*:\s*["']?reconcile\//.test(text);
}

/**
 * Tells whether a text without that declaration may be intended as a manifest: it has a similar key, or such tokens.
 */
export function looksLikeManifest(text: string, kinds: readonly Kind[]): boolean {
  return (
    /^["']?api[_-]?version["']?\s*:\s*["']?reconcile/im.test(text) ||
    new RegExp(`^[\\s-]*["']?kind["']?\\s*:\\s*["']?(?:${kinds.join('|')})\\b`, 'm').test(text)
  );
}
