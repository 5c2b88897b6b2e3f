import { expect, test } from 'vitest';
import { counted } from '../../../src/core/util/counted.ts';

test.each([
  { text: counted(0, 'token'), shown: '0 tokens' },
  { text: counted(1, 'token'), shown: '1 token' },
  { text: counted(2, 'token'), shown: '2 tokens' },
  { text: counted(1, 'entry', 'entries'), shown: '1 entry' },
  { text: counted(2, 'entry', 'entries'), shown: '2 entries' },
])('a number takes the noun that fits it: $shown', ({ text, shown }) => {
  expect(text).toBe(shown);
});
