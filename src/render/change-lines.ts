import { posix } from 'node:path';
import type { Problem, SourceLocation } from '../core/model/errors.ts';
import type { Action } from '../core/model/plan.ts';
import { splitSinkName } from '../core/model/sink.ts';
import type { Kind } from '../core/model/token.ts';
import { alignRight, hintLines } from './layout.ts';
import { printable, wrap } from './sanitize.ts';
import { painter, type Style, symbols } from './style.ts';
import { padCells, textWidth } from './text-width.ts';

const indent = ' '.repeat(6);

/**
 * Returns the title line of one address: symbol, kind and name, and on the right its place or its result. On a terminal, a
 * name that is too long for a line breaks at its spaces.
 */
export function titleLine(
  { action, kind, address }: { readonly action: Action; readonly kind: Kind; readonly address: string },
  right: string,
  style: Style,
  renamed?: string,
): string {
  const paint = painter(style);
  const name = renamed ?? nameOf({ kind, address });
  const line = `${symbols[action]} ${kind}  ${name}`;
  const lines = style.terminal && textWidth(line) > style.width ? brokenTitle(line, style) : [line];
  const last = lines.at(-1) ?? '';
  return [
    ...lines.slice(0, -1).map((line) => paint.action(action, line)),
    alignRight({ plain: last, painted: paint.action(action, last) }, printable(right), style),
  ].join('\n');
}

/** Breaks a title at the spaces of its name. The first word of the name stays behind the kind. */
function brokenTitle(title: string, { width }: Style): readonly string[] {
  const [, head = '', rest = ''] = /^(.{3} \S+ {2}\S*) ?(.*)$/s.exec(title) ?? [];
  const parts = wrap(`${'.'.repeat(textWidth(head) - indent.length)} ${rest}`, width - indent.length);
  return parts.map((part, index) =>
    index === 0 ? head + part.slice(textWidth(head) - indent.length) : indent + part,
  );
}

/** Returns the name of an address within its kind, printable: `team-a/ci-push`. */
export function nameOf({ kind, address }: { readonly kind: Kind; readonly address: string }): string {
  return printable(address.slice(kind.length + 1));
}

/** Returns a line under a title: a label and its value, which is wrapped. */
export function detail(label: string, value: string, style: Style): string {
  const labelled = padCells(label, 14);
  const lines = wrap(value, Math.max(20, style.width - indent.length - textWidth(labelled)));
  return lines
    .map((line, index) => `${indent}${index === 0 ? labelled : ' '.repeat(textWidth(labelled))}${line}`)
    .join('\n');
}

/** Returns a sentence under a title, wrapped. */
export function paragraph(
  text: string,
  style: Style,
  paint: (line: string) => string = (line) => line,
): string {
  return wrap(printable(text), Math.max(20, style.width - indent.length))
    .map((line) => indent + paint(line))
    .join('\n');
}

/** Returns the lines of a summary, in one line if that fits or the output is not a terminal. */
export function summaryLines(text: string, { terminal, width }: Style): readonly string[] {
  return terminal ? wrap(text, width) : [text];
}

/** Returns the lines of an error under a title. */
export function errorLines(error: Problem, style: Style): readonly string[] {
  const paint = painter(style);
  return [
    paragraph(`${error.code}: ${error.message}`, style, paint.error),
    ...(error.hint === undefined ? [] : hintLines(error.hint, style, indent.length)),
  ];
}

/**
 * Returns a sink in words. The path of its file is relative to the working directory, like that of the manifest that names it
 * relative to its own folder.
 */
export function sinkText(name: string, { file }: Pick<SourceLocation, 'file'>): string {
  const { type, rest, isPath } = splitSinkName(name);
  if (rest === undefined) return type;
  const isRelative = isPath && !/^([/~]|[A-Za-z]:)/.test(rest);
  return `${type} ${isRelative ? posix.join(posix.dirname(file), rest) : rest}`;
}

/** Returns a place as `tokens.yaml:9`. */
export function placeText({ file, line }: SourceLocation): string {
  return `${file}:${line}`;
}
