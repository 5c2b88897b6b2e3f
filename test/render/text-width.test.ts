import { expect, test } from 'vitest';
import { padCells, textWidth } from '../../src/render/text-width.ts';

test.each([
  { text: '', cells: 0 },
  { text: 'ci-push', cells: 7 },
  { text: 'größe → 1', cells: 9 },
  { text: '鍵', cells: 2 },
  { text: 'ｆｕｌｌ', cells: 8 },
  { text: '🚀', cells: 2 },
  { text: 'e\u0301', cells: 1 },
  { text: 'a\u200bb', cells: 2 },
])('$text takes $cells cells', ({ text, cells }) => {
  expect(textWidth(text)).toBe(cells);
  expect(padCells(text, 10)).toBe(text + ' '.repeat(10 - cells));
});
