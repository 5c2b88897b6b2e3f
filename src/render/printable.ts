/** Control characters, those that turn the direction of writing, and those that take no place. */
const unseen = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\u115f\u1160\u3164\uffa0]/gu;

/**
 * A text that is safe to print: what doesn't show is written as an escape, and so is what a runner of GitHub Actions
 * takes for a command, which may come to stand at the beginning of a line. Names and messages come from servers and
 * pull requests.
 */
export function printable(text: string): string {
  return text
    .replace(unseen, escaped)
    .replace(/(^|\s)::/g, '$1\\u003a:')
    .replaceAll('##[', '#\\u0023[');
}

/** A JSON document as text, with escapes for what doesn't show, and for what a runner takes for a command. */
export function jsonText(document: unknown): string {
  return JSON.stringify(document, null, 2)
    .replace(unseen, (character) => (character === '\n' ? character : escaped(character)))
    .replaceAll('##[', '#\\u0023[');
}

/** As JSON spells it: what is beyond 16 bits in two parts. */
function escaped(characters: string): string {
  return Array.from({ length: characters.length }, (_, index) => {
    return `\\u${characters.charCodeAt(index).toString(16).padStart(4, '0')}`;
  }).join('');
}

/** Breaks a text at spaces into lines of at most so many characters; a longer word stands alone. */
export function wrap(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line];
}
