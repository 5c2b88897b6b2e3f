import { expect, test } from 'vitest';
import { renderTable } from '../../src/render/table.ts';

const wide = { width: 80, terminal: false, color: false };
const header = ['name', 'state', 'advice'];
const rows = [
  ['ci', 'enabled', 'none'],
  ['deploy', 'disabled', 'delete it'],
];

test('columns are aligned under a header', () => {
  expect(renderTable(header, rows, wide)).toBe(
    'name    state     advice\nci      enabled   none\ndeploy  disabled  delete it\n\n',
  );
});

test('a table without rows is empty', () => {
  expect(renderTable(header, [], wide)).toBe('');
});

test('a table that is too wide for a terminal loses its last column', () => {
  expect(renderTable(header, rows, { ...wide, terminal: true, width: 20 })).toBe(
    'name    state\nci      enabled\ndeploy  disabled\n\n',
  );
});

test('lines that are still too wide are cut', () => {
  expect(renderTable(header, rows, { ...wide, terminal: true, width: 10 })).toBe(
    'name    s…\nci      e…\ndeploy  d…\n\n',
  );
});

test('nothing is left out of a file', () => {
  expect(renderTable(header, rows, { ...wide, width: 10 })).toContain('delete it');
});
