import {
  type Document,
  isMap,
  isNode,
  isPair,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  parseDocument,
  visit,
  type YAMLMap,
  type YAMLParseError,
} from 'yaml';
import type { Problem, SourceLocation } from '../../core/model/errors.ts';
import type { Kind } from '../../core/model/token.ts';
import { readItem, readJsonText } from '../json-text.ts';
import { isWithinBounds, targetOf } from './aliases.ts';
import {
  hasTooManyFaults,
  type ListItem,
  readYaml,
  reparseItem,
  streamedKey,
  yamlOptions,
} from './stream.ts';

/** A path in a document: keys and indexes. */
export type Path = readonly (string | number)[];

/** One YAML document of a file. */
export interface ManifestDocument {
  readonly file: string;
  readonly apiVersion: unknown;
  readonly empty: boolean;
  /** Errors in its YAML, with places. */
  readonly syntax: readonly Problem[];
  /** Returns the document's value. Throws if aliases expand past the bound, or can't be resolved. */
  value(): unknown;
  /** Returns the place of a value, or of its key; that of the nearest ancestor if it doesn't exist. */
  at(path: Path, what?: 'value' | 'key'): SourceLocation;
}

/** Maximum number of uses of an anchor, including those within content that other aliases repeat. */
const maxAliasCount = 10_000;

/** Minimum length of a JSON text that is read without the YAML parser, in characters. */
const longJson = 8 * 1024;

type Range = readonly [from: number, to: number];

/** The remains of a token of a long manifest once it was parsed. */
interface ParsedItem {
  readonly item: ListItem;
  /** Its value, or the error that reading it threw. */
  readonly value: { readonly is: unknown } | { readonly thrown: unknown };
  readonly blanks: readonly Range[];
}

/** Options for reading a text. */
export interface Reading {
  /** Minimum number of characters of a long text: YAML is read item by item, JSON without the YAML parser. */
  readonly long?: number;
  /**
   * Begins a document; returns a check of whether one of its tokens is faulty, whatever the rest of the document
   * says.
   */
  readonly faultCheck?: () => (token: unknown) => boolean;
}

/** Returns the documents of a YAML 1.2 text. If it is too large to be read, returns one document with the reason. */
export function parseDocuments(
  file: string,
  text: string,
  { long, faultCheck = () => () => false }: Reading = {},
): readonly ManifestDocument[] {
  const keptCheck = (): ((kept: ParsedItem) => boolean) => {
    const isFaulty = faultCheck();
    return ({ value }) => 'thrown' in value || isFaulty(value.is);
  };
  const json = text.length < (long ?? longJson) ? undefined : readJsonDocument(file, text, faultCheck());
  if (json) return [json];
  const { documents, lines, refused } = readYaml(text, keep, keptCheck, long);
  const source = sourcesIn(file, text, lines);
  if (refused) {
    // The line may hold a credential: nothing was read that would tell.
    const { excerpt: _, ...place } = source(refused.offset, []);
    const problem: Problem = {
      code: 'MANIFEST_SYNTAX',
      message: refused.message,
      hint: `split it into several manifests; only ${streamedKey} in lines that begin with a dash, without anchors, aliases and tags, may be longer`,
      source: place,
    };
    return [
      {
        file,
        apiVersion: undefined,
        empty: false,
        syntax: [problem],
        value: () => undefined,
        at: () => place,
      },
    ];
  }
  return documents.map(({ document, kept }) => {
    const common = credentialRanges(document);
    let every: readonly Range[] | undefined;
    const all = (): readonly Range[] => {
      every ??= kept.flatMap(({ blanks }) => blanks);
      return every;
    };
    let again: { readonly of: ParsedItem; readonly read: ReturnType<typeof reparseItem> } | undefined;
    return {
      file,
      apiVersion: isMap(document.contents) ? document.get('apiVersion') : undefined,
      empty: document.contents === null || (isScalar(document.contents) && document.contents.value === null),
      syntax: uptoReference(text, document.errors).map((error) => ({
        code: 'MANIFEST_SYNTAX',
        ...syntaxWords(text, error),
        source: source(error.pos[0], [], common),
      })),
      value: () => {
        const value = plain(document);
        return kept.length > 0 ? { ...(value as object), [streamedKey]: kept.map(readValue) } : value;
      },
      at: (path, what = 'value') => {
        const [list, index, ...rest] = path;
        const one = list === streamedKey && typeof index === 'number' ? kept[index] : undefined;
        if (!one) return source(offsetOf(document, path, what), path, common, all());
        if (rest.length === 0) return source(one.item.offset, path, common, one.blanks);
        // Places in a token are usually looked up one after another.
        if (again?.of !== one) again = { of: one, read: reparseItem(text, one.item) };
        const { document: own, base } = again.read;
        return source(base + offsetOf(own, [0, ...rest], what), path, common, one.blanks);
      },
    };
  });
}

