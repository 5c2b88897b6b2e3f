import { isUtf8 } from 'node:buffer';

/** A place in a text, line and column from one. */
export interface TextPlace {
  readonly line: number;
  readonly column: number;
}

/** Returns where bytes stop being UTF-8; `undefined` if they are UTF-8. */
export function findInvalidUtf8(bytes: Uint8Array): TextPlace | undefined {
  if (isUtf8(bytes)) return undefined;
  // No character of several bytes holds the byte of a line's end.
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

/** The column of the first byte of a line that is not UTF-8. */
function columnOf(bytes: Uint8Array): number {
  const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
  let offset = 0;
  let column = 1;
  for (const sign of text) {
    // What can't be read is shown by a sign that a text can also hold.
    const isReal = bytes[offset] === 0xef && bytes[offset + 1] === 0xbf && bytes[offset + 2] === 0xbd;
    if (sign === '\ufffd' && !isReal) return column;
    offset += Buffer.byteLength(sign);
    column += sign.length;
  }
  return column;
}
