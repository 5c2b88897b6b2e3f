import { describe, expect, it, test } from 'vitest';
import { deployToken } from '../../src/providers/gitlab/deploy-token.ts';
import { tokenKinds } from '../../src/providers/registry.ts';
import { load, manifest, messages, named, only } from './fixtures.ts';

describe('credentials in the clear', () => {
  test.each(['password', 'token'])('are accepted with a warning: %s', async (field) => {
    const loaded = await load(manifest(`${field}: hunter2`));
    expect(only(loaded).connection).toMatchObject({ [field]: 'hunter2' });
    expect(loaded.warnings).toMatchObject([
      {
        message: `${field} is written in plain text`,
        hint: expect.stringContaining('use a reference'),
        source: { line: 6 },
      },
    ]);
  });

  it('do not include references or an ordinary user name', async () => {
    const { warnings } = await load(manifest("password: '${env:P}'", 'username: me'));
    expect(warnings).toEqual([]);
  });

  test.each([
    { why: 'a warning about it', lines: ['password: hunter2'] },
    { why: 'a wrong type', lines: ['password: [hunter2]'] },
    { why: 'an unknown key of nearly that name', lines: ['passwort: hunter2'] },
    { why: 'another mistake on the line', lines: ['<<: { password: hunter2, nme: x }'] },
    { why: 'a malformed reference', lines: ['token: "${hunter2}"'] },
    { why: 'broken YAML', lines: ['password: hunter2: x'] },
    { why: 'a duplicate key', lines: ['password: x', 'password: hunter2'] },
    { why: 'several lines', lines: ['password: "x', '  hunter2"', 'nme: x'] },
  ])('are shown in no excerpt and no message: $why', async ({ lines }) => {
    const { errors, warnings } = await load(manifest(...lines));
    expect([...errors, ...warnings]).not.toEqual([]);
    expect(JSON.stringify([...errors, ...warnings])).not.toContain('hunter2');
  });
});

describe('api_url', () => {
  const given = {
    env: { IONOS_API_URL: 'https://ionos.example.com/registries' },
    allowHosts: ['Proxy.example.com', 'proxy.example.com:8443'],
  };
  test.each([
    { why: "the service's own host", url: 'https://api.ionos.com' },
    { why: "the service's own host, another path", url: 'https://api.ionos.com/other' },
    { why: 'the host of IONOS_API_URL', url: 'https://ionos.example.com' },
    { why: 'a loopback address', url: 'http://127.0.0.1:8080' },
    { why: 'this machine', url: 'http://localhost:8080' },
    { why: 'named by --allow-host', url: 'https://proxy.example.com' },
    { why: 'named with its port', url: 'https://proxy.example.com:8443' },
  ])('is taken: $why', async ({ url }) => {
    expect(only(await load(manifest(`api_url: ${url}`), given)).connection.api_url).toBe(url);
  });

  test.each([
    {
      why: 'any other host',
      url: 'https://evil.example.com',
      message: 'the host evil.example.com is not allowed: credentials would be sent to it',
    },
    {
      why: 'a host that only begins like ours',
      url: 'https://api.ionos.com.evil.example',
      message: 'the host api.ionos.com.evil.example is not allowed: credentials would be sent to it',
    },
    {
      why: 'another port',
      url: 'https://api.ionos.com:8443',
      message: 'the host api.ionos.com:8443 is not allowed: credentials would be sent to it',
    },
    {
      why: 'credentials before the host',
      url: 'https://api.ionos.com@evil.example.com',
      message: "this address can't be used: it holds credentials",
    },
    { why: 'plain http', url: 'http://api.ionos.com', message: expect.stringContaining('only over https') },
  ])('is refused: $why', async ({ url, message }) => {
    const { errors } = await load(manifest(`api_url: ${url}`), given);
    expect(errors).toMatchObject([{ code: 'MANIFEST_INVALID', message, source: { line: 6, column: 14 } }]);
  });

  it('is rejected in the defaults, too', async () => {
    const { errors } = await load(`apiVersion: reconcile/v1
defaults: { registry_token: { registry: team-a, api_url: https://evil.example.com } }
tokens: [{ kind: registry_token, name: ci-push }]
`);
    expect(errors).toMatchObject([{ source: { line: 2, path: 'defaults.registry_token.api_url' } }]);
  });
});

