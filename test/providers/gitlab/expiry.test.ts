import { expect, test } from 'vitest';
import { isDead } from '../../../src/providers/gitlab/expiry.ts';
import { accessToken, deployToken } from './fixtures.ts';

const at = (text: string): number => Date.parse(text) / 1000;

test.each([
  ['2026-03-01T07:59:59Z', false],
  ['2026-03-01T08:00:00Z', true],
  ['2026-03-01T23:00:00Z', true],
])('a deploy token is dead from its very end, whatever its flag says: %s', (now, dead) => {
  expect(isDead(deployToken, at(now))).toBe(dead);
});

test.each([
  ['2026-02-28T23:59:59Z', false],
  ['2026-03-01T00:00:00Z', true],
])('an access token is dead from the beginning of its day: %s', (now, dead) => {
  expect(isDead(accessToken, at(now))).toBe(dead);
});

test.each([
  [{ ...accessToken, active: false }, true],
  [{ ...accessToken, revoked: true }, true],
  [{ ...deployToken, revoked: true }, true],
  [{ ...deployToken, expires_at: '0001-01-01T00:00:00.000Z' }, true],
  [{ ...deployToken, expires_at: null }, false],
  [{ ...deployToken, expired: true }, false],
])('%j: %s', (token, dead) => {
  expect(isDead(token, at('2026-01-01T00:00:00Z'))).toBe(dead);
});
