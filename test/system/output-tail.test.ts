import { expect, test } from 'vitest';
import { outputTail } from '../../src/system/output-tail.ts';

const mask = (text: string): string => text.replaceAll('hunter2', '***');

test.each([
  { why: 'no output', output: '', tail: '' },
  { why: 'empty lines', output: '\n \r\n\t\n', tail: '' },
  { why: 'one line', output: 'failed\n', tail: 'failed' },
  { why: 'its last three lines', output: '1\n2\r\n3\n\n4\n', tail: '2; 3; 4' },
  { why: 'white space and control characters', output: 'a\t \u0007b', tail: 'a b' },
  { why: 'a secret', output: 'login hunter2 failed', tail: 'login *** failed' },
  { why: 'a secret with colours inside', output: 'hun\u001b[31mter2', tail: '***' },
])('$why is shown as "$tail"', ({ output, tail }) => {
  expect(outputTail(output, mask)).toBe(tail);
});

test('a long line is cut after masking, so that half a secret never shows', () => {
  const tail = outputTail(`${'x'.repeat(300)}hunter2${'y'.repeat(396)}`, mask);
  expect(tail).toBe(`…x***${'y'.repeat(396)}`);
});
