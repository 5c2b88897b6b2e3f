import { expect, test } from 'vitest';
import { claimsOf } from '../../../src/providers/docker-hub/jwt.ts';

function jwt(claims: unknown): string {
  return `e30.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.x`;
}

const none = { issued: undefined, expires: undefined, user: undefined, source: undefined };

test('the claims of a bearer are read', () => {
  const own = { username: 'acme', source: 'docker_pat|1' };
  expect(claimsOf(jwt({ iat: 1, exp: 2, username: 'x', 'https://hub.docker.com': own }))).toEqual({
    issued: 1,
    expires: 2,
    user: 'acme',
    source: 'docker_pat|1',
  });
});

test('the general claims count without those of Docker Hub', () => {
  expect(claimsOf(jwt({ username: 'x', source: 'y' }))).toEqual({ ...none, user: 'x', source: 'y' });
});

test.each([
  { why: 'not a JWT', token: 'dckr_pat_x' },
  { why: 'empty', token: '' },
  { why: 'with a payload that is not JSON', token: 'a.b.c' },
  { why: 'with a payload that is not an object', token: jwt(['x']) },
  { why: 'with claims of other types', token: jwt({ iat: '1', exp: null, username: 5, source: '' }) },
])('a token $why has no claims', ({ token }) => {
  expect(claimsOf(token)).toEqual(none);
});
