import { stripVTControlCharacters } from 'node:util';

/** The end of what a program printed, on one line, secrets blanked out; empty if it printed nothing. */
export function outputTail(output: string, mask: (text: string) => string): string {
  // Masked after colours are gone, which may stand inside of a secret, and before anything is cut.
  const masked = mask(stripVTControlCharacters(output));
  const lines = masked
    .split(/[\r\n]+/)
    .map((line) => line.replace(/[\p{Cc}\s]+/gu, ' ').trim())
    .filter((line) => line !== '');
  const words = lines.slice(-maxLines).join('; ');
  return words.length > maxLength ? `…${words.slice(-maxLength)}` : words;
}

const maxLines = 3;
const maxLength = 400;
