import { describe, expect, test } from 'vitest';
import { createEmulator, type EmulatorOptions } from '../../src/emulator/index.ts';
import type { Seed } from '../../src/emulator/seed.ts';
import type { Client } from '../../src/providers/provider.ts';
import { connect, failOnSpecViolations, mark } from './connect.ts';
import { conformingToGitlab, gitlabBasePath } from './gitlab.ts';
import { gitlabAccessTokens, gitlabDeployTokens } from './providers.ts';
import { type Provider, start } from './subject.ts';

failOnSpecViolations();

const { signal } = new AbortController();
const day = 86_400_000;
const host = 'https://gitlab.example';
const app = { id: 'projects/1', name: 'project:team/app', level: 'project' };
const team = { id: 'groups/1', name: 'group:team', level: 'group' };

type Gitlab = NonNullable<Seed['gitlab']>;
type SeedProject = NonNullable<Gitlab['projects']>[number];
interface Options extends Omit<EmulatorOptions, 'seed'> {
  readonly project?: Omit<SeedProject, 'path'>;
  readonly projects?: Gitlab['projects'];
  readonly users?: Gitlab['users'];
}

function setUp({ project = {}, projects = [], users = [], ...options }: Options = {}) {
  const seed: Gitlab = {
    groups: [{ path: 'team' }, { path: 'team/sub' }, { path: 'empty' }],
    projects: [{ path: 'team/app', ...project }, { path: 'team/sub/lib' }, ...projects],
    users,
  };
  const emulator = createEmulator({ now: () => start, ...options, seed: { registries: [], gitlab: seed } });
  const checked = conformingToGitlab(emulator.fetch);
  const sent: Request[] = [];
  const fetch = (request: Request): Promise<Response> => {
    sent.push(request.clone());
    return checked(request);
  };
  const as = (provider: Provider, token = 'glpat-emulator'): Client =>
    connect(provider, {
      baseUrl: `${host}${gitlabBasePath}`,
      fetch,
      authorizations: { valid: `Bearer ${token}`, invalid: '', unprivileged: async () => '' },
    });
  const queriesOf = (path: string): readonly URLSearchParams[] =>
    sent
      .map(({ url }) => new URL(url))
      .filter(({ pathname }) => pathname === `${gitlabBasePath}${path}`)
      .map(({ searchParams }) => searchParams);
  return {
    emulator,
    sent,
    as,
    deploy: as(gitlabDeployTokens),
    access: as(gitlabAccessTokens),
    queriesOf,
    asked: () =>
      sent.map(({ method, url }) => `${method} ${new URL(url).pathname.slice(gitlabBasePath.length)}`),
  };
}

const many = (count: number) => Array.from({ length: count }, (_, index) => ({ name: `ci-${index + 1}` }));
const names = async (client: Client, scope = app): Promise<readonly string[]> =>
  (await client.list(scope, signal)).tokens.map(({ name }) => name);

