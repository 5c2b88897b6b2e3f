import type { Problem, SourceLocation } from '../core/model/errors.ts';
import type { Action } from '../core/model/plan.ts';
import { labelOfSinkName } from '../core/model/sink.ts';
import { placeText } from './change-lines.ts';
import { escapeMarkdown } from './markdown-escape.ts';
import { symbols } from './style.ts';

/** Maximum length of a foreign text, in UTF-16 units, so that none fills the document. */
const maxLength = 1_000;

/** Escapes a foreign text, or one that contains such text, for Markdown. */
export type Escaper = (text: string) => string;

/** Creates an escaper that masks before it escapes, as an escaped secret is not recognised. */
export function createEscaper(mask: (text: string) => string): Escaper {
  return (text) => escapeMarkdown(clip(mask(text)));
}

/** Formats Markdown as a name or a value. */
export function code(markdown: string): string {
  return `<code>${markdown}</code>`;
}

/** Returns a problem on one line, with its hint. */
export function problemLine({ code, message, hint }: Problem, show: Escaper): string {
  return `**${code}**: ${show(message)}${hint === undefined ? '' : `<br>→ ${show(hint)}`}`;
}

/** Returns the place of a declaration as code, for example `tokens.yaml:9`. */
export function placeCode(source: SourceLocation, show: Escaper): string {
  return code(show(placeText(source)));
}

/** Returns the sign of an action and a space; empty if it has none. */
export function symbolCode(action: Action, show: Escaper): string {
  const symbol = symbols[action].trim();
  return symbol === '' ? '' : `${code(show(symbol))} `;
}

/** Returns the line of a warning. */
export function warningLine(warning: string, show: Escaper): string {
  return `**warning**: ${show(warning)}`;
}

/** Returns the line of a sink that a secret is delivered to. */
export function sinkLine(sink: string, show: Escaper): string {
  return `secret → ${code(show(labelOfSinkName(sink)))}`;
}

function clip(text: string): string {
  if (text.length <= maxLength) return text;
  // Drops half a surrogate pair at the end.
  return `${text.slice(0, maxLength).replace(/[\ud800-\udbff]$/, '')}…`;
}
