import { describe, expect, test } from 'vitest';
import { printable, wrapLines } from '../../src/render/sanitize.ts';
import { change } from './changes.ts';
import { planText } from './text-fixtures.ts';

describe('control characters and escapes', () => {
  test.each([
    { why: 'a colour', text: 'a\u001b[31mb', shown: 'a\\u001b[31mb' },
    { why: 'a one-byte escape', text: 'a\u009b31mb', shown: 'a\\u009b31mb' },
    { why: 'a new line', text: 'a\nb', shown: 'a\\u000ab' },
    { why: 'a carriage return', text: 'a\rb', shown: 'a\\u000db' },
    { why: 'a bell', text: 'a\u0007', shown: 'a\\u0007' },
    { why: 'a turn of the direction of writing', text: 'a\u202eb', shown: 'a\\u202eb' },
    { why: 'a tag that no one sees', text: 'a\u{e0041}b', shown: 'a\\udb40\\udc41b' },
    {
      why: 'what GitHub takes for a command',
      text: 'a ::stop-commands::x',
      shown: 'a \\u003a:stop-commands::x',
    },
    { why: 'what it took for one before', text: 'a ##[error]x', shown: 'a #\\u0023[error]x' },
    { why: 'letters of all kinds are left as they are', text: 'grün 漢字 🙂 →', shown: 'grün 漢字 🙂 →' },
  ])('are made visible: $why', ({ text, shown }) => {
    expect(printable(text)).toBe(shown);
  });

  const evil = 'x\u001b[2K\rfake';
  test.each([
    { where: 'the name', change: change(evil, 1, { action: 'delete' }) },
    {
      where: 'the file',
      change: change('a', 1, { action: 'delete', source: { file: evil, line: 1, column: 1 } }),
    },
    { where: 'the reason', change: change('a', 1, { action: 'create', reason: evil }) },
    {
      where: 'a value',
      change: change('a', 1, { action: 'patch', fields: [{ field: 'status', before: evil, after: evil }] }),
    },
    {
      where: 'a field',
      change: change('a', 1, { action: 'patch', fields: [{ field: evil, before: 'a', after: 'b' }] }),
    },
    {
      where: 'a scope',
      change: change('a', 1, {
        action: 'create',
        fields: [{ field: 'scopes', before: null, after: [{ type: evil, name: evil, actions: [evil] }] }],
      }),
    },
    {
      where: 'a renaming',
      change: change('a', 1, { action: 'replace', fields: [{ field: 'name', before: evil, after: evil }] }),
    },
    { where: 'a sink', change: change('a', 1, { action: 'create', secret: [`file:${evil}`] }) },
    {
      where: 'an error',
      change: change('a', 1, { action: 'error', error: { code: 'AUTH', message: evil, hint: evil } }),
    },
    { where: 'a warning', change: change('a', 1, { action: 'noop', warnings: [evil] }) },
  ])('never reach the terminal from $where', ({ change: shown }) => {
    const text = planText([shown]);
    expect(text).not.toContain('\u001b');
    expect(text).not.toContain('\r');
    expect(text).toContain('x\\u001b[2K\\u000dfake');
  });
});

test('long lines break at spaces, and their parts are indented as they are; shorter lines stay', () => {
  expect(wrapLines('short\n  one two three four\nwordwithoutspaces', 12)).toBe(
    'short\n  one two\n  three four\nwordwithoutspaces',
  );
});
