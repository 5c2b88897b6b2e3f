import { printable } from './sanitize.ts';
import { textWidth } from './text-width.ts';

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Escapes a text for HTML, including attribute values. */
export function escaped(text: string): string {
  return printable(text).replace(/[&<>"']/g, (character) => entities[character] ?? character);
}

/** Maximum width of a word that stays in one piece, in cells of a monospaced font. A narrow phone has room for it. */
const maxWord = 30;

/**
 * Escapes a text for HTML, with control over its line breaks. Browsers break after hyphens and slashes, so identifiers and
 * dates are marked as unbreakable. A longer word breaks at its separators, and elsewhere only if a part is still too long.
 * Copied text has no extra characters.
 */
export function wrappable(text: string): string {
  return printable(text).split(' ').map(word).join(' ');
}

function word(text: string): string {
  if (fits(text)) return whole(text);
  return parts(text, /(?<=[:/])/)
    .flatMap((part) => (fits(part) ? [part] : parts(part, /(?<=[-_.])/)))
    .map((part) => (fits(part) ? whole(part) : `<span class="long">${escaped(part)}</span>`))
    .join('<wbr>');
}

/** Splits a text behind its separators, and joins neighbours as long as they fit. */
function parts(text: string, separator: RegExp): readonly string[] {
  const joined: string[] = [];
  for (const part of text.split(separator)) {
    const last = joined.at(-1);
    if (last !== undefined && fits(last + part)) joined[joined.length - 1] = last + part;
    else joined.push(part);
  }
  return joined;
}

function fits(text: string): boolean {
  return textWidth(text) <= maxWord;
}

function whole(text: string): string {
  return /^[A-Za-z0-9]*[,.;:]?$/.test(text) ? escaped(text) : `<span class="word">${escaped(text)}</span>`;
}
