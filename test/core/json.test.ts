import { expect, test } from 'vitest';
import { parseJson } from '../../src/core/json.ts';

test.each([
  { text: '{"a":1}', value: { a: 1 } },
  { text: 'null', value: null },
  { text: '<html>', value: undefined },
])('parseJson of $text', ({ text, value }) => {
  expect(parseJson(text)).toEqual(value);
});
