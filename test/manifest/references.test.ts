import { expect, test } from 'vitest';
import { referencesIn } from '../../src/manifest/references.ts';

test.each([
  { text: '${env:IONOS_TOKEN}', references: '${env:IONOS_TOKEN}' },
  { text: '${file:token.txt}', references: '${file:token.txt}' },
  { text: 'hunter2', references: '*' },
  { text: 'hunter2-${env:PART}-hunter2', references: '*${env:PART}*' },
  { text: '${env:PART:-hunter2}', references: '${env:PART:-*}' },
  { text: '$${hunter2', references: '**' },
  { text: '${hunter2', references: '*' },
])('a digest of $text contains no literal, as it may be a secret', ({ text, references }) => {
  expect(referencesIn(text)).toBe(references);
});
