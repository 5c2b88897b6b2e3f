import { printable } from './sanitize.ts';

/**
 * A text of others as it stands in Markdown, in its tables and in its HTML: it reads as it is, on one line, and means
 * nothing. What GitHub makes links, mentions and signs of after Markdown is read, as `@team` and `#123`, is parted by
 * a place where a line may break, which shows and copies as nothing.
 */
export function escapeMarkdown(text: string): string {
  return printable(text)
    .replace(/[\\`*_[\]<>&|~#@$]|:(?! )/g, (character) => `&#${character.charCodeAt(0)};`)
    .replace(/&#(?:35|36|58|64);|www(?=\.)|gh-(?=\d)/gi, '$&<wbr>');
}
