import { type Document, isNode, isPair, visit } from 'yaml';
import type { Range } from './excerpt.ts';
import { keyText } from './node-offset.ts';

/**
 * Returns the ranges of the values of keys called `password` or `token`, or nearly so: no excerpt may show them. They
 * are in order, and none is within another.
 */
export function credentialRanges(document: Document): readonly Range[] {
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
export function isCredential(key: string): boolean {
  return /^(pass|pw|tok)/i.test(key) && !['tokens', 'token_label'].includes(key);
}
