import { expect, test } from 'vitest';
import { type Column, renderTable } from '../../src/render/table.ts';

interface Row {
  readonly name: string;
  readonly state: string;
  readonly advice: string;
}

const wide = { width: 80, terminal: false, color: false };
const onTerminal = { ...wide, terminal: true };
const columns: readonly Column<Row>[] = [
  { header: 'name', cell: ({ name }) => name },
  { header: 'advice', rank: 0, cell: ({ advice }) => advice },
  { header: 'state', rank: 1, cell: ({ state }) => state },
];
const rows: readonly Row[] = [
  { name: 'ci', state: 'enabled', advice: 'none' },
  { name: 'deploy', state: 'disabled', advice: 'delete it' },
];
const whole = 'name    advice     state\nci      none       enabled\ndeploy  delete it  disabled\n\n';

test('columns are aligned under a header', () => {
  expect(renderTable(columns, rows, wide)).toBe(whole);
});

test('a table without rows is empty', () => {
  expect(renderTable(columns, [], wide)).toBe('');
});

test.each([onTerminal, { ...wide, bounded: true as const }])(
  'a table that is too wide loses the least important columns, and cells are never cut: %o',
  (style) => {
    expect(renderTable(columns, rows, { ...style, width: 20 })).toBe(
      'name    state\nci      enabled\ndeploy  disabled\n\n',
    );
    expect(renderTable(columns, rows, { ...style, width: 12 })).toBe('name\nci\ndeploy\n\n');
    expect(renderTable(columns, rows, { ...style, width: 3 })).toBe('name\nci\ndeploy\n\n');
  },
);

test('a less important column stays if it fits where a more important one does not', () => {
  const long = { name: 'ci', state: 'enabled by an administrator', advice: 'none' };
  expect(renderTable(columns, [long], { ...onTerminal, width: 14 })).toBe('name  advice\nci    none\n\n');
});

test('nothing is left out of a file without a width, or of a wide table', () => {
  expect(renderTable(columns, rows, { ...wide, width: 10 })).toBe(whole);
  expect(renderTable(columns, rows, { ...onTerminal, width: 10 }, true)).toBe(whole);
});

test('wide characters take two cells', () => {
  const row = { name: '鍵', state: 'enabled', advice: 'none' };
  const [, first, second] = renderTable(columns, [row, { ...row, name: 'key' }], wide).split('\n');
  expect(first).toBe('鍵    none    enabled');
  expect(second).toBe('key   none    enabled');
});
