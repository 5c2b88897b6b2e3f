import { createHash } from 'node:crypto';
import { canonicalJson, type Json } from './json.ts';

/** Returns `sha256:` and the hex digest of a JSON value's canonical text. */
export function digest(value: Json): string {
  return `sha256:${createHash('sha256').update(canonicalJson(value)).digest('hex')}`;
}
