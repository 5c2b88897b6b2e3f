import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isNestedTooDeeply, parseJson } from '../../../src/core/util/json.ts';

test.each([
  { text: '{"a":1}', value: { a: 1 } },
  { text: 'null', value: null },
  { text: '<html>', value: undefined },
])('parseJson of $text', ({ text, value }) => {
  expect(parseJson(text)).toEqual(value);
});

const nested = (open: string, close: string, depth: number): string =>
  `${open.repeat(depth)}1${close.repeat(depth)}`;

test.each([
  { why: 'lists', text: nested('[', ']', 1_001) },
  { why: 'objects', text: nested('{"a":', '}', 1_001) },
  { why: 'lists that never end', text: '['.repeat(1_000_000) },
])('$why within each other are not parsed beyond a bound', ({ text }) => {
  expect(parseJson(text)).toBeUndefined();
});

test.each([
  { why: 'up to the bound', text: nested('[', ']', 1_000) },
  { why: 'beside each other', text: `[${'[],'.repeat(5_000)}[]]` },
  { why: 'in a text', text: JSON.stringify(['['.repeat(5_000), '\\"{'.repeat(5_000)]) },
])('brackets $why are', ({ text }) => {
  expect(JSON.stringify(parseJson(text))).toBe(text);
});

test('quotes and escapes in texts hide no bracket, and make none', () => {
  const words = fc.string({ unit: fc.constantFrom('"', '\\', '[', '{', '}', ']', 'a') });
  fc.assert(
    fc.property(fc.array(words), fc.integer({ min: 1, max: 5 }), (texts, depth) => {
      const text = `${'['.repeat(depth)}${JSON.stringify(texts).slice(1, -1)}${']'.repeat(depth)}`;
      expect(isNestedTooDeeply(text, depth)).toBe(false);
      expect(isNestedTooDeeply(text, depth - 1)).toBe(true);
      // The last bracket counts only if no text before it seems to go on.
      expect(isNestedTooDeeply(`${text}${'['.repeat(depth + 1)}`, depth)).toBe(true);
    }),
  );
});
