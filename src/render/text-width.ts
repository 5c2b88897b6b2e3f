import stringWidth from 'string-width';

/** Returns the number of cells that a printable text takes in a terminal. */
export function textWidth(text: string): number {
  return /^[\x20-\x7e]*$/.test(text) ? text.length : stringWidth(text);
}

/** Pads a text with spaces to a number of cells. */
export function padCells(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - textWidth(text)));
}
