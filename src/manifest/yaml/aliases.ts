import { type Alias, type Document, isAlias, isMap, isNode, isPair, isScalar, isSeq, type Node } from 'yaml';

/** Maximum number of values that a document has once its aliases and merge keys are expanded. */
const maxValues = 500_000;

/** Maximum depth of nested values, including those within aliases. */
const maxDepth = 200;

/** The targets of the aliases of documents. */
const targets = new WeakMap<Document, ReadonlyMap<Alias, Node>>();

/** Returns the target of an alias, and any other node as it is. */
export function targetOf(document: Document, node: unknown): unknown {
  if (!isAlias(node)) return node;
  let found = targets.get(document);
  if (!found) {
    found = findTargets(document);
    targets.set(document, found);
  }
  return found.get(node);
}

/** Finds the target of each alias: the last node before it that has its anchor. Walks the document once. */
function findTargets(document: Document): ReadonlyMap<Alias, Node> {
  const anchors = new Map<string, Node>();
  const found = new Map<Alias, Node>();
  const walk = (node: unknown): void => {
    if (isPair(node)) {
      walk(node.key);
      walk(node.value);
      return;
    }
    if (!isNode(node)) return;
    if (isAlias(node)) {
      const target = anchors.get(node.source);
      if (target) found.set(node, target);
      return;
    }
    if (node.anchor !== undefined) anchors.set(node.anchor, node);
    if (isMap(node) || isSeq(node)) for (const item of node.items) walk(item);
  };
  walk(document.contents);
  return found;
}

/** The size of a node once it is expanded. */
interface Extent {
  readonly values: number;
  readonly depth: number;
}

const one: Extent = { values: 1, depth: 1 };
/** The extent of a node that contains an alias without a target, or an alias to one of its ancestors. */
const endless: Extent = { values: Infinity, depth: Infinity };

/** Tells whether a document stays within the bounds once it is expanded. Doesn't expand it. */
export function isWithinBounds(document: Document): boolean {
  const known = new Map<unknown, Extent>();
  const open = new Set<unknown>();
  const extentOf = (given: unknown): Extent => {
    // Binary values become lists of bytes.
    if (isScalar(given) && given.value instanceof Uint8Array) return { values: given.value.length, depth: 1 };
    if (isScalar(given) || given === null || given === undefined) return one;
    const node = targetOf(document, given);
    if (node === undefined || open.has(node)) return endless;
    const found = known.get(node);
    if (found) return found;
    open.add(node);
    const extent = extentOfAll(membersOf(node));
    open.delete(node);
    known.set(node, extent);
    return extent;
  };
  const extentOfAll = (members: readonly unknown[]): Extent => {
    let values = 1;
    let depth = 0;
    for (const member of members) {
      const extent = extentOf(member);
      values += extent.values;
      depth = Math.max(depth, extent.depth);
    }
    return { values, depth: depth + 1 };
  };
  const { values, depth } = extentOf(document.contents);
  return values <= maxValues && depth <= maxDepth;
}

function membersOf(node: unknown): readonly unknown[] {
  if (isPair(node)) return [node.key, node.value];
  return isMap(node) || isSeq(node) ? node.items : [];
}
