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

/** Returns the title line of one address: symbol, kind and name, and on the right its place or its result. */
export function titleLine(
  { action, kind, address }: { readonly action: Action; readonly kind: Kind; readonly address: string },
  right: string,
  style: Style,
  renamed?: string,
): string {
  const paint = painter(style);
  const left = `${symbols[action]} ${kind}  ${renamed ?? nameOf({ kind, address })}`;
  return alignRight({ plain: left, painted: paint.action(action, left) }, printable(right), style);
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
