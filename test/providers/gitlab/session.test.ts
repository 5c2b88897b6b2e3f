import { describe, expect, test } from 'vitest';
import { ReconcileError } from '../../../src/core/model/errors.ts';
import type { Json } from '../../../src/core/util/json.ts';
import type { HttpClient } from '../../../src/http/client.ts';
import { connectAccessTokens } from '../../../src/providers/gitlab/clients.ts';
import type { Client } from '../../../src/providers/provider.ts';
import { accessToken } from './fixtures.ts';

const { signal } = new AbortController();
const endpoint = 'https://gitlab.example/api/v4';
const app = { id: 'projects/12', name: 'project:team/app', level: 'project' };
const self = '/personal_access_tokens/self';
const person = { id: 3, username: 'ada' };
const bot = { id: 405, username: 'project_12_bot_1a2b' };

/** A service that responds with a status, or with a body, for each path. */
function serving(responses: Readonly<Record<string, Json>>): Client & { readonly asked: string[] } {
  const asked: string[] = [];
  const http: HttpClient = {
    timeoutSeconds: 30,
    send: async ({ path }, _, expected = []) => {
      asked.push(path);
      const found = responses[path] ?? 404;
      const status = typeof found === 'number' ? found : 200;
      if (status !== 200 && !expected.includes(status)) {
        throw new ReconcileError({ code: 'AUTH', message: `${status}`, httpStatus: status });
      }
      return { status, body: found, headers: new Headers({ 'x-next-page': '' }) };
    },
  };
  const client = connectAccessTokens({
    http,
    endpoint,
    program: 'reconcile/1.2.0',
    user: async () => '',
    now: () => Date.parse('2026-01-02T00:00:00Z'),
  });
  return Object.assign(client, { asked });
}

const tokens = '/projects/12/access_tokens';

describe('a 401 for access tokens', () => {
  test.each([
    { why: 'shows itself', responses: { [self]: { id: 1 } }, status: 403 },
    { why: 'may not see itself', responses: { [self]: 403 }, status: 403 },
    { why: 'is of a version that shows the user only', responses: { '/user': person }, status: 403 },
    { why: 'is rejected everywhere', responses: { [self]: 401, '/user': 401 }, status: 401 },
    { why: 'is shown nowhere', responses: {}, status: 401 },
  ])('of a credential that $why is a $status', async ({ responses, status }) => {
    const client = serving({ ...responses, [tokens]: 401 });
    await expect(client.list(app, signal)).rejects.toMatchObject({ httpStatus: status });
  });
});

describe('the token that a run is signed in with', () => {
  const listed = { [tokens]: [accessToken] };

  test('is that of a bot, by its number', async () => {
    expect(await serving({ ...listed, [self]: { id: 23 }, '/user': bot }).ownToken?.(app, signal)).toBe('23');
    const typed = { id: 23, resource_type: 'project' };
    expect(await serving({ ...listed, [self]: typed, '/user': person }).ownToken?.(app, signal)).toBe('23');
  });

  test('is taken for one of the scope if the user is unknown', async () => {
    expect(await serving({ ...listed, [self]: { id: 23 } }).ownToken?.(app, signal)).toBe('23');
  });

  test('is never one of the scope if it is a person’s', async () => {
    const client = serving({ ...listed, [self]: { id: 23 }, '/user': person });
    expect(await client.ownToken?.(app, signal)).toBeUndefined();
  });

  test('is found by its bot user if the version does not show it', async () => {
    for (const status of [401, 403, 404]) {
      const client = serving({ ...listed, [self]: status, '/user': bot });
      expect(await client.ownToken?.(app, signal)).toBe('23');
    }
    expect(await serving({ ...listed, '/user': { ...bot, id: 9 } }).ownToken?.(app, signal)).toBeUndefined();
  });
});
