import {
  type Alias,
  type Document,
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  type Scalar,
  visit,
  type YAMLMap,
} from 'yaml';
import { type Problem, ReconcileErrors, type SourceLocation } from '../core/model/errors.ts';
import { composeAll, parseBounded } from '../core/util/yaml-bounds.ts';
import { plainScalar } from './scalar.ts';
import { unknown, type Value } from './value.ts';

/** A key of a mapping, with its value. */
export interface YamlField {
  readonly name: string;
  /** The value's node; `undefined` if there is none. */
  readonly node: Node | undefined;
  readonly value: Value;
  /** The place of the key. */
  readonly place: SourceLocation;
}

/** The keys of a mapping, those of merge keys (`<<`) among them. */
export type YamlFields = ReadonlyMap<string, YamlField>;

/** A YAML file as Ansible reads it. */
export interface YamlFile {
  readonly file: string;
  readonly root: Node | undefined;
  /** Keys that are repeated in a mapping. */
  readonly repeated: readonly { readonly name: string; readonly place: SourceLocation }[];
  /** Returns the items of a list; `undefined` if it isn't one. */
  items(node: Node | undefined): readonly (Node | undefined)[] | undefined;
  /** Returns the keys of a mapping; `undefined` if it isn't one. */
  fields(node: Node | undefined): YamlFields | undefined;
  value(node: Node | undefined): Value;
  place(node: Node | undefined): SourceLocation;
}

/** Maximum number of values that one value may expand to, through anchors. */
const maxValues = 500_000;

/** Maximum depth of nested collections. */
const maxDepth = 100;