describe('a list', () => {
  test('of 250 tokens is asked for in three pages', async () => {
    const { deploy, queriesOf } = setUp({ project: { deployTokens: many(250) } });
    expect(new Set(await names(deploy)).size).toBe(250);
    expect(queriesOf('/projects/1/deploy_tokens').map(String)).toEqual([
      'page=1&per_page=100',
      'page=2&per_page=100',
      'page=3&per_page=100',
    ]);
  });

  test.each([
    ['has no total', { totals: false }],
    ['has no number of the next page', { nextPage: false }],
    ['has neither', { totals: false, nextPage: false }],
    ['has a total that moves once', { movingTotals: 1 }],
  ])('is complete if it %s', async (_, gitlabQuirks) => {
    const project = { deployTokens: many(250), accessTokens: many(250) };
    const { deploy, access } = setUp({ project, gitlabQuirks });
    expect(new Set(await names(deploy)).size).toBe(250);
    expect(new Set(await names(access)).size).toBe(250);
  });

  test('with a link to another server is an error', async () => {
    const gitlabQuirks = { nextPage: false, linkOrigin: 'https://evil.example' };
    const { deploy, sent } = setUp({ project: { deployTokens: many(150) }, gitlabQuirks });
    await expect(deploy.list(app, signal)).rejects.toMatchObject({ code: 'API_UNAVAILABLE' });
    expect(sent.every(({ url }) => new URL(url).origin === host)).toBe(true);
  });

  test.each(['16.0', '17.2', '17.9', '18.3'] as const)(
    'leaves out dead namesakes, release %s',
    async (version) => {
      const project = {
        deployTokens: [
          { name: 'ci', revoked: true },
          { name: 'ci', expires: { in: -day } },
          { name: 'ci', expires: { in: 0 } },
          { name: 'ci', id: 40, expires: { in: 1000 } },
        ],
        accessTokens: [
          { name: 'ci', revoked: true },
          { name: 'ci', expires: { in: -day } },
          { name: 'ci', expires: { in: 0 } },
          { name: 'ci', id: 50 },
        ],
      };
      const { deploy, access } = setUp({ project, gitlabQuirks: { version } });
      expect((await deploy.list(app, signal)).tokens.map(({ id }) => id)).toEqual(['40']);
      expect((await access.list(app, signal)).tokens.map(({ id }) => id)).toEqual(['50']);
      expect(await deploy.read(app, '1', signal)).toBeUndefined();
      expect(await deploy.read(app, '3', signal)).toBeUndefined();
      expect(await access.read(app, '1', signal)).toBeUndefined();
    },
  );

  test('sends the token in the header of GitLab', async () => {
    const { deploy, sent } = setUp();
    await deploy.list(app, signal);
    expect(sent[0]?.headers.get('private-token')).toBe('glpat-emulator');
    expect(sent[0]?.headers.get('authorization')).toBeNull();
  });
});

describe('a scope', () => {
  test.each([
    ['project:team/app', app],
    ['project:1', app],
    ['projects/1', app],
    ['team/app', app],
    ['group:team', team],
    ['group:1', team],
    ['groups/1', team],
    ['team', team],
  ])('is found as %s', async (ref, scope) => {
    expect(await setUp().deploy.resolve(ref, signal)).toEqual(scope);
  });

  test.each(['project:team/none', 'group:none', 'none/none', 'project:99'])(
    'that is not there, or not to be seen, is NOT_FOUND: %s',
    async (ref) => {
      await expect(setUp().deploy.resolve(ref, signal)).rejects.toMatchObject({
        code: 'NOT_FOUND',
        message: expect.stringContaining("or the token can't see it"),
      });
    },
  );

  test('is read once, for all entries of it, the host of its registry and the check of their scopes', async () => {
    const { deploy, asked } = setUp();
    const ref = 'project:team/app';
    expect(await Promise.all([deploy.resolve(ref, signal), deploy.resolve(ref, signal)])).toEqual([app, app]);
    await deploy.details(app, signal);
    await deploy.rejects?.(app, { scopes: ['read_registry'] }, signal);
    expect(asked()).toEqual(['GET /projects/team%2Fapp']);
  });

  test('that was moved is found by its number', async () => {
    const { deploy, emulator, asked } = setUp();
    emulator.gitlab.move('project', 'team/app', 'other/app');
    expect(await deploy.resolve('project:team/app', signal)).toEqual({ ...app, name: 'project:other/app' });
    expect(asked()).toEqual(['GET /projects/team%2Fapp', 'GET /projects/1']);
  });

  test.each([
    [
      'deploy tokens',
      gitlabDeployTokens,
      'max',
      ['project:team/app', 'project:team/sub/lib', 'group:team', 'group:team/sub'],
    ],
    ['access tokens', gitlabAccessTokens, 'max', ['project:team/app', 'project:team/sub/lib']],
    [
      'access tokens',
      gitlabAccessTokens,
      'oda',
      ['project:team/app', 'project:team/sub/lib', 'group:team', 'group:team/sub'],
    ],
    ['deploy tokens', gitlabDeployTokens, 'dev', []],
  ] as const)(
    'of %s is listed if its tokens can be seen (%s, as %s)',
    async (...[, provider, name, expected]) => {
      const users = [
        { name: 'max', roles: { team: 'maintainer' } },
        { name: 'oda', roles: { team: 'owner' } },
        { name: 'dev', roles: { team: 'developer' } },
      ] as const;
      const client = setUp({ users }).as(provider, `glpat-${name}`);
      const found = (await client.scopes(signal)) ?? [];
      expect(found.map((scope) => scope.name)).toEqual(expected);
      for (const scope of found) expect((await client.list(scope, signal)).tokens).toEqual([]);
    },
  );

  test('that was listed is not asked for again', async () => {
    const { deploy, asked } = setUp();
    for (const { name } of (await deploy.scopes(signal)) ?? []) await deploy.resolve(name, signal);
    expect(asked()).toEqual(['GET /projects', 'GET /groups']);
  });
});

