import { expect, test } from 'vitest';
import { findInvalidUtf8 } from '../../../src/core/util/utf8.ts';

const bytes = (...parts: readonly (string | number)[]): Uint8Array =>
  Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : Buffer.from([part]))));

test.each([
  { why: 'the first byte', text: bytes(0xff), place: { line: 1, column: 1 } },
  { why: 'a byte in the third line', text: bytes('a\nbü\ncd', 0xe9, 'f\n'), place: { line: 3, column: 3 } },
  { why: 'after a sign of two units', text: bytes('a: 😀', 0xff), place: { line: 1, column: 6 } },
  {
    why: 'after a sign that stands for such a byte',
    text: bytes('\ufffdx', 0xff),
    place: { line: 1, column: 3 },
  },
  { why: 'a character that is cut off', text: bytes('ab', 0xe2, 0x82), place: { line: 1, column: 3 } },
])('invalid UTF-8 is located: $why', ({ text, place }) => {
  expect(findInvalidUtf8(text)).toEqual(place);
});

test('UTF-8 is accepted', () => {
  expect(findInvalidUtf8(bytes('a\nü😀\ufffd\r\n'))).toBeUndefined();
});
