import type { Problem, Source } from '../core/errors.ts';
import type { Action } from '../core/model.ts';
import { placeText } from './entry.ts';
import { escapeMarkdown } from './escape.ts';
import { symbols } from './style.ts';

/** A text of others is cut after so many UTF-16 units, so that none has a document to itself. */
const longest = 1_000;

/** Makes Markdown of a text of others, or of one that holds such text. */
export type Show = (text: string) => string;

/** Masks before it escapes, as an escaped secret is not recognised. */
export function shower(mask: (text: string) => string): Show {
  return (text) => escapeMarkdown(clip(mask(text)));
}

/** Markdown as a name or a value looks. */
export function code(markdown: string): string {
  return `<code>${markdown}</code>`;
}

/** A problem on one line: what is wrong, and what to do. */
export function problemLine({ code, message, hint }: Problem, show: Show): string {
  return `**${code}**: ${show(message)}${hint === undefined ? '' : `<br>→ ${show(hint)}`}`;
}

/** Where something is declared, as `tokens.yaml:9`. */
export function placeCode(source: Source, show: Show): string {
  return code(show(placeText(source)));
}

/** The sign of an action and a space; nothing where it has none. */
export function symbolCode(action: Action, show: Show): string {
  const symbol = symbols[action].trim();
  return symbol === '' ? '' : `${code(show(symbol))} `;
}

/** Something to look at. */
export function warningLine(warning: string, show: Show): string {
  return `**warning**: ${show(warning)}`;
}

/** A sink that a secret goes to, or has gone to. */
export function sinkLine(sink: string, show: Show): string {
  return `secret → ${code(show(sink.replace(':', ' ')))}`;
}

function clip(text: string): string {
  if (text.length <= longest) return text;
  // Half a character at the end is none.
  return `${text.slice(0, longest).replace(/[\ud800-\udbff]$/, '')}…`;
}