describe('a create', () => {
  const deployFields = {
    name: 'ci',
    username: 'ci',
    scopes: ['read_registry'],
    expires_at: '2030-06-30T08:00:00Z',
  };
  const accessFields = {
    name: 'ci',
    description: 'updates',
    scopes: ['read_registry'],
    access_level: 'developer',
    expires_at: '2030-06-30T08:00:00Z',
  };

  test('of a deploy token returns it as a read shows it', async () => {
    const { deploy, emulator } = setUp();
    const { token, secret, username } = await deploy.create(app, deployFields, mark(), signal);
    expect(secret.reveal()).toBe(emulator.gitlab.deployTokens('project', 'team/app')[0]?.secret);
    expect(username).toBe('ci');
    expect(token.fields).toEqual(deployFields);
    expect(token.origin).toMatchObject({ created: null, hasNoHistory: true });
    expect(JSON.stringify(token)).not.toContain(secret.reveal());
    expect({ ...(await deploy.read(app, token.id, signal)) }).toEqual({ ...token });
  });

  test('tells its nonce in the user agent, as no deploy token shows one', async () => {
    const { deploy, sent } = setUp();
    await deploy.create(app, deployFields, mark(), signal);
    const [create] = sent.filter(({ method }) => method === 'POST');
    expect(create?.headers.get('user-agent')).toBe('reconcile/test (nonce-1)');
  });

  test('of a deploy token without a user name gets one, which the next one can have, too', async () => {
    const { deploy } = setUp();
    const { token, username } = await deploy.create(
      app,
      { name: 'ci', scopes: ['read_registry'] },
      mark(),
      signal,
    );
    expect(username).toBe(`gitlab+deploy-token-${token.id}`);
    const next = await deploy.create(app, { ...token.fields, name: 'ci-2' }, mark(), signal);
    expect(next.username).toBe(username);
  });

  test('of an access token has a mark in its description, and ends at midnight', async () => {
    const { access, emulator } = setUp();
    const { token, secret, username } = await access.create(app, accessFields, mark(), signal);
    expect(secret.reveal()).toBe(emulator.gitlab.accessTokens('project', 'team/app')[0]?.secret);
    expect(username).toBe('ci');
    expect(token.fields).toEqual({ ...accessFields, expires_at: '2030-06-30T00:00:00Z' });
    expect(token.origin).toMatchObject({ created: start / 1000, requestMark: 'reconcile/test (nonce-1)' });
    expect({ ...(await access.read(app, token.id, signal)) }).toEqual({ ...token });
  });

  test('of an access token has no mark in a release without descriptions', async () => {
    const { access } = setUp({ gitlabQuirks: { version: '17.2' } });
    const { token } = await access.create(app, accessFields, mark(), signal);
    expect(token.fields).not.toHaveProperty('description');
    expect(token.origin.requestMark).toBeNull();
  });

  test('of an access token that never expires is granted what the installation allows', async () => {
    const never = { ...accessFields, expires_at: 'never' };
    const required = await setUp().access.create(app, never, mark(), signal);
    expect(required.token.fields['expires_at']).toBe('2031-01-01T00:00:00Z');
    const { access } = setUp({ gitlabQuirks: { expiryRequired: false } });
    expect((await access.create(app, never, mark(), signal)).token.fields['expires_at']).toBe('never');
  });

  test('beyond the maximum is rejected, with its field', async () => {
    const create = setUp().access.create(
      app,
      { ...accessFields, expires_at: '2032-01-01T00:00:00Z' },
      mark(),
      signal,
    );
    await expect(create).rejects.toMatchObject({
      code: 'API_REJECTED',
      message: expect.stringContaining('expires_at'),
    });
  });

  test.each(['drop_after', 'error_after', 'no_secret'] as const)(
    'is not sent again after %s',
    async (fault) => {
      const { access, deploy, sent, emulator } = setUp({
        fault: ({ method }) => (method === 'POST' ? fault : 'none'),
      });
      const unknown = { code: 'OUTCOME_UNKNOWN' };
      await expect(deploy.create(app, deployFields, mark(), signal)).rejects.toMatchObject(unknown);
      await expect(access.create(app, accessFields, mark(), signal)).rejects.toMatchObject(unknown);
      expect(sent.filter(({ method }) => method === 'POST')).toHaveLength(2);
      expect(emulator.gitlab.deployTokens('project', 'team/app')).toHaveLength(1);
      expect(emulator.gitlab.accessTokens('project', 'team/app')).toHaveLength(1);
    },
  );

  test('never rotates', async () => {
    const { access, asked } = setUp();
    const { token } = await access.create(app, accessFields, mark(), signal);
    await access.delete(app, token.id, signal);
    expect(asked().filter((what) => what.includes('rotate'))).toEqual([]);
  });
});

