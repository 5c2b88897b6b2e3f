import { describe, expect, test } from 'vitest';
import { composeAll, parseBounded } from '../../../src/core/util/yaml-bounds.ts';

describe('a text within the bounds', () => {
  test('is parsed completely', () => {
    const parsed = parseBounded('a: &x [1, 2]\nb: *x\n---\nc: d\n');
    if (!('tokens' in parsed)) throw new Error('not within the bounds');
    expect(composeAll(parsed.tokens, {}).map((document) => document.toJS())).toEqual([
      { a: [1, 2], b: [1, 2] },
      { c: 'd' },
    ]);
  });
});

describe('parsing stops at the bound of', () => {
  test.each([
    { why: 'the depth', text: '['.repeat(200) },
    { why: 'the documents', text: '--- a\n'.repeat(1002) },
    { why: 'the anchors', text: `- &a 1\n`.repeat(1001) },
    { why: 'the aliases', text: `- &a 1\n${'- *a\n'.repeat(10_001)}` },
    { why: 'the length of a plain scalar', text: `a: ${'x'.repeat(256 * 1024 + 1)}` },
    { why: 'the length of a quoted scalar', text: `a: "${'x'.repeat(256 * 1024)}"` },
    { why: 'the parts', text: '- a\n'.repeat(100_000) },
  ])('$why', ({ text }) => {
    const parsed = parseBounded(text);
    if (!('excess' in parsed)) throw new Error('within the bounds');
    expect(parsed.excess.offset).toBeLessThanOrEqual(text.length);
  });
});

test('splitting a text is no way to nest it less: the hint of the bound says what is', () => {
  const parsed = parseBounded('['.repeat(200));
  expect(parsed).toMatchObject({
    excess: { message: 'nested too deeply', hint: expect.stringContaining('at most 100 deep') },
  });
  expect(parseBounded('--- a\n'.repeat(1002))).not.toHaveProperty('excess.hint');
});

test('at most a thousand errors are kept', () => {
  const parsed = parseBounded(`${'- @a\n'.repeat(3000)}`);
  if (!('tokens' in parsed)) throw new Error('not within the bounds');
  const errors = composeAll(parsed.tokens, {}).flatMap((document) => document.errors);
  expect(errors.length).toBeGreaterThan(900);
  expect(errors.length).toBeLessThanOrEqual(2000);
});
