import { describe, expect, test } from 'vitest';
import { decodeAccessToken, decodeDeployToken } from '../../../src/providers/gitlab/decode.ts';
import { accessToken, deployToken } from './fixtures.ts';

const deploy = (body: object) => decodeDeployToken(body as never);
const access = (body: object) => decodeAccessToken(body as never);

/** Returns a body without a member. */
function without(body: object, key: string): object {
  return Object.fromEntries(Object.entries(body).filter(([name]) => name !== key));
}

test('a deploy token has its fields, a login name, and no history', () => {
  expect({ ...deploy(deployToken) }).toEqual({
    id: '17',
    name: 'ci-push',
    fields: {
      name: 'ci-push',
      username: 'ci',
      scopes: ['read_registry', 'read_repository', 'write_registry'],
      expires_at: '2026-03-01T08:00:00Z',
    },
    origin: { created: null, hasNoHistory: true, createdBy: null, requestMark: null, modified: false },
    loginName: 'ci',
    object: deployToken,
  });
});

test('an access token has its fields, its creation, and the mark of its description', () => {
  expect({ ...access(accessToken) }).toEqual({
    id: '23',
    name: 'renovate',
    fields: {
      name: 'renovate',
      description: 'updates',
      scopes: ['read_registry', 'write_registry'],
      access_level: 'developer',
      expires_at: '2026-03-01T00:00:00Z',
    },
    origin: {
      created: Date.parse('2026-01-01T10:00:00Z') / 1000,
      createdBy: null,
      requestMark: 'reconcile/1.2.0 (nonce-1)',
      showsMarks: true,
      modified: false,
      lastUsed: null,
    },
    loginName: 'renovate',
    object: without(accessToken, 'last_used_ips'),
  });
});

test('a version without descriptions shows no marks', () => {
  expect(access(without(accessToken, 'description')).origin).toMatchObject({
    requestMark: null,
    showsMarks: false,
  });
});

test('an object never has the secret, nor addresses', () => {
  const secret = { token: 'glpat-fake', secret_note: 'glpat-fake' };
  expect(JSON.stringify(access({ ...accessToken, ...secret }).object)).not.toMatch(/glpat|192\.0\.2/);
  expect(JSON.stringify(deploy({ ...deployToken, ...secret }).object)).not.toMatch(/glpat/);
});

describe('an expiry', () => {
  test.each([
    [null, 'never'],
    [undefined, 'never'],
    ['2027-06-30', '2027-06-30T00:00:00Z'],
    ['3000-01-01T00:00:00.000Z', 'never'],
    ['3001-05-05T00:00:00.000Z', 'never'],
    ['0001-01-01T00:00:00.000Z', '0001-01-01T00:00:00Z'],
  ])('%s of a deploy token is %s', (expires_at, expected) => {
    expect(deploy({ ...deployToken, expires_at }).fields['expires_at']).toBe(expected);
  });

  test('null of an access token is never', () => {
    expect(access({ ...accessToken, expires_at: null }).fields['expires_at']).toBe('never');
  });
});

describe('a description', () => {
  test.each([
    ['', '', null],
    ['updates', 'updates', null],
    ['[reconcile/1.2.0 (n)]', '', 'reconcile/1.2.0 (n)'],
    ['a [b] [reconcile/1.2.0 (n)]', 'a [b]', 'reconcile/1.2.0 (n)'],
    ['two\nlines [reconcile/1.2.0 (n)]', 'two\nlines', 'reconcile/1.2.0 (n)'],
    ['x [reconcile/1 (a)] [reconcile/2 (b)]', 'x [reconcile/1 (a)]', 'reconcile/2 (b)'],
    ['[reconcile/1.2.0 (n)] moved', '[reconcile/1.2.0 (n)] moved', null],
    ['updates[reconcile/1.2.0 (n)]', 'updates[reconcile/1.2.0 (n)]', null],
    ['[other/1.2.0 (n)]', '[other/1.2.0 (n)]', null],
  ])('%j', (text, description, requestMark) => {
    const { fields, origin } = access({ ...accessToken, description: text });
    expect(fields['description']).toBe(description);
    expect(origin.requestMark).toBe(requestMark);
  });

  test('null is empty', () => {
    expect(access({ ...accessToken, description: null }).fields['description']).toBe('');
  });

  test('of an older GitLab is not shown, and proves nothing', () => {
    const { fields, origin } = access(without(accessToken, 'description'));
    expect(fields).not.toHaveProperty('description');
    expect(origin.requestMark).toBeNull();
  });
});

test('an unknown role is shown as its number', () => {
  expect(access({ ...accessToken, access_level: 25 }).fields['access_level']).toBe('25');
});

test.each([
  ['CI: push to\tprod', 'CI-push-to-prod'],
  [' \u0000:', 'token'],
  ['größe', 'größe'],
])('the login name of %j is %s', (name, loginName) => {
  expect(access({ ...accessToken, name }).loginName).toBe(loginName);
});

test('a login name takes no quadratic time', () => {
  const name = `a${'-'.repeat(1_000_000)}b`;
  expect(access({ ...accessToken, name }).loginName).toBe(name);
});

test.each([null, [], 'text', { id: '17', name: 'a' }, { id: 1.5, name: 'a' }, { id: 17 }])(
  '%j is no token',
  (body) => {
    expect(() => decodeDeployToken(body as never)).toThrow('expected a deploy token');
    expect(() => decodeAccessToken(body as never)).toThrow('expected an access token');
  },
);

test.each([{ scopes: 'api' }, { scopes: [1] }, { expires_at: 5 }])('%j is rejected', (change) => {
  expect(() => deploy({ ...deployToken, ...change })).toThrow('unexpected response');
});