/** Returns a function that finds the places of a text, with an excerpt in which the ranges are blanked. */
function sourcesIn(
  file: string,
  text: string,
  lines: LineCounter,
): (offset: number, path: Path, ...blanks: readonly (readonly Range[])[]) => SourceLocation {
  // A file that is not a manifest may be a link to any other: none of its content is shown.
  const isShown = declaresApiVersion(text);
  return (offset, path, ...blanks) => {
    const { line, col } = lines.linePos(offset);
    return {
      file,
      line,
      column: col,
      ...(path.length > 0 && { path: pathText(path) }),
      ...(isShown && {
        excerpt: excerpt(text, lines.lineStarts[line - 1] ?? 0, offset, blanks),
      }),
    };
  };
}

/** Reads a manifest written as JSON; `undefined` if YAML must report its errors. */
function readJsonDocument(
  file: string,
  text: string,
  isFaulty: (token: unknown) => boolean,
): ManifestDocument | undefined {
  const json = readJsonText(text, isCredential);
  if (!json) return undefined;
  const { value, items, rest, hidden } = json;
  const tokens = value[streamedKey];
  if (Array.isArray(tokens) && hasTooManyFaults(tokens, items, isFaulty)) return undefined;
  const lines = new LineCounter();
  for (let at = 0; at >= 0; at = text.indexOf('\n', at) + 1 || -1) lines.addNewLine(at);
  const source = sourcesIn(file, text, lines);
  let whole: Document | undefined;
  let again: { readonly of: ListItem; readonly document: Document } | undefined;
  return {
    file,
    apiVersion: value['apiVersion'],
    empty: false,
    syntax: [],
    value: () => value,
    at: (path, what = 'value') => {
      const [list, index, ...within] = path;
      const item = list === streamedKey && typeof index === 'number' ? items[index] : undefined;
      if (!item) {
        whole ??= parseDocument(rest.text, yamlOptions);
        return source(rest.offsetOf(offsetOf(whole, path, what)), path, hidden);
      }
      if (within.length === 0) return source(item.offset, path, hidden);
      // Places in a token are usually looked up one after another.
      if (again?.of !== item) again = { of: item, document: readItem(text, item) };
      return source(item.start + offsetOf(again.document, within, what), path, hidden);
    },
  };
}

/** Tells whether an error comes from a reference without quotes, whose braces YAML reads as a mapping. */
function isBareReference(text: string, { pos: [at] }: YAMLParseError): boolean {
  return text.startsWith('${', at - 1);
}

/** Returns the errors up to the first such reference: the others are only its consequences. */
function uptoReference(text: string, errors: readonly YAMLParseError[]): readonly YAMLParseError[] {
  const first = errors.findIndex((error) => isBareReference(text, error));
  return first === -1 ? errors : errors.slice(0, first + 1);
}

function syntaxWords(text: string, error: YAMLParseError): Pick<Problem, 'message' | 'hint'> {
  if (isBareReference(text, error)) {
    return {
      message: 'inside { } and [ ] a reference must be quoted',
      hint: 'for example "${env:NAME}"',
    };
  }
  if (/call stack/i.test(error.message)) return { message: 'it is nested too deeply' };
  return {
    message: error.message,
    // Only the wording of the error tells which kind it is.
    ...(/indicator|same column|implicit|as indentation/i.test(error.message) && {
      hint: 'check the indentation of this line and the one before: use spaces, not tabs',
    }),
  };
}

function keep(document: Document, item: ListItem): ParsedItem {
  const common = { item, blanks: credentialRanges(document) };
  try {
    return { ...common, value: { is: plain(document) } };
  } catch (thrown) {
    return { ...common, value: { thrown } };
  }
}

/** Returns the value of a document. Throws `ReferenceError` if it is endless, or expands past the bounds. */
function plain(document: Document): unknown {
  if (!isWithinBounds(document)) throw new ReferenceError('it expands to too many values, or to none');
  return document.toJS({ maxAliasCount });
}

function readValue({ value }: ParsedItem): unknown {
  if ('thrown' in value) throw value.thrown;
  return value.is;
}

