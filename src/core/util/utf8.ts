import { isUtf8 } from 'node:buffer';

/** A place in a text. Line and column count from 1. */
export interface TextPlace {
  readonly line: number;
  readonly column: number;
}

/** Returns the place of the first byte that is not UTF-8; `undefined` if all bytes are UTF-8. */
export function findInvalidUtf8(bytes: Uint8Array): TextPlace | undefined {
  if (isUtf8(bytes)) return undefined;
  // A line feed byte is never part of a multi-byte character, so lines can be checked one by one.
  let start = 0;
  let line = 1;
  for (;;) {
    const found = bytes.indexOf(10, start);
    const end = found === -1 ? bytes.length : found;
    if (!isUtf8(bytes.subarray(start, end))) {
      return { line, column: columnOf(bytes.subarray(start, end)) };
    }
    start = end + 1;
    line += 1;
  }
}

/** Returns the column of the first byte of a line that is not UTF-8. */
function columnOf(bytes: Uint8Array): number {
  const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
  let offset = 0;
  let column = 1;
  for (const sign of text) {
    // The decoder replaces invalid bytes by U+FFFD, which a text can also hold.
    const isReal = bytes[offset] === 0xef && bytes[offset + 1] === 0xbf && bytes[offset + 2] === 0xbd;
    if (sign === '\ufffd' && !isReal) return column;
    offset += Buffer.byteLength(sign);
    column += sign.length;
  }
  return column;
}
