import { eastAsianWidth } from 'get-east-asian-width';

/** Returns the number of cells that a printable text takes in a terminal. */
export function textWidth(text: string): number {
  if (/^[\x20-\x7e]*$/.test(text)) return text.length;
  // Marks are drawn over the character before them.
  return [...text].reduce(
    (cells, character) =>
      /^[\p{Mark}\p{Format}]$/u.test(character)
        ? cells
        : cells + eastAsianWidth(character.codePointAt(0) ?? 0),
    0,
  );
}

/** Pads a text with spaces to a number of cells. */
export function padCells(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - textWidth(text)));
}