describe('a delete', () => {
  test.each(['no_content', 'not_found'] as const)(
    'can be repeated, revoked ones: %s',
    async (revokedDelete) => {
      const project = { deployTokens: [{ name: 'ci' }], accessTokens: [{ name: 'ci' }] };
      const { deploy, access } = setUp({ project, gitlabQuirks: { revokedDelete } });
      for (const client of [deploy, access]) {
        await client.delete(app, '1', signal);
        await expect(client.delete(app, '1', signal)).resolves.toBeUndefined();
        expect(await client.read(app, '1', signal)).toBeUndefined();
        expect(await names(client)).toEqual([]);
      }
    },
  );
});

describe('the signed-in credential', () => {
  const users = [
    { name: 'dev', roles: { team: 'developer' } },
    {
      name: 'max',
      roles: { team: 'maintainer' },
      tokens: [{ name: 'max', id: 900, expires: { in: 10 * day } }],
    },
    { name: 'reader', roles: { team: 'owner' }, tokens: [{ name: 'reader', scopes: ['read_api'] }] },
  ] as const;

  test('without rights sees no access tokens, which ends no run', async () => {
    const { as } = setUp({ users });
    await expect(as(gitlabAccessTokens, 'glpat-dev').list(app, signal)).rejects.toMatchObject({
      code: 'AUTH',
      httpStatus: 403,
      message: expect.stringContaining('no right here'),
    });
    await expect(as(gitlabDeployTokens, 'glpat-dev').list(app, signal)).rejects.toMatchObject({
      code: 'AUTH',
      httpStatus: 403,
    });
  });

  test('that is not accepted ends the run', async () => {
    const { as } = setUp();
    for (const provider of [gitlabAccessTokens, gitlabDeployTokens]) {
      await expect(as(provider, 'glpat-wrong').list(app, signal)).rejects.toMatchObject({
        code: 'AUTH',
        httpStatus: 401,
        hint: expect.stringContaining('GITLAB_TOKEN'),
      });
    }
  });

  test.each(['17.9', '18.3'] as const)(
    'that is an access token creates no others, release %s',
    async (version) => {
      const { as, emulator } = setUp({ gitlabQuirks: { version } });
      const { secret, id } = emulator.gitlab.createAccessToken('project', 'team/app', { name: 'bot' });
      const access = as(gitlabAccessTokens, secret);
      expect(await access.inabilities?.(signal)).toEqual([
        { action: 'create', reason: expect.stringContaining('access token of a project or a group') },
      ]);
      expect(await access.ownToken?.(app, signal)).toBe(id);
      const deploy = as(gitlabDeployTokens, secret);
      expect(await deploy.inabilities?.(signal)).toEqual([]);
      expect(await deploy.ownToken?.(app, signal)).toBeUndefined();
      await deploy.create(app, { name: 'ci', scopes: ['read_registry'] }, mark(), signal);
    },
  );

  test('of a person can do everything', async () => {
    const { access, deploy } = setUp();
    expect(await access.inabilities?.(signal)).toEqual([]);
    expect(await deploy.inabilities?.(signal)).toEqual([]);
    expect(await access.credentialWarnings?.(signal)).toEqual([]);
  });

  test('without the scope api only reads', async () => {
    const { as } = setUp({ users });
    const reader = as(gitlabDeployTokens, 'glpat-reader');
    expect(await names(reader)).toEqual([]);
    expect(await reader.inabilities?.(signal)).toMatchObject([{ action: 'create' }, { action: 'delete' }]);
  });

  test('that soon ends is a warning', async () => {
    const { as } = setUp({ users });
    const client = as(gitlabDeployTokens, 'glpat-max');
    expect(await client.credentialWarnings?.(signal)).toEqual([
      'the token that signs in to GitLab ends on 2030-01-11',
    ]);
  });
});

