import { expect, test } from 'vitest';
import { formatDuration, parseDuration } from '../../../src/core/util/duration.ts';

test.each([
  { text: '45s', seconds: 45 },
  { text: '5m', seconds: 300 },
  { text: '12h', seconds: 43_200 },
  { text: '90d', seconds: 7_776_000 },
  { text: '2w', seconds: 1_209_600 },
])('$text is $seconds seconds', ({ text, seconds }) => {
  expect(parseDuration(text)).toBe(seconds);
});

test.each(['', '0d', '-1d', '01d', '1.5h', '100000s', '1y', '1 d', '1d12h', 'd', '90'])(
  '%j is not a duration',
  (text) => {
    expect(parseDuration(text)).toBeUndefined();
  },
);

test.each([
  { seconds: 2_592_000, text: '30d' },
  { seconds: 129_600, text: '36h' },
  { seconds: 5400, text: '90m' },
  { seconds: 61, text: '61s' },
])('$seconds seconds are written as $text, in the largest unit without a remainder', ({ seconds, text }) => {
  expect(formatDuration(seconds)).toBe(text);
});
