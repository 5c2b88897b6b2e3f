import { expect, test } from 'vitest';
import { escapeUnseen, printable } from '../../../src/core/util/printable.ts';

test.each([
  { why: 'a control character', text: 'a\u001b[31mb', shown: 'a\\u001b[31mb' },
  { why: 'a line end', text: 'a\nb', shown: 'a\\u000ab' },
  { why: 'a change of direction', text: 'a\u202eb', shown: 'a\\u202eb' },
  { why: 'a character without width', text: 'a\u200bb', shown: 'a\\u200bb' },
  { why: 'a filler', text: 'a\u3164b', shown: 'a\\u3164b' },
  { why: 'a character beyond 16 bits, as two escapes', text: 'a\u{e0001}b', shown: 'a\\udb40\\udc01b' },
  { why: 'an ordinary text', text: 'ünï – 🦊', shown: 'ünï – 🦊' },
])('invisible characters are escaped: $why', ({ text, shown }) => {
  expect(escapeUnseen(text)).toBe(shown);
});

test('characters to keep are kept', () => {
  expect(escapeUnseen('a\n\tb\r', '\n\t')).toBe('a\n\tb\\u000d');
});

test.each([
  { text: '::error::x', shown: '\\u003a:error::x' },
  { text: 'a ::add-mask::x', shown: 'a \\u003a:add-mask::x' },
  { text: 'a::b', shown: 'a::b' },
  { text: '##[error]x', shown: '#\\u0023[error]x' },
])('$text is not a command of a runner once printed', ({ text, shown }) => {
  expect(printable(text)).toBe(shown);
});