/** Characters that PyYAML rejects in a file. */
const unprintable = /[^\t\n\r\u0020-\u007e\u0085\u00a0-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u;

/** Reads a YAML file. Throws `MANIFEST_SYNTAX` with all its errors. */
export function readAnsibleYaml(file: string, text: string): YamlFile {
  const lines = new LineCounter();
  lines.addNewLine(0);
  for (const { index } of text.matchAll(/\n/g)) lines.addNewLine(index + 1);
  const sourceOf = (offset: number): SourceLocation => {
    const { line, col } = lines.linePos(offset);
    return { file, line, column: col };
  };
  const problem = (offset: number, message: string): Problem => ({
    code: 'MANIFEST_SYNTAX',
    message,
    hint: 'Ansible does not read this file either; fix it, or leave it out',
    source: sourceOf(offset),
  });
  // A byte order mark at the very beginning is not part of the text.
  const strange = unprintable.exec(text.replace(/^\ufeff/, ' '));
  if (strange)
    throw new ReconcileErrors([problem(strange.index, 'not a YAML file: it has a control character')]);
  const parsed = parseBounded(text);
  if ('excess' in parsed) {
    const { excess } = parsed;
    const hint = excess.hint ?? 'split it and convert the parts';
    throw new ReconcileErrors([{ ...problem(excess.offset, excess.message), hint }]);
  }
  const documents = composeAll(parsed.tokens, {
    version: '1.1',
    // Plain scalars are read as PyYAML reads them; duplicate keys and merge keys as well.
    schema: 'failsafe',
    uniqueKeys: false,
    prettyErrors: false,
    logLevel: 'error',
  });
  const [error] = documents.flatMap(({ errors }) => errors);
  if (error) {
    const message = /call stack/i.test(error.message) ? 'nested too deeply' : error.message;
    throw new ReconcileErrors([problem(error.pos[0], `not a YAML file: ${message}`)]);
  }
  const [first, second] = documents;
  if (second) {
    const offset = second.contents?.range?.[0] ?? second.range[0];
    throw new ReconcileErrors([problem(offset, 'not a playbook: it has a second YAML document')]);
  }
  return first ? fileOf(file, first, sourceOf, problem) : emptyFile(file, sourceOf);
}

function emptyFile(file: string, sourceOf: (offset: number) => SourceLocation): YamlFile {
  return {
    file,
    root: undefined,
    repeated: [],
    items: () => undefined,
    fields: () => undefined,
    value: () => null,
    place: () => sourceOf(0),
  };
}

function fileOf(
  file: string,
  document: Document,
  sourceOf: (offset: number) => SourceLocation,
  problem: (offset: number, message: string) => Problem,
): YamlFile {
  const place = (node: unknown): SourceLocation => sourceOf(offsetOf(node));
  const fail = (node: unknown, message: string): never => {
    throw new ReconcileErrors([problem(offsetOf(node), message)]);
  };
  const { targets, repeated } = survey(document);
  const targetOf = (node: unknown): Node | undefined => {
    if (isAlias(node)) return targets.get(node) ?? fail(node, `no anchor &${node.source}`);
    return isNode(node) ? node : undefined;
  };

  const read = new Map<Node, { readonly value: Value; readonly size: number }>();
  const open = new Set<Node>();
  /** Reads a node once; `size` is what it expands to. */
  const measure = (given: unknown): { readonly value: Value; readonly size: number } => {
    const node = targetOf(given);
    if (!node) return { value: null, size: 1 };
    const known = read.get(node);
    if (known) return known;
    if (open.has(node) || open.size > maxDepth) fail(node, 'nested too deeply');
    open.add(node);
    let size = 1;
    const member = (child: unknown): Value => {
      const one = measure(child);
      size += one.size;
      if (size > maxValues) fail(node, `anchors expand to more than ${maxValues} values`);
      return one.value;
    };
    const value = isScalar(node)
      ? scalarOf(node)
      : node.tag !== undefined && !/^tag:yaml\.org,2002:(?:map|seq)$/.test(node.tag)
        ? unknown(`a value with the tag ${node.tag}`)
        : isSeq(node)
          ? node.items.map(member)
          : Object.fromEntries(pairsOf(node as YAMLMap).map((pair) => [pair.name, valueIn(pair, member)]));
    open.delete(node);
    read.set(node, { value, size });
    return { value, size };
  };

  const valueIn = (pair: KnownPair, member: (node: unknown) => Value): Value =>
    pair.isRepeated
      ? unknown(`a value whose key "${pair.name}" is repeated (line ${place(pair.key).line})`)
      : member(pair.node);

  /** Returns the pairs of a mapping, including those of merge keys: its own pairs win. */
  const pairsOf = (map: YAMLMap, depth = 0): readonly KnownPair[] => {
    const known = flattened.get(map);
    if (known) return known;
    if (depth > maxDepth) fail(map, 'nested too deeply');
    const pairs = new Map<string, KnownPair>();
    const merged = map.items.filter(isMerge).flatMap(({ value }) => {
      const target = targetOf(value);
      // Merging a mapping again adds nothing.
      const sources = new Set(isSeq(target) ? target.items.map(targetOf) : [target]);
      return [...sources].flatMap((source) =>
        isMap(source) ? [...pairsOf(source, depth + 1)].reverse() : [],
      );
    });
    // The first of several merged mappings wins.
    for (const pair of merged) if (!pairs.has(pair.name)) pairs.set(pair.name, pair);
    const own = new Set<string>();
    for (const pair of map.items) {
      if (isMerge(pair)) continue;
      const name = keyOf(pair);
      pairs.set(name, { name, key: pair.key, node: pair.value, isRepeated: own.has(name) });
      own.add(name);
    }
    const all = [...pairs.values()];
    flattened.set(map, all);
    return all;
  };
  const flattened = new Map<YAMLMap, readonly KnownPair[]>();

  /** The same mapping is read again if tasks are included several times. */
  const mapped = new Map<Node, YamlFields>();
  const fieldOf = (pair: KnownPair): YamlField => ({
    name: pair.name,
    node: targetOf(pair.node),
    value: valueIn(pair, (value) => measure(value).value),
    place: place(pair.key),
  });

  // Fails now if anchors expand endlessly.
  measure(document.contents);

  return {
    file,
    root: targetOf(document.contents),
    repeated: repeated.map((key) => ({ name: String(key.value), place: place(key) })),
    place,
    items: (node) => (isSeq(node) ? node.items.map(targetOf) : undefined),
    value: (node) => measure(node).value,
    fields: (node) => {
      if (!isMap(node)) return undefined;
      const known = mapped.get(node) ?? new Map(pairsOf(node).map((pair) => [pair.name, fieldOf(pair)]));
      mapped.set(node, known);
      return known;
    },
  };
}

/** Finds the targets of aliases, and repeated keys of mappings. */
function survey(document: Document): {
  readonly targets: ReadonlyMap<Alias, Node>;
  readonly repeated: readonly Scalar[];
} {
  const anchors = new Map<string, Node>();
  const targets = new Map<Alias, Node>();
  const repeated: Scalar[] = [];
  visit(document, {
    Node: (_, node) => {
      if (isAlias(node)) {
        const target = anchors.get(node.source);
        if (target) targets.set(node, target);
        return;
      }
      if (node.anchor !== undefined) anchors.set(node.anchor, node);
      if (!isMap(node)) return;
      const names = new Set<unknown>();
      for (const pair of node.items) {
        if (!isScalar(pair.key) || isMerge(pair)) continue;
        if (names.has(pair.key.value)) repeated.push(pair.key);
        names.add(pair.key.value);
      }
    },
  });
  return { targets, repeated };
}

interface KnownPair {
  readonly name: string;
  readonly key: unknown;
  readonly node: unknown;
  readonly isRepeated: boolean;
}

function scalarOf(node: Scalar): Value {
  const text = typeof node.value === 'string' ? node.value : '';
  if (node.tag === undefined) return node.type === 'PLAIN' ? plainScalar(text) : text;
  if (node.tag === 'tag:yaml.org,2002:str' || node.tag === '!') return text;
  if (node.tag === '!vault') return unknown('a value encrypted with Ansible Vault');
  return unknown(`a value with the tag ${node.tag}`);
}

function keyOf({ key }: Pair): string {
  return isScalar(key) ? String(key.value) : '';
}

function isMerge({ key }: Pair): boolean {
  return isScalar(key) && key.value === '<<' && key.type === 'PLAIN';
}

function offsetOf(node: unknown): number {
  return (isNode(node) ? node.range?.[0] : undefined) ?? 0;
}
