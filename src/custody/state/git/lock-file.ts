import { formatInstant, parseInstant } from '../../../core/util/instant.ts';
import { isObject, parseJson } from '../../../core/util/json.ts';
import { maxLengthSeconds } from '../lease-rules.ts';

/** The lease of a run, as the file `lock.json` states it. */
export interface LockFile {
  /** A text that no other run has. */
  readonly holder: string;
  /** The name of the holder's machine. */
  readonly host: string;
  /** The end by the holder's clock, in milliseconds since 1970. */
  readonly expiryMs: number;
  /** `undefined` if the file doesn't say. */
  readonly lengthSeconds: number | undefined;
}

/** Returns the text of a lock file. */
export function encodeLock({ holder, host, expiryMs, lengthSeconds }: LockFile): string {
  const expiry = formatInstant(Math.ceil(expiryMs / 1000));
  return `${JSON.stringify({ holder, host, expiry, length: lengthSeconds }, null, 1)}\n`;
}

/** Reads a lock file; `undefined` if it can't be understood. */
export function decodeLock(text: string): LockFile | undefined {
  const value = parseJson(text);
  if (!isObject(value)) return undefined;
  const { holder, host, expiry, length } = value;
  const end = typeof expiry === 'string' ? parseInstant(expiry, 'utc') : undefined;
  if (typeof holder !== 'string' || typeof host !== 'string' || end === undefined) return undefined;
  return {
    holder,
    host,
    expiryMs: end * 1000,
    lengthSeconds: typeof length === 'number' && length <= maxLengthSeconds ? length : undefined,
  };
}