/** Tells whether a text declares an API version of reconcile, and so may hold a manifest. */
export function declaresApiVersion(text: string): boolean {
  return /(?:^|[\s{,])["']?apiVersion["']?\s*:\s*["']?reconcile\//.test(text);
}

/**
 * Tells whether a text without that declaration may be intended as a manifest: it has a similar key, or such tokens.
 */
export function looksLikeManifest(text: string, kinds: readonly Kind[]): boolean {
  return (
    /^["']?api[_-]?version["']?\s*:\s*["']?reconcile/im.test(text) ||
    new RegExp(`^[\\s-]*["']?kind["']?\\s*:\\s*["']?(?:${kinds.join('|')})\\b`, 'm').test(text)
  );
}

/** Returns a path in readable form: `tokens[0].scopes[1].name`. */
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
    // A key without a value has no place of its own: that of the key is used.
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
  const node = targetOf(document, parent);
  if (isSeq(node))
    return typeof step === 'number' && step in node.items ? { value: node.items[step] } : undefined;
  if (!isMap(node)) return undefined;
  const pair = pairOf(node, String(step));
  if (pair) return { ...(isNode(pair.key) && { key: pair.key }), value: pair.value };
  for (const item of node.items) {
    if (keyText(item) !== '<<') continue;
    const merged = targetOf(document, item.value);
    for (const source of isSeq(merged) ? merged.items : [merged]) {
      const found = childOf(document, source, step);
      if (found) return found;
    }
  }
  return undefined;
}

/** Cache of the pairs of mappings by their keys. */
const pairsByKey = new WeakMap<YAMLMap, ReadonlyMap<string, Pair>>();

function pairOf(map: YAMLMap, key: string): Pair | undefined {
  let pairs = pairsByKey.get(map);
  if (!pairs) {
    // If keys repeat, the first pair wins.
    pairs = new Map([...map.items].reverse().map((pair) => [keyText(pair), pair]));
    pairsByKey.set(map, pairs);
  }
  return pairs.get(key);
}

function keyText(pair: Pair): string {
  return isScalar(pair.key) ? String(pair.key.value) : String(pair.key);
}

/**
 * Returns the ranges of the values of keys called `password` or `token`, or nearly so: no excerpt may show them. They
 * are in order, and none is within another.
 */
function credentialRanges(document: Document): readonly Range[] {
  const ranges: Range[] = [];
  visit(document, {
    Pair: (_, pair) => {
      if (!isPair(pair) || !isNode(pair.value) || !pair.value.range) return undefined;
      if (isCredential(keyText(pair))) {
        ranges.push([pair.value.range[0], pair.value.range[1]]);
        return visit.SKIP;
      }
      return undefined;
    },
  });
  return ranges;
}

/** Tells whether a key is `password` or `token`, or a misspelling of these. */
function isCredential(key: string): boolean {
  return /^(pass|pw|tok)/i.test(key) && !['tokens', 'token_label'].includes(key);
}

function excerpt(
  text: string,
  lineStart: number,
  offset: number,
  blanks: readonly (readonly Range[])[],
): string {
  const column = offset - lineStart;
  const from = column > 70 ? offset - 30 : lineStart;
  let [shown = ''] = text.slice(from, from + 100).split(/\r?\n/, 1);
  const all = [privateKeysAround(text, from), ...blanks];
  for (const [start, end] of all.flatMap((ranges) => within(ranges, from, from + shown.length))) {
    const left = Math.max(start - from, 0);
    const right = Math.min(end - from, shown.length);
    shown = shown.slice(0, left) + '•'.repeat(right - left) + shown.slice(right);
  }
  return `${shown}\n${' '.repeat(offset - from)}^`;
}

/** Finds the private keys of age near a place. Those that begin long before it have ended. */
function privateKeysAround(text: string, from: number): readonly Range[] {
  const start = Math.max(0, from - 5000);
  return [...text.slice(start, from + 100).matchAll(/AGE-SECRET-KEY-[\w-]*/gi)].map(({ index, 0: key }) => [
    start + index,
    start + index + key.length,
  ]);
}

/** Returns those of the ordered, separate ranges that overlap the part between two places. */
function within(ranges: readonly Range[], start: number, end: number): readonly Range[] {
  let low = 0;
  let high = ranges.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((ranges[middle]?.[1] ?? 0) <= start) low = middle + 1;
    else high = middle;
  }
  const found: Range[] = [];
  for (let at = low; at < ranges.length; at += 1) {
    const range = ranges[at];
    if (!range || range[0] >= end) break;
    found.push(range);
  }
  return found;
}
