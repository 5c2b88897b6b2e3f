import { stripVTControlCharacters } from 'node:util';

/** Returns the end of a program's output on one line, with secrets masked; empty if there was no output. */
export function outputTail(output: string, mask: (text: string) => string): string {
  // Colours can be inside of a secret, so they are removed before masking. The text is cut only after masking.
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
