import type { Problem, SourceLocation } from '../core/model/errors.ts';
import type { Action } from '../core/model/model.ts';
import { placeText } from './change-lines.ts';
import { escapeMarkdown } from './markdown-escape.ts';
import { symbols } from './style.ts';

/** A text of others is cut after so many UTF-16 units, so that none has a document to itself. */
const longest = 1_000;

/** Makes Markdown of a text of others, or of one that holds such text. */
export type Escaper = (text: string) => string;

/** Masks before it escapes, as an escaped secret is not recognised. */
export function createEscaper(mask: (text: string) => string): Escaper {
  return (text) => escapeMarkdown(clip(mask(text)));
}

/** Markdown as a name or a value looks. */
export function code(markdown: string): string {
  return `<code>${markdown}</code>`;
}

/** A problem on one line: what is wrong, and what to do. */
export function problemLine({ code, message, hint }: Problem, show: Escaper): string {
  return `**${code}**: ${show(message)}${hint === undefined ? '' : `<br>→ ${show(hint)}`}`;
}

/** Where something is declared, as `tokens.yaml:9`. */
export function placeCode(source: SourceLocation, show: Escaper): string {
  return code(show(placeText(source)));
}

/** The sign of an action and a space; nothing where it has none. */
export function symbolCode(action: Action, show: Escaper): string {
  const symbol = symbols[action].trim();
  return symbol === '' ? '' : `${code(show(symbol))} `;
}

/** Something to look at. */
export function warningLine(warning: string, show: Escaper): string {
  return `**warning**: ${show(warning)}`;
}

/** A sink that a secret goes to, or has gone to. */
export function sinkLine(sink: string, show: Escaper): string {
  return `secret → ${code(show(sink.replace(':', ' ')))}`;
}

function clip(text: string): string {
  if (text.length <= longest) return text;
  // Half a character at the end is none.
  return `${text.slice(0, longest).replace(/[\ud800-\udbff]$/, '')}…`;
}
