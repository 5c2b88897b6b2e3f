import { readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { reconcile } from '../support/cli.ts';
import { servedEmulator, writes } from '../support/emulator.ts';
import { folderWith } from '../support/folder.ts';

const seed = `
ionos:
  registries:
    - id: 00000000-0000-4000-8000-000000000001
      name: team-a
      tokens:
        - { name: deploy, status: enabled, expiryDate: 2099-01-01T00:00:00Z, scopes: [{ type: repository, name: app, actions: [pull, push] }] }
`;

function manifest(tokens: string): Readonly<Record<string, string>> {
  return { 'tokens.yaml': `apiVersion: reconcile/v1\ntokens:\n${tokens}` };
}

test('apply makes a token, puts its secret into the file, and the next plan has nothing to do', async () => {
  const emulator = await servedEmulator(seed);
  const cwd = await folderWith(
    manifest(`
  - kind: registry_token
    registry: team-a
    name: ci-push
    scopes: [{ type: repository, name: app, actions: [push, pull] }]
    expiry_date: 2098-06-30T02:00:00.5+02:00
    secret: [{ file: { path: ci-push.json } }]
`),
  );
  const applied = await reconcile(['apply', '-y', '--format', 'json', '--log-level', 'trace'], {
    cwd,
    env: emulator.env,
  });
  expect(applied.code).toBe(0);
  const [token] = emulator.tokens('team-a').filter(({ name }) => name === 'ci-push');
  const file = join(cwd, 'ci-push.json');
  expect(JSON.parse(await readFile(file, 'utf8'))).toMatchObject({
    kind: 'registry_token',
    address: 'registry_token:team-a/ci-push',
    id: token?.id,
    name: 'ci-push',
    registry: 'team-a.cr.de-fra.ionos.com',
    username: 'ci-push',
    password: token?.password,
    expires_at: '2098-06-30T00:00:00Z',
  });
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  expect(applied.stdout + applied.stderr).not.toContain(token?.password);
  expect(JSON.parse(applied.stdout)).toMatchObject({
    version: 1,
    changed: true,
    failed: false,
    summary: { create: 1, failed: 0, not_run: 0 },
    results: [
      { action: 'create', status: 'applied', id: token?.id, secret: { delivered_to: ['file:ci-push.json'] } },
    ],
  });

  const before = writes(emulator).length;
  const again = await reconcile(['plan', '--detailed-exitcode', '--format', 'json'], {
    cwd,
    env: emulator.env,
  });
  expect(again.code).toBe(0);
  const unchanged = [{ action: 'noop', custody: 'held', warnings: [] }];
  expect(JSON.parse(again.stdout).changes).toMatchObject(unchanged);

  await rm(join(cwd, '.reconcile'), { recursive: true });
  const withoutLedger = await reconcile(['plan', '--format', 'json'], { cwd, env: emulator.env });
  expect(JSON.parse(withoutLedger.stdout).changes).toMatchObject(unchanged);
  expect(writes(emulator)).toHaveLength(before);
});

test('changing the status sends the status and nothing else', async () => {
  const emulator = await servedEmulator(seed);
  const cwd = await folderWith(
    manifest('  - { kind: registry_token, registry: team-a, name: deploy, status: disabled }\n'),
  );
  expect((await reconcile(['apply', '-y'], { cwd, env: emulator.env })).code).toBe(0);
  const patches = emulator.requests.filter(({ method }) => method === 'PATCH');
  expect(patches.map(({ body }) => JSON.parse(body))).toEqual([{ status: 'disabled' }]);
  expect(emulator.tokens('team-a')[0]?.expiry).toBe(Date.parse('2099-01-01T00:00:00Z'));
});

test('a token that never expires is asked for with null, once', async () => {
  const emulator = await servedEmulator(seed);
  const cwd = await folderWith(
    manifest('  - { kind: registry_token, registry: team-a, name: deploy, expiry_date: never }\n'),
  );
  expect((await reconcile(['apply', '-y'], { cwd, env: emulator.env })).code).toBe(0);
  expect((await reconcile(['apply', '-y'], { cwd, env: emulator.env })).code).toBe(0);
  expect(emulator.requests.filter(({ method }) => method === 'PATCH').map(({ body }) => body)).toEqual([
    '{"expiryDate":null}',
  ]);
});

test('a rename without allow_replace is an error, and nothing is written', async () => {
  const emulator = await servedEmulator(seed);
  const cwd = await folderWith(
    manifest(
      '  - { kind: registry_token, state: update, registry: team-a, registry_token: deploy, name: release, secret: discard }\n',
    ),
  );
  const applied = await reconcile(['apply', '-y', '--format', 'json'], { cwd, env: emulator.env });
  expect(applied.code).toBe(1);
  expect(JSON.parse(applied.stdout).results).toMatchObject([
    { status: 'failed', error: { code: 'IMMUTABLE' } },
  ]);
  expect(writes(emulator)).toEqual([]);
});

test('a rename with allow_replace makes the new token, stores its secret, and then deletes the old one', async () => {
  const emulator = await servedEmulator(seed);
  const cwd = await folderWith(
    manifest(`
  - kind: registry_token
    state: update
    registry: team-a
    registry_token: deploy
    name: release
    allow_replace: true
    secret: [{ file: { path: release.txt, format: raw } }]
`),
  );
  const [old] = emulator.tokens('team-a');
  expect((await reconcile(['apply', '-y'], { cwd, env: emulator.env })).code).toBe(0);
  const tokens = '/containerregistries/registries/00000000-0000-4000-8000-000000000001/tokens';
  expect(writes(emulator)).toEqual([`POST ${tokens}`, `DELETE ${tokens}/${old?.id}`]);
  const [token] = emulator.tokens('team-a');
  expect(token).toMatchObject({
    name: 'release',
    status: 'enabled',
    expiry: old?.expiry,
    scopes: old?.scopes,
  });
  expect(await readFile(join(cwd, 'release.txt'), 'utf8')).toBe(token?.password);
  expect((await reconcile(['plan', '--detailed-exitcode'], { cwd, env: emulator.env })).code).toBe(0);
});

test('the demo plans, applies, and has nothing left to do', async () => {
  const cwd = await folderWith({});
  const demo = await reconcile(['demo'], { cwd });
  expect(demo.code).toBe(0);
  expect(demo.stdout).toContain('Plan: 6 to create, 4 to patch, 3 to replace, 2 to delete. 1 unchanged.');
  expect(demo.stdout).toContain('No changes. Tokens match the manifests. 16 unchanged.');
});
