import { printable } from './sanitize.ts';

/**
 * Escapes a foreign text for Markdown, its tables and its HTML, so that it is shown literally and on one line. After
 * Markdown is read, GitHub makes links and mentions of `@team` and `#123`: these are split by a place where a line
 * may break, which shows and copies as nothing.
 */
export function escapeMarkdown(text: string): string {
  return printable(text)
    .replace(/[\\`*_[\]<>&|~#@$]|:(?! )/g, (character) => `&#${character.charCodeAt(0)};`)
    .replace(/&#(?:35|36|58|64);|www(?=\.)|gh-(?=\d)/gi, '$&<wbr>');
}
