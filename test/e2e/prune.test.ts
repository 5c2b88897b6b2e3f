import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { reconcile } from '../support/cli.ts';
import { servedEmulator, writes } from '../support/emulator.ts';
import { folderWith } from '../support/folder.ts';

const names = Array.from({ length: 12 }, (_, index) => `ci-${index}`);
const seed = `ionos: { registries: [{ name: team-a, tokens: [${names.map((name) => `{ name: ${name} }`).join(', ')}, { name: deploy }] }] }`;

const entries = (...wanted: readonly string[]): string =>
  wanted.map((name) => `  - { kind: registry_token, registry: team-a, name: ${name} }\n`).join('');
const prune = `apiVersion: reconcile/v1
defaults: { registry_token: { registry: team-a } }
prune:
  - { kind: registry_token, match: "ci-*" }
`;

test('what no manifest declares and the pattern covers is deleted, and nothing else', async () => {
  const emulator = await servedEmulator(seed);
  const cwd = await folderWith({
    'prune.yaml': prune,
    'tokens.yaml': `apiVersion: reconcile/v1\ntokens:\n${entries(...names.slice(0, 10))}`,
  });
  const plan = await reconcile(['plan', '--format', 'json'], { cwd, env: emulator.env });
  expect(plan.code).toBe(0);
  const { changes } = JSON.parse(plan.stdout);
  expect(changes.filter(({ action }: { action: string }) => action === 'delete')).toMatchObject([
    { address: 'registry_token:team-a/ci-10', source: { file: 'prune.yaml', line: 4 } },
    { address: 'registry_token:team-a/ci-11' },
  ]);
  expect((await reconcile(['apply', '-y'], { cwd, env: emulator.env })).code).toBe(0);
  expect(emulator.tokens('team-a').map(({ name }) => name)).toEqual([...names.slice(0, 10), 'deploy']);
});

test.each([
  { why: 'all tokens are gone from the manifests', files: { 'prune.yaml': prune } },
  {
    why: 'most of them are',
    files: {
      'prune.yaml': prune,
      'tokens.yaml': `apiVersion: reconcile/v1\ntokens:\n${entries('ci-0', 'ci-1')}`,
    },
  },
])('a folder that was emptied by mistake deletes nothing: $why', async ({ files }) => {
  const emulator = await servedEmulator(seed);
  const cwd = await folderWith(files);
  for (const command of [['plan'], ['apply', '-y']]) {
    const { code, stdout } = await reconcile(command, { cwd, env: emulator.env });
    expect(code).toBe(3);
    expect(stdout).toMatch(/refused: .*--max-deletes/s);
  }
  expect(writes(emulator)).toEqual([]);
  expect((await reconcile(['apply', '-y', '--max-deletes', '12'], { cwd, env: emulator.env })).code).toBe(0);
});

test.each([
  { why: 'a kind that is none', rule: '{ kind: registry, match: "*" }', column: 13 },
  { why: 'no pattern', rule: '{ kind: registry_token, registry: team-a }', column: 5 },
  { why: 'no registry', rule: '{ kind: registry_token, match: "*" }', column: 5 },
  {
    why: 'a field of tokens',
    rule: '{ kind: registry_token, registry: a, match: "*", name: x }',
    column: 54,
  },
])('a rule is checked like all else: $why', async ({ rule, column }) => {
  const cwd = await folderWith({ 'a.yaml': `apiVersion: reconcile/v1\nprune:\n  - ${rule}\n` });
  const { code, stderr } = await reconcile(['validate'], { cwd });
  expect(code).toBe(1);
  expect(stderr).toContain(`a.yaml:3:${column}: error`);
});

test('a token of another account that bears the name of a declared one is another token', async () => {
  const emulator = await servedEmulator(
    '{ docker_hub: { users: [{ name: other, tokens: [{ token_label: mine }, { token_label: keep }] }] } }',
  );
  const cwd = await folderWith({
    'a.yaml': `apiVersion: reconcile/v1
tokens: [{ kind: docker_hub_personal_token, token_label: mine, scopes: [repo:read], secret: [{ file: { path: mine.json } }] }]
---
apiVersion: reconcile/v1
defaults: { docker_hub_personal_token: { username: other, password: "\${env:OTHER}" } }
prune: [{ kind: docker_hub_personal_token, match: mine }]
tokens: [{ kind: docker_hub_personal_token, token_label: keep }]
`,
  });
  const env = { ...emulator.hubEnv, OTHER: 'other' };
  const { code, stdout } = await reconcile(['apply', '-y', '--format', 'json'], { cwd, env });
  expect(code).toBe(0);
  const actions = JSON.parse(stdout).results.map(
    ({ address, action }: { address: string; action: string }) => [address.replace(/\(.*\)/, '(ID)'), action],
  );
  expect(actions).toEqual([
    ['docker_hub_personal_token:keep', 'noop'],
    ['docker_hub_personal_token:mine', 'create'],
    ['docker_hub_personal_token:mine (ID)', 'delete'],
  ]);
  expect(JSON.parse(await readFile(join(cwd, 'mine.json'), 'utf8')).username).toBe('emulator');
  expect((await reconcile(['plan', '--detailed-exitcode'], { cwd, env })).code).toBe(0);
});

test('no secret is written over a manifest, though it only prunes', async () => {
  const emulator = await servedEmulator(seed);
  const cwd = await folderWith({
    'prune.yaml': prune,
    'tokens.yaml': `apiVersion: reconcile/v1\ntokens:\n${entries(...names)}${entries('new').replace(' }', ', scopes: [], secret: [{ file: { path: prune.yaml } }] }')}`,
  });
  const { code, stdout } = await reconcile(['apply', '-y'], { cwd, env: emulator.env });
  expect(code).toBe(1);
  expect(stdout.replace(/\s+/g, ' ')).toContain('reconcile itself reads or writes that file');
  expect(await readFile(join(cwd, 'prune.yaml'), 'utf8')).toBe(prune);
});

describe('--target', () => {
  const files = {
    'prune.yaml': prune,
    'tokens.yaml': `apiVersion: reconcile/v1\ntokens:\n${entries(...names.slice(0, 9))}${entries('deploy').replace(' }', ', status: disabled }')}`,
  };

  test('aims at some addresses: all else is left alone, and what is declared there is not pruned', async () => {
    const emulator = await servedEmulator(seed);
    const cwd = await folderWith(files);
    const target = (pattern: string) =>
      reconcile(['apply', '-y', '--format', 'json', '--target', pattern], { cwd, env: emulator.env });
    const one = await target('*/ci-9');
    expect(one.code).toBe(0);
    expect(JSON.parse(one.stdout).results).toMatchObject([
      { address: 'registry_token:team-a/ci-9', action: 'delete' },
    ]);
    const other = await target('registry_token:team-a/d*');
    expect(JSON.parse(other.stdout).results).toMatchObject([
      { address: 'registry_token:team-a/deploy', action: 'patch' },
    ]);
    expect(emulator.tokens('team-a')).toHaveLength(12);
  });

  test('that aims at nothing is a mistake', async () => {
    const emulator = await servedEmulator(seed);
    const cwd = await folderWith({ 'tokens.yaml': files['tokens.yaml'] });
    expect(
      await reconcile(['plan', '--target', 'registry_token:team-b/*'], { cwd, env: emulator.env }),
    ).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('no address matches'),
    });
  });
});
