import { expect, test } from 'vitest';
import { checkClockSkew, checkNodeVersion, failedCheck } from '../../../src/core/model/health-check.ts';

test.each([
  { ahead: undefined, state: 'skipped' },
  { ahead: 0, state: 'ok' },
  { ahead: 60.4, state: 'ok' },
  { ahead: -60, state: 'ok' },
  { ahead: 61, state: 'failed' },
  { ahead: -3600, state: 'failed' },
])('a clock that is $ahead s ahead is $state', ({ ahead, state }) => {
  expect(checkClockSkew('clock', ahead).state).toBe(state);
});

test.each([
  { version: '20.19.0', state: 'ok' },
  { version: '22.0.0', state: 'ok' },
  { version: '20.18.9', state: 'failed' },
  { version: '18.20.0', state: 'failed' },
])('Node $version is $state', ({ version, state }) => {
  expect(checkNodeVersion(version, [20, 19]).state).toBe(state);
});

test('a failed check has the hint of its problem as the fix', () => {
  expect(
    failedCheck('credentials', { code: 'AUTH', message: 'no credentials', hint: 'set a token' }),
  ).toEqual({
    name: 'credentials',
    state: 'failed',
    message: 'no credentials',
    fix: 'set a token',
  });
});
