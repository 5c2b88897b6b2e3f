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

/**
 * Cuts a text to a number of cells: at a space, with an ellipsis, or within a word that is nearly as wide as that.
 */
export function cutToCells(text: string, width: number): string {
  if (textWidth(text) <= width) return text;
  let end = 0;
  let cells = 0;
  for (const character of text) {
    cells += textWidth(character);
    if (cells > width - 1) break;
    end += character.length;
  }
  const kept = text.slice(0, end);
  // The character after it may be a space.
  const space = text.slice(0, end + 1).lastIndexOf(' ');
  return `${textWidth(kept.slice(0, Math.max(0, space))) >= width / 2 ? kept.slice(0, space) : kept}…`;
}