describe('the registry', () => {
  const scopes = ['read_registry'];

  test('has the host of a project, with its port', async () => {
    const { deploy } = setUp({ gitlabQuirks: { registryHost: 'registry.example:5050' } });
    expect(await deploy.details(app, signal)).toEqual({ host: 'registry.example:5050' });
    expect(await deploy.details(team, signal)).toEqual({ host: 'registry.example:5050' });
    expect(await deploy.rejects?.(app, { scopes }, signal)).toBeUndefined();
  });

  test('of a group without projects is not known', async () => {
    const { deploy } = setUp();
    const empty = await deploy.resolve('group:empty', signal);
    await expect(deploy.details(empty, signal)).rejects.toMatchObject({
      code: 'SINK_FAILED',
      hint: expect.stringContaining('registry_host'),
    });
  });

  test('that is disabled rejects only tokens for it', async () => {
    const { deploy } = setUp({ project: { registry: false } });
    expect(await deploy.rejects?.(app, { scopes }, signal)).toContain('disabled');
    for (const scope of ['read_repository', 'read_virtual_registry']) {
      expect(await deploy.rejects?.(app, { scopes: [scope] }, signal)).toBeUndefined();
    }
  });

  test('that the installation lacks rejects only tokens for it: the others log in to GitLab itself', async () => {
    const { deploy } = setUp({ gitlabQuirks: { registryHost: 'absent' } });
    expect(await deploy.details(app, signal)).toEqual({ host: 'gitlab.example' });
    expect(await deploy.rejects?.(app, { scopes: ['read_repository'] }, signal)).toBeUndefined();
    expect(await deploy.rejects?.(app, { scopes }, signal)).toContain('disabled');
  });

  test('of another service is not used', async () => {
    const { deploy } = setUp({ gitlabQuirks: { registryHost: 'ghcr.io' } });
    await expect(deploy.details(app, signal)).rejects.toMatchObject({
      code: 'SINK_FAILED',
      message: expect.stringContaining('ghcr.io'),
    });
  });
});
