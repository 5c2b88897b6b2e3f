import { expect, test } from 'vitest';
import { cutToCells, padCells, textWidth } from '../../src/render/text-width.ts';

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

test.each([
  { text: '1 of 3 done', width: 11, cut: '1 of 3 done' },
  { text: '1 of 3 done: creating a', width: 22, cut: '1 of 3 done: creating…' },
  { text: '1 of 3 done: creating a', width: 21, cut: '1 of 3 done:…' },
  { text: 'creating registry_token:team-a/one', width: 20, cut: 'creating registry_t…' },
  { text: '鍵 鍵鍵 鍵', width: 9, cut: '鍵 鍵鍵…' },
  { text: '鍵鍵鍵鍵', width: 6, cut: '鍵鍵…' },
  { text: '🚀🚀🚀', width: 5, cut: '🚀🚀…' },
  { text: 'é'.normalize('NFD').repeat(3), width: 2, cut: `${'é'.normalize('NFD')}…` },
])('$text is cut to $width cells at a word if one ends there: $cut', ({ text, width, cut }) => {
  expect(cutToCells(text, width)).toBe(cut);
  expect(textWidth(cut)).toBeLessThanOrEqual(width);
});
