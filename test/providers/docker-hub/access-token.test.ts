import { describe, expect, test } from 'vitest';
import {
  forbiddenHint,
  rejectAccessTokenLogin,
  signInHint,
} from '../../../src/providers/docker-hub/access-token.ts';

const bearer = (source: string): string =>
  `e30.${Buffer.from(JSON.stringify({ source })).toString('base64url')}.x`;

describe('a login with an access token is rejected before a request', () => {
  test.each([
    { why: 'a personal one as password', secret: { username: 'acme', password: 'dckr_pat_x' } },
    { why: 'one of an organization as password', secret: { username: 'acme', password: ' dckr_oat_x ' } },
    { why: 'as bearer', secret: { token: 'dckr_pat_x' } },
    { why: 'its bearer', secret: { token: bearer('docker_pat|1') } },
    { why: 'the bearer of one of an organization', secret: { token: bearer('docker_oat|1') } },
  ])('$why', ({ secret }) => {
    const login = { where: 'DOCKER_HUB_PASSWORD', ...secret } as Parameters<typeof rejectAccessTokenLogin>[0];
    expect(() => rejectAccessTokenLogin(login)).toThrow(
      expect.objectContaining({ code: 'AUTH', hint: signInHint }),
    );
  });
});

test.each([
  { why: 'a password', secret: { username: 'acme', password: 'x' } },
  { why: 'the bearer of a login with a password', secret: { token: bearer('docker_pwd|1') } },
])('a login with $why is accepted', ({ secret }) => {
  const login = { where: 'DOCKER_HUB_PASSWORD', ...secret } as Parameters<typeof rejectAccessTokenLogin>[0];
  expect(() => rejectAccessTokenLogin(login)).not.toThrow();
});

test.each([
  { path: '/v2/access-tokens', said: 'forbidden', byAccessToken: true },
  { path: '/v2/access-tokens/x', said: '', byAccessToken: true },
  { path: '/v2/orgs/acme/access-tokens', said: 'request from a personal access token', byAccessToken: true },
  { path: '/v2/orgs/acme/access-tokens', said: 'may not manage access tokens', byAccessToken: false },
])('a 403 for $path with "$said" is due to the login: $byAccessToken', ({ path, said, byAccessToken }) => {
  expect(forbiddenHint(said, path).includes(signInHint)).toBe(byAccessToken);
});
