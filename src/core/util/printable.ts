/** Control characters, those that change the direction of writing, and those without width. */
const unseen = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\u115f\u1160\u3164\uffa0]/gu;

/** Escapes invisible characters, except for those in `keep`. */
export function escapeUnseen(text: string, keep = ''): string {
  return text.replace(unseen, (character) => (keep.includes(character) ? character : escaped(character)));
}

/**
 * Returns a text that is safe to print. Escapes invisible characters, and text that a runner of GitHub Actions would take
 * for a command if it came to be at the beginning of a line. Names and messages come from servers and pull requests.
 */
export function printable(text: string): string {
  return escapeUnseen(text)
    .replace(/(^|\s)::/g, '$1\\u003a:')
    .replaceAll('##[', '#\\u0023[');
}

/** Escapes characters as JSON does: one beyond 16 bits becomes two escapes. */
function escaped(characters: string): string {
  return Array.from({ length: characters.length }, (_, index) => {
    return `\\u${characters.charCodeAt(index).toString(16).padStart(4, '0')}`;
  }).join('');
}
