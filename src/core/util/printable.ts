/** Control characters, those that turn the direction of writing, and those that take no place. */
const unseen = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\u115f\u1160\u3164\uffa0]/gu;

/** Writes characters that don't show as escapes, but for those to keep. */
export function escapeUnseen(text: string, keep = ''): string {
  return text.replace(unseen, (character) => (keep.includes(character) ? character : escaped(character)));
}

/**
 * A text that is safe to print: what doesn't show is written as an escape, and so is what a runner of GitHub Actions
 * takes for a command, which may come to stand at the beginning of a line. Names and messages come from servers and
 * pull requests.
 */
export function printable(text: string): string {
  return escapeUnseen(text)
    .replace(/(^|\s)::/g, '$1\\u003a:')
    .replaceAll('##[', '#\\u0023[');
}

/** As JSON spells it: what is beyond 16 bits in two parts. */
function escaped(characters: string): string {
  return Array.from({ length: characters.length }, (_, index) => {
    return `\\u${characters.charCodeAt(index).toString(16).padStart(4, '0')}`;
  }).join('');
}
