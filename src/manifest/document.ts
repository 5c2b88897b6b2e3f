import {
  type Document,
  isAlias,
  isMap,
  isNode,
  isPair,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  parseAllDocuments,
  visit,
} from 'yaml';
import type { Problem, Source } from '../core/errors.ts';

/** A path in a document: keys and indexes. */
export type Path = readonly (string | number)[];

/** One YAML document of a file. */
export interface ManifestDocument {
  readonly file: string;
  readonly apiVersion: unknown;
  readonly empty: boolean;
  /** What is wrong with its YAML; located. */
  readonly syntax: readonly Problem[];
  /** The document's value. Throws where aliases expand past the bound, and where it makes no sense. */
  value(): unknown;
  /** Where a value, or its key, stands; the nearest thing above it if it isn't there. */
  at(path: Path, what?: 'value' | 'key'): Source;
}

/** Aliases may repeat this many nodes in all; past it a document is refused. */
const maxAliasCount = 100;

/** The documents of a YAML 1.2 text. */
export function parseDocuments(file: string, text: string): readonly ManifestDocument[] {
  const lines = new LineCounter();
  const documents = parseAllDocuments(text, {
    version: '1.2',
    merge: true,
    uniqueKeys: true,
    prettyErrors: false,
    // Its warnings would go to stderr past everything that makes a text safe to print.
    logLevel: 'error',
    lineCounter: lines,
  });
  if (!Array.isArray(documents)) return [];
  const privateKeys = [...text.matchAll(/AGE-SECRET-KEY-[\w-]*/gi)].map(
    (match) => [match.index, match.index + match[0].length] as const,
  );
  return documents.map((document) => {
    const blanks = [...credentialRanges(document), ...privateKeys];
    const source = (offset: number, path?: Path): Source => {
      const { line, col } = lines.linePos(offset);
      return {
        file,
        line,
        column: col,
        ...(path && path.length > 0 && { path: pathText(path) }),
        excerpt: excerpt(text, lines.lineStarts[line - 1] ?? 0, offset, blanks),
      };
    };
    return {
      file,
      apiVersion: isMap(document.contents) ? document.get('apiVersion') : undefined,
      empty: document.contents === null || (isScalar(document.contents) && document.contents.value === null),
      syntax: document.errors.map((error) => ({
        code: 'MANIFEST_SYNTAX',
        message: /call stack/i.test(error.message) ? 'it is nested too deeply' : error.message,
        source: source(error.pos[0]),
      })),
      value: () => document.toJS({ maxAliasCount }),
      at: (path, what = 'value') => source(offsetOf(document, path, what), path),
    };
  });
}

/** A path as people write it: `tokens[0].scopes[1].name`. */
export function pathText(path: Path): string {
  return path.reduce<string>(
    (text, step) => (typeof step === 'number' ? `${text}[${step}]` : text === '' ? step : `${text}.${step}`),
    '',
  );
}

function offsetOf(document: Document, path: Path, what: 'value' | 'key'): number {
  let node: unknown = document.contents;
  let offset = isNode(node) ? (node.range?.[0] ?? 0) : 0;
  for (const [depth, step] of path.entries()) {
    const found = childOf(document, node, step);
    if (!found) break;
    const last = depth === path.length - 1;
    const target = last && what === 'key' && found.key ? found.key : found.value;
    // A key without a value has no place of its own: its key's serves.
    offset = (isNode(target) ? target.range?.[0] : undefined) ?? found.key?.range?.[0] ?? offset;
    node = found.value;
  }
  return offset;
}

function childOf(
  document: Document,
  parent: unknown,
  step: string | number,
): { key?: Node; value: unknown } | undefined {
  const node = isAlias(parent) ? parent.resolve(document) : parent;
  if (isSeq(node))
    return typeof step === 'number' && step in node.items ? { value: node.items[step] } : undefined;
  if (!isMap(node)) return undefined;
  const pair = node.items.find((item) => keyText(item) === String(step));
  if (pair) return { ...(isNode(pair.key) && { key: pair.key }), value: pair.value };
  for (const item of node.items) {
    if (keyText(item) !== '<<') continue;
    const merged = isAlias(item.value) ? item.value.resolve(document) : item.value;
    for (const source of isSeq(merged) ? merged.items : [merged]) {
      const found = childOf(document, source, step);
      if (found) return found;
    }
  }
  return undefined;
}

function keyText(pair: Pair): string {
  return isScalar(pair.key) ? String(pair.key.value) : String(pair.key);
}

/** Where the values of keys called `password` or `token`, or nearly so, stand: no excerpt may show them. */
function credentialRanges(document: Document): readonly (readonly [number, number])[] {
  const ranges: (readonly [number, number])[] = [];
  visit(document, {
    Pair: (_, pair) => {
      if (!isPair(pair) || !isNode(pair.value) || !pair.value.range) return;
      if (isCredential(keyText(pair))) {
        ranges.push([pair.value.range[0], pair.value.range[1]]);
      }
    },
  });
  return ranges;
}

/** Whether a key is `password` or `token`, or meant to be. */
function isCredential(key: string): boolean {
  return /^(pass|pw|tok)/i.test(key) && !['tokens', 'token_label'].includes(key);
}

function excerpt(
  text: string,
  lineStart: number,
  offset: number,
  blanks: readonly (readonly [number, number])[],
): string {
  const newline = text.indexOf('\n', lineStart);
  const lineEnd = newline === -1 ? text.length : newline;
  let line = text.slice(lineStart, lineEnd);
  for (const [from, to] of blanks) {
    const start = Math.max(from, lineStart) - lineStart;
    const end = Math.min(to, lineEnd) - lineStart;
    if (start < end) line = line.slice(0, start) + '•'.repeat(end - start) + line.slice(end);
  }
  const column = offset - lineStart;
  const from = column > 70 ? column - 30 : 0;
  const shown = line.slice(from, from + 100).replace(/\r$/, '');
  return `${shown}\n${' '.repeat(column - from)}^`;
}
