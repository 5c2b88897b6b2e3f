import { expect, test } from 'vitest';
import { reconcile } from '../support/cli.ts';
import { servedEmulator, writes } from '../support/emulator.ts';
import { folderWith } from '../support/folder.ts';

const none = { IONOS_API_URL: 'http://127.0.0.1:1', IONOS_TOKEN: 'emulator' };

function manifest(tokens: string): Readonly<Record<string, string>> {
  return { 'tokens.yaml': `apiVersion: reconcile/v1\ntokens:\n${tokens}\n` };
}

const registries = (names: readonly string[], tokens = ''): string =>
  `ionos:\n  registries:\n${names
    .map(
      (name, index) =>
        `    - { id: 00000000-0000-4000-8000-00000000000${index}, name: ${name}, tokens: [${tokens}] }`,
    )
    .join('\n')}\n`;

test('25 tokens over 3 registries are made, and are as declared although the server spells everything otherwise', async () => {
  const emulator = await servedEmulator(registries(['team-a', 'team-b', 'team-c']), {
    quirks: { dateStyle: 'zoneless', pageCap: 7 },
  });
  const tokens = Array.from(
    { length: 25 },
    (_, index) => `
  - kind: registry_token
    registry: team-${'abc'[index % 3]}
    name: token-${index}
    scopes:
      - { type: repository, name: z-app, actions: [push, pull] }
      - { type: repository, name: app, actions: [delete, pull, push] }
    expiry_date: 2098-0${(index % 9) + 1}-01T12:30:00+02:00
    status: ${index % 2 ? 'enabled' : 'disabled'}
    secret: [{ file: { path: ${index}.json } }]`,
  );
  const cwd = await folderWith(manifest(tokens.join('')));
  expect((await reconcile(['apply', '-y'], { cwd, env: emulator.env })).code).toBe(0);
  const before = writes(emulator).length;
  const again = await reconcile(['plan', '--format', 'json'], { cwd, env: emulator.env });
  const plan = JSON.parse(again.stdout);
  expect(plan.summary).toMatchObject({ noop: 25, create: 0, patch: 0, error: 0 });
  expect(plan.changes.map(({ action }: { action: string }) => action)).toEqual(Array(25).fill('noop'));
  expect(before).toBe(25);
  expect(writes(emulator)).toHaveLength(25);
});

test('the token at place 230 of 250 is found', async () => {
  const many = Array.from({ length: 250 }, (_, index) => `{ name: token-${index} }`).join(', ');
  const emulator = await servedEmulator(registries(['team-a'], many));
  const cwd = await folderWith(manifest('  - { kind: registry_token, registry: team-a, name: token-229 }'));
  const { stdout } = await reconcile(['plan', '--format', 'json'], { cwd, env: emulator.env });
  expect(JSON.parse(stdout).changes).toMatchObject([
    { action: 'noop', id: emulator.tokens('team-a')[229]?.id },
  ]);
});

test('registries that are given by ID are not listed', async () => {
  const emulator = await servedEmulator(registries(['team-a']));
  const cwd = await folderWith(
    manifest(
      '  - { kind: registry_token, registry: 00000000-0000-4000-8000-000000000000, name: new, secret: discard }',
    ),
  );
  expect((await reconcile(['plan', '--detailed-exitcode'], { cwd, env: emulator.env })).code).toBe(2);
  expect(emulator.requests.map(({ path }) => path)).toEqual([
    '/containerregistries/registries/00000000-0000-4000-8000-000000000000/tokens?offset=0&limit=100',
  ]);
});

test('six mistakes give six located messages before any request', async () => {
  const cwd = await folderWith(
    manifest(`
  - { kind: registry_token, registry: team-a, name: -bad }
  - { kind: registry_token, registry: team-a, name: good, stauts: enabled }
  - { kind: registry_token, registry: team-a, name: other, status: on }
  - { kind: registry_token, name: nowhere }
  - { kind: registry_token, registry: team-a, name: when, expiry_date: tomorrow }
  - { kind: registry_token, registry: team-a, name: why, scopes: all }`),
  );
  const { code, stdout, stderr } = await reconcile(['plan', '--format', 'json'], { cwd, env: none });
  expect(code).toBe(1);
  const { errors } = JSON.parse(stdout);
  expect(
    errors.map(({ source }: { source: { file: string; line: number } }) => `${source.file}:${source.line}`),
  ).toEqual([
    'tokens.yaml:4',
    'tokens.yaml:5',
    'tokens.yaml:6',
    'tokens.yaml:7',
    'tokens.yaml:8',
    'tokens.yaml:9',
  ]);
  for (const line of [4, 5, 6, 7, 8, 9]) expect(stderr).toContain(`tokens.yaml:${line}:`);
});

