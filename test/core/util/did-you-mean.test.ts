import { expect, test } from 'vitest';
import { didYouMean } from '../../../src/core/util/did-you-mean.ts';

const known = ['id', 'name', 'scopes', 'status', 'expiry_date'];

test.each([
  { word: 'nmae', near: 'name' },
  { word: 'Scope', near: 'scopes' },
  { word: 'expiry', near: undefined },
  { word: 'expirydate', near: 'expiry_date' },
  { word: 'registry', near: undefined },
  { word: 'n'.repeat(101), near: undefined },
  { word: 'x', near: undefined },
])('$word suggests $near', ({ word, near }) => {
  const question = didYouMean(word, known);
  if (near === undefined) expect(question).toBeUndefined();
  else expect(question).toContain(near);
});

test('a word of the same length is preferred among equally near ones', () => {
  expect(didYouMean('from', ['for', 'form'])).toContain('form');
});

test('nothing is suggested without known words', () => {
  expect(didYouMean('name', [])).toBeUndefined();
});
