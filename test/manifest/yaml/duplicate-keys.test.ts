import { expect, test } from 'vitest';
import { parseDocument } from 'yaml';
import { checkDuplicateKeys } from '../../../src/manifest/yaml/duplicate-keys.ts';

function errorsOf(text: string): readonly { readonly code: string; readonly at: number }[] {
  const document = parseDocument(text, { uniqueKeys: false });
  checkDuplicateKeys(document);
  return document.errors.map(({ code, pos }) => ({ code, at: pos[0] }));
}

test.each([
  { why: 'repeated at the top', text: 'a: 1\nb: 2\na: 3\n', at: [10] },
  { why: 'repeated in a list of mappings', text: '- { a: 1, a: 2 }\n- { a: 1 }\n', at: [10] },
  { why: 'repeated as a number and as a text', text: '1: a\n"1": b\n', at: [5] },
  { why: 'longer than any name', text: `${'x'.repeat(257)}: 1\n`, at: [0] },
])('a key is an error where it stands if it is $why', ({ text, at }) => {
  expect(errorsOf(text)).toEqual(at.map((offset) => ({ code: 'DUPLICATE_KEY', at: offset })));
});

test('equal keys of different mappings are accepted', () => {
  expect(errorsOf('a: { x: 1 }\nb: { x: 1 }\n')).toEqual([]);
});

test('a mapping with too many keys is one error', () => {
  const keys = (count: number): string =>
    Array.from({ length: count }, (_, index) => `k${index}: 1\n`).join('');
  expect(errorsOf(keys(1000))).toEqual([]);
  expect(errorsOf(keys(1001))).toHaveLength(1);
});

test('the number of errors is bounded', () => {
  const errors = errorsOf('- { a: 1, a: 2 }\n'.repeat(3000));
  expect(errors.length).toBeGreaterThanOrEqual(1000);
  expect(errors.length).toBeLessThan(1100);
});