test('what is wrong with registries and credentials is said together with what to do', async () => {
  const emulator = await servedEmulator(`
ionos:
  registries:
    - { id: 00000000-0000-4000-8000-000000000001, name: twin }
    - { id: 00000000-0000-4000-8000-000000000002, name: twin }
`);
  const cwd = await folderWith(
    manifest(`
  - { kind: registry_token, registry: twin, name: one }
  - { kind: registry_token, registry: missing, name: two }
  - { kind: registry_token, registry: 00000000-0000-4000-8000-000000000009, name: three }`),
  );
  const { code, stdout } = await reconcile(['plan', '--format', 'json'], { cwd, env: emulator.env });
  expect(code).toBe(1);
  expect(JSON.parse(stdout).changes).toMatchObject([
    {
      error: { code: 'NOT_FOUND', message: expect.stringContaining('00000000-0000-4000-8000-000000000009') },
    },
    { error: { code: 'NOT_FOUND', message: expect.stringContaining('missing') } },
    {
      error: {
        code: 'AMBIGUOUS',
        message: expect.stringMatching(/2 registries.*000000001.*000000002/),
        hint: expect.stringContaining('ID'),
      },
    },
  ]);

  const wrong = await reconcile(['plan', '--format', 'json'], {
    cwd,
    env: { ...emulator.env, IONOS_TOKEN: 'wrong-token-entirely' },
  });
  expect(wrong.code).toBe(1);
  expect(JSON.parse(wrong.stdout).errors).toMatchObject([
    { code: 'AUTH', http_status: 401, hint: expect.stringContaining('IONOS_TOKEN') },
  ]);
  expect(wrong.stdout + wrong.stderr).not.toContain('wrong-token-entirely');

  const powerless = await reconcile(['plan'], {
    cwd,
    env: { ...emulator.env, IONOS_TOKEN: 'emulator-unprivileged' },
  });
  expect(powerless.code).toBe(1);
  expect(powerless.stderr).toContain('privilege to manage registries');
});

test('a token that is protected is not deleted', async () => {
  const emulator = await servedEmulator(registries(['team-a'], '{ name: precious }'));
  const cwd = await folderWith(
    manifest(
      '  - { kind: registry_token, registry: team-a, state: absent, registry_token: precious, protected: true }',
    ),
  );
  const plan = await reconcile(['plan', '--format', 'json'], { cwd, env: emulator.env });
  expect(plan.code).toBe(3);
  expect(JSON.parse(plan.stdout).guards).toMatchObject([{ code: 'PLAN_UNSAFE' }]);
  expect((await reconcile(['apply', '-y'], { cwd, env: emulator.env })).code).toBe(3);
  expect(writes(emulator)).toEqual([]);
});

test('list shows the live tokens of all registries, filtered', async () => {
  const emulator = await servedEmulator(
    registries(['team-a', 'team-b'], '{ name: on }, { name: off, status: disabled }'),
  );
  const cwd = await folderWith({});
  const { stdout } = await reconcile(['list', '--format', 'json', '--filter', 'properties.status=disabled'], {
    cwd,
    env: emulator.env,
  });
  expect(JSON.parse(stdout)).toMatchObject({
    version: 1,
    tokens: [
      {
        address: 'registry_token:team-a/off',
        registry_token: { properties: { name: 'off', credentials: { username: 'off' } } },
      },
      { address: 'registry_token:team-b/off' },
    ],
  });
  expect((await reconcile(['list'], { cwd, env: emulator.env })).stdout).toContain('4 tokens');
});

test('list names a registry by its ID where its name means another one too, and none of them twice', async () => {
  const emulator = await servedEmulator(registries(['team-a', 'twin', 'twin'], '{ name: reader }'));
  const cwd = await folderWith({});
  const list = async (...args: readonly string[]) => {
    const { stdout } = await reconcile(['list', '--format', 'json', ...args], { cwd, env: emulator.env });
    return JSON.parse(stdout).tokens.map(({ address }: { address: string }) => address);
  };
  expect(await list()).toEqual([
    'registry_token:00000000-0000-4000-8000-000000000001/reader',
    'registry_token:00000000-0000-4000-8000-000000000002/reader',
    'registry_token:team-a/reader',
  ]);
  expect(await list('--registry', 'team-a', '--registry', '00000000-0000-4000-8000-000000000000')).toEqual([
    'registry_token:team-a/reader',
  ]);
});

test('a filter by an unknown field reports it and suggests a field', async () => {
  const emulator = await servedEmulator(registries(['team-a'], '{ name: reader }'));
  const cwd = await folderWith({});
  const list = (filter: string) => reconcile(['list', '--filter', filter], { cwd, env: emulator.env });
  expect(await list('properties.stauts=enabled')).toEqual({
    code: 0,
    stdout: '0 tokens\n',
    stderr: expect.stringMatching(
      /properties\.stauts: no listed token[\s\S]*did you mean properties\.status\?/,
    ),
  });
  expect(await list('properties.expiryDate=null')).toMatchObject({
    stdout: expect.stringMatching(/1 token\n$/),
    stderr: '',
  });
  expect(await list('custody=unknown')).toMatchObject({ stdout: expect.stringMatching(/1 token\n$/) });
  expect(await list('properties')).toMatchObject({ code: 1, stderr: expect.stringContaining('FIELD=VALUE') });
});
