import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { reconcile } from '../support/cli.ts';
import { servedEmulator, writes } from '../support/emulator.ts';
import { folderWith } from '../support/folder.ts';

type Variables = Readonly<Record<string, string>>;

/** Exports into `tokens.yaml`, and plans on that. */
async function exported(cwd: string, env: Variables, ...args: readonly string[]) {
  const export_ = await reconcile(['export', ...args], { cwd, env });
  await writeFile(join(cwd, 'tokens.yaml'), export_.stdout);
  const plan = await reconcile(['plan', '--detailed-exitcode', '--format', 'json'], { cwd, env });
  return { ...export_, plan: { ...plan, ...JSON.parse(plan.stdout) } };
}

const registryToken = (index: number) => ({
  name: `token-${index}`,
  status: index % 5 === 0 ? 'disabled' : 'enabled',
  ...(index % 3 === 0 && { expiryDate: `2098-01-01T00:00:${String(index % 60).padStart(2, '0')}.500Z` }),
  scopes:
    index % 7 === 0
      ? []
      : [
          { type: 'repository', name: `app-${index}`, actions: ['push', 'pull'] },
          { type: 'registry', name: '*', actions: ['list'] },
        ],
});
const tokens = Array.from({ length: 150 }, (_, index) => registryToken(index));
const two = JSON.stringify({
  ionos: {
    registries: [
      { name: 'team-a', tokens: tokens.slice(0, 110) },
      { name: 'team-b', tokens: tokens.slice(110) },
    ],
  },
});

test.each(['text', 'json'])(
  '150 tokens of two registries, exported as %s, plan to nothing',
  async (format) => {
    const emulator = await servedEmulator(two, {
      quirks: { dateStyle: 'zoneless', emptyScopes: 'absent', pageCap: 40 },
    });
    const cwd = await folderWith({});
    const { code, stderr, plan } = await exported(cwd, emulator.env, '--format', format);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(plan).toMatchObject({ code: 0, stderr: '', summary: { noop: 150 } });
    expect(plan.changes).toHaveLength(150);
    expect(plan.changes.filter(({ action }: { action: string }) => action !== 'noop')).toEqual([]);
    expect(writes(emulator)).toEqual([]);
  },
);

test('only what is asked for is exported: one registry stands in the defaults', async () => {
  const emulator = await servedEmulator(two);
  const cwd = await folderWith({});
  const { stdout, plan } = await exported(cwd, emulator.env, '--registry', 'team-b');
  expect(stdout).toContain('\ndefaults:\n  registry_token:\n    registry: team-b\n');
  expect(stdout).toContain('Custody is therefore unknown');
  expect(plan).toMatchObject({ code: 0, summary: { noop: 40 } });
});

const pulls = [{ type: 'TYPE_REPO', path: 'acme/*', scopes: ['scope-image-pull'] }];
const hub = JSON.stringify({
  docker_hub: {
    users: [
      {
        name: 'emulator',
        tokens: [
          { token_label: 'null', scopes: ['repo:write', 'repo:read'] },
          { token_label: 'twin', scopes: ['repo:read'] },
          { token_label: 'twin', scopes: ['repo:admin'], is_active: false },
          { token_label: 'old client' },
          { token_label: 'over', scopes: ['repo:read'], expires_at: '2026-01-31T00:00:00Z' },
          { token_label: 'Docker Desktop', scopes: ['repo:admin'], generated_by: 'desktop' },
        ],
      },
    ],
    organizations: [
      {
        name: 'acme',
        tokens: [
          { label: 'deploy', description: 'of ${env:HOME}:\n  - kind: "x" # \u001b[2J', resources: pulls },
          { label: '2027-06-30', resources: pulls, expires_in: '90d' },
          { label: 'bare', resources: [] },
        ],
      },
    ],
  },
});

test('what is there on Docker Hub is exported as far as it can be declared, and the rest told of', async () => {
  const emulator = await servedEmulator(hub);
  const cwd = await folderWith({});
  const kinds = ['docker_hub_personal_token', 'docker_hub_org_token'].flatMap((kind) => ['--kind', kind]);
  const { code, stdout, stderr, plan } = await exported(cwd, emulator.hubEnv, ...kinds, '--org', 'acme');
  expect(code).toBe(0);
  expect(plan).toMatchObject({ code: 0, summary: { noop: 7, error: 0 }, changes: expect.any(Array) });
  expect(stdout.match(/^ {4}uuid: /gm)).toHaveLength(2);
  for (const told of [
    'docker_hub_personal_token:over is left out: it has expired',
    'docker_hub_personal_token:Docker Desktop is left out: the service created it',
    'docker_hub_personal_token:old client: scopes is left out',
    'docker_hub_org_token:acme/bare: resources is left out',
  ]) {
    expect(stderr).toContain(`warning: ${told}`);
    expect(stdout).toContain(`  # ${told}`);
  }
  expect(stdout).not.toContain('\u001b');
});

test('an adopted token is recreated if its secret is wanted', async () => {
  const emulator = await servedEmulator(
    '{ ionos: { registries: [{ name: team-a, tokens: [{ name: ci, status: disabled }] }] } }',
  );
  const cwd = await folderWith({});
  const { stdout } = await exported(cwd, emulator.env);
  await writeFile(join(cwd, 'tokens.yaml'), `${stdout}    secret: [{ file: { path: ci.json } }]\n`);
  const args = ['apply', '-y', '--replace', 'registry_token:team-a/ci'];
  expect((await reconcile(args, { cwd, env: emulator.env })).code).toBe(0);
  expect(emulator.tokens('team-a')).toMatchObject([{ name: 'ci', status: 'disabled' }]);
  const again = await exported(cwd, emulator.env);
  expect(again.plan).toMatchObject({ code: 0, changes: [{ action: 'noop', custody: 'held' }] });
});

test('a token that a replace has left over is not declared: the next apply deletes it', async () => {
  const emulator = await servedEmulator(
    '{ docker_hub: { users: [{ name: emulator, tokens: [{ token_label: ci, scopes: [repo:write] }] }] } }',
    { fault: ({ method }) => (method === 'DELETE' ? 'error_before' : 'none') },
  );
  const cwd = await folderWith({
    'tokens.yaml': `apiVersion: reconcile/v1
tokens:
  - kind: docker_hub_personal_token
    token_label: ci
    scopes: [repo:read]
    allow_replace: true
    secret: [{ file: { path: ci.json } }]
`,
  });
  expect((await reconcile(['apply', '-y'], { cwd, env: emulator.hubEnv })).code).toBe(4);
  const { stdout, plan } = await exported(cwd, emulator.hubEnv);
  expect(stdout).toContain('docker_hub_personal_token:ci is left out: it was replaced');
  expect(plan.summary).toMatchObject({ noop: 1, delete: 1, error: 0 });
});

test('where nothing is live the manifest is empty, and where it can’t be told nothing is printed', async () => {
  const emulator = await servedEmulator('ionos: { registries: [{ name: team-a }] }');
  const cwd = await folderWith({});
  const { stdout, plan } = await exported(cwd, emulator.env);
  expect(stdout).toMatch(/\ntokens: \[\]\n$/);
  expect(plan).toMatchObject({ code: 0, changes: [] });
  const missing = await reconcile(['export', '--registry', 'team-x'], { cwd, env: emulator.env });
  expect(missing).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('team-x') });
});
