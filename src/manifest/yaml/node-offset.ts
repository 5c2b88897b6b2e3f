import { type Document, isMap, isNode, isScalar, isSeq, type Node, type Pair, type YAMLMap } from 'yaml';
import { targetOf } from './aliases.ts';
import type { Path } from './path.ts';

export function offsetOf(document: Document, path: Path, what: 'value' | 'key'): number {
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

export function keyText(pair: Pair): string {
  return isScalar(pair.key) ? String(pair.key.value) : String(pair.key);
}
