import { printable } from '../render/sanitize.ts';
import { version } from '../version.ts';

/**
 * Renders an exception that only a bug can throw: the error and its stack, never a line of the program itself.
 *
 * @param mask blanks out secrets: the text may be a server's
 */
export function renderBug(error: unknown, mask: (text: string) => string = (text) => text): string {
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  const [what = '', ...where] = mask(text).split('\n');
  return [
    `error: this is a bug in reconcile ${version}: ${printable(what)}`,
    ...where.map(printable),
    '  → please report it with these lines; the next run completes unfinished changes',
    '',
  ].join('\n');
}
