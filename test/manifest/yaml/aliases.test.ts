import { describe, expect, test } from 'vitest';
import { type Document, isMap, isScalar, parseDocument } from 'yaml';
import { isWithinBounds, targetOf } from '../../../src/manifest/yaml/aliases.ts';

const parse = (text: string): Document => parseDocument(text, { merge: true });

function targetIn(text: string, key: string): unknown {
  const document = parse(text);
  const pair = isMap(document.contents) && document.contents.items.find((item) => String(item.key) === key);
  const target = targetOf(document, pair ? pair.value : undefined);
  return isScalar(target) ? target.value : target;
}

describe('the target of an alias', () => {
  test('is the node with its anchor', () => {
    expect(targetIn('a: &x 1\nb: *x\n', 'b')).toBe(1);
  });

  test('is the last one before it, if several nodes have that anchor', () => {
    expect(targetIn('a: &x 1\nb: &x 2\nc: *x\nd: &x 3\n', 'c')).toBe(2);
  });

  test('is missing without an anchor before it', () => {
    expect(targetIn('a: *x\nb: &x 1\n', 'a')).toBeUndefined();
  });
});

test('any other node is its own target', () => {
  expect(targetIn('a: 1\n', 'a')).toBe(1);
});

describe('the bounds of a document', () => {
  const doubling = (times: number): string =>
    [
      'a0: &a0 [1, 1]',
      ...Array.from({ length: times }, (_, at) => `a${at + 1}: &a${at + 1} [*a${at}, *a${at}]`),
    ].join('\n');

  test.each([
    { why: 'an ordinary document', text: 'a: &x { b: [1, 2] }\nc: *x\n', within: true },
    { why: 'an empty document', text: '', within: true },
    { why: 'lists that double a few times', text: doubling(10), within: true },
    { why: 'lists that double many times', text: doubling(60), within: false },
    { why: 'an alias within its own anchor', text: 'a: &x [*x]\n', within: false },
    { why: 'an alias without a target', text: 'a: *x\n', within: false },
    {
      why: 'aliases that nest deeply',
      text: [
        'a0: &a0 [1]',
        ...Array.from({ length: 300 }, (_, at) => `a${at + 1}: &a${at + 1} [*a${at}]`),
      ].join('\n'),
      within: false,
    },
  ])('hold $why: $within', ({ text, within }) => {
    expect(isWithinBounds(parse(text))).toBe(within);
  });
});