describe('registry tokens', () => {
  test.each([
    { why: 'a digit first', name: '1abc', level: 'error' },
    { why: 'a dash at the end', name: 'abc-', level: 'error' },
    { why: 'an underscore', name: 'a_b', level: 'error' },
    { why: 'a space', name: 'a b', level: 'error' },
    { why: 'one character', name: 'a', level: 'error' },
    { why: '64 characters', name: `a${'b'.repeat(63)}`, level: 'error' },
    { why: 'upper case', name: 'CiPush', level: 'warning' },
    { why: 'two characters', name: 'ab', level: 'warning' },
    { why: '63 characters', name: `a${'b'.repeat(62)}`, level: 'none' },
    { why: 'three characters', name: 'a-1', level: 'none' },
  ])('of a name with $why: $level', async ({ name, level }) => {
    const { errors, warnings } = await load(named(`"${name}"`));
    expect([errors.length, warnings.length]).toEqual(
      level === 'error' ? [1, 0] : level === 'warning' ? [0, 1] : [0, 0],
    );
  });

  it('are warned of unknown types and actions of scopes, which are sent as they are', async () => {
    const loaded = await load(manifest('scopes: [{ type: repo, name: app, actions: [pull, pul] }]'));
    expect(only(loaded).fields['scopes']).toEqual([{ type: 'repo', name: 'app', actions: ['pul', 'pull'] }]);
    expect(loaded.warnings.map(({ message, source }) => [message, source?.path])).toEqual([
      ['"repo" is not a known type of scope; it is sent unchanged', 'tokens[0].scopes[0].type'],
      ['"pul" is not a known action; it is sent unchanged', 'tokens[0].scopes[0].actions[1]'],
    ]);
  });

  test.each([
    {
      why: 'in the past',
      expiry: '2025-01-01T00:00:00Z',
      errors: [],
      warnings: ['2025-01-01T00:00:00Z is in the past'],
    },
    {
      why: 'within the hour',
      expiry: '2026-01-01T00:30:00Z',
      errors: [],
      warnings: [expect.stringContaining('less than an hour ahead')],
    },
    { why: 'never', expiry: 'never', errors: [], warnings: [] },
    { why: 'ahead', expiry: '2027-06-30T00:00:00Z', errors: [], warnings: [] },
    {
      why: 'without a zone',
      expiry: '2027-06-30T00:00:00',
      errors: ['expected an instant or never; found "2027-06-30T00:00:00"'],
      warnings: [],
    },
    {
      why: 'without a time',
      expiry: '2027-06-30',
      errors: ['expected an instant or never; found "2027-06-30"'],
      warnings: [],
    },
    {
      why: 'on no day',
      expiry: '2027-02-30T00:00:00Z',
      errors: ['expected an instant or never; found "2027-02-30T00:00:00Z"'],
      warnings: [],
    },
  ])('with an expiry $why', async ({ expiry, errors, warnings }) => {
    const loaded = await load(manifest(`expiry_date: ${expiry}`));
    expect(messages(loaded.errors)).toEqual(errors);
    expect(messages(loaded.warnings)).toEqual(warnings);
  });
});

describe('a field of a kind', () => {
  const declarations = [deployToken];
  const entry = (...lines: readonly string[]) =>
    load(
      manifest(...lines)
        .replace('registry_token', deployToken.kind)
        .replace('registry: team-a', 'project: team/app'),
      { declarations },
    );

  it('with the name of a credential is no credential', async () => {
    const { fields, connection } = only(await entry('username: ci', 'token: ${env:TOKEN}'));
    expect(fields).toMatchObject({ username: 'ci' });
    expect(connection).toMatchObject({ token: '${env:TOKEN}' });
    expect(connection).not.toHaveProperty('username');
  });

  it('can name the host of logins', async () => {
    expect(only(await entry('registry_host: Registry.example.com:5050'))).toMatchObject({
      registryHost: 'registry.example.com:5050',
    });
    expect(only(await entry())).not.toHaveProperty('registryHost');
  });
});

describe('a scope or an ID that would lead a request elsewhere is rejected before any request', () => {
  const rows = [
    'gitlab_deploy_token, group: .., name: a',
    'gitlab_deploy_token, group: my-group/., name: a',
    'gitlab_access_token, project: my-group/../other, name: a',
    'gitlab_access_token, project: .., name: a',
    'harbor_robot, project: .., name: a, access: ["repository:pull"]',
    'harbor_robot, level: system, name: a, permissions: [{ kind: project, namespace: .., access: ["repository:pull"] }]',
    'docker_hub_org_token, org: .., label: a',
    'docker_hub_org_token, org: acme, id: ..',
    'docker_hub_personal_token, uuid: .',
    'registry_token, registry: .., name: ci',
    'registry_token, registry: a, registry_token: .., state: absent',
  ];
  const given = { declarations: tokenKinds, env: { RECONCILE_VAR_UP: '..' } };
  const isRejected = expect.stringMatching(/^invalid \w+( for kind "project")?: /);

  test.each(rows)('%s', async (entry) => {
    const { errors } = await load(`apiVersion: reconcile/v1\ntokens: [{ kind: ${entry} }]`, given);
    expect(errors).toMatchObject([
      { code: 'MANIFEST_INVALID', message: isRejected, hint: expect.any(String) },
    ]);
  });

  it('from defaults, variables and prune rules as well', async () => {
    const text = `apiVersion: reconcile/v1
defaults: { harbor_robot: { project: "\${env:RECONCILE_VAR_UP}" } }
tokens: [{ kind: harbor_robot, name: a, access: ["repository:pull"] }]
prune: [{ kind: gitlab_deploy_token, group: a/.., match: "*" }]
`;
    expect(messages((await load(text, given)).errors)).toEqual([isRejected, isRejected]);
  });

  it('but not dots within a name, and not in the pattern of a prune rule', async () => {
    const text = `apiVersion: reconcile/v1
tokens: [{ kind: gitlab_deploy_token, group: a..b/.c, name: a, scopes: [read_registry], secret: discard }]
prune: [{ kind: registry_token, registry: team-a, match: ".." }]
`;
    expect((await load(text, given)).errors).toEqual([]);
  });
});
