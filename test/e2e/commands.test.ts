import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { reconcile } from '../support/cli.ts';
import { servedEmulator } from '../support/emulator.ts';
import { folderWith } from '../support/folder.ts';

const manifest = `apiVersion: reconcile/v1
tokens:
  - kind: registry_token
    registry: team-a
    name: ci-push
    scopes: [{ type: repository, name: app, actions: [pull] }]
    rotate: { every: 30d, lifetime: 45d, overlap: 1d }
    secret: [{ file: { path: secrets/ci-push.json } }]
`;

test('every command does its part, one after the other', async () => {
  const emulator = await servedEmulator('ionos: { registries: [{ name: team-a, tokens: [{ name: old }] }] }');
  const cwd = await folderWith({
    'tokens/tokens.yaml': manifest,
    'tokens/secrets/.gitignore': '*',
    'playbook.yml': '- registry_token: { registry: team-a, name: converted }\n  register: made\n',
  });
  const run = async (...args: readonly string[]): Promise<string> => {
    const { code, stdout, stderr } = await reconcile(args, { cwd, env: emulator.env });
    expect({ args, code, stdout, stderr }, stdout + stderr).toMatchObject({ code: 0 });
    return stdout;
  };
  expect(await run('--version')).toMatch(/^\d+\.\d+\.\d+/);
  expect(await run('help')).toContain('apply');
  expect(await run('validate', 'tokens')).toBe('Valid: 1 token.\n');
  expect(await run('doctor', 'tokens')).toContain('No problems found.');
  expect(await run('plan', 'tokens')).toContain('1 to create');
  expect(await run('plan', 'tokens', '--out', 'plan.json')).toContain('1 to create');
  expect(await run('apply', '--plan', 'plan.json')).toContain('1 created');
  expect(JSON.parse(await readFile(join(cwd, 'tokens/secrets/ci-push.json'), 'utf8'))).toHaveProperty(
    'password',
  );
  expect(await run('apply', 'tokens', '-y')).toContain('1 unchanged');
  expect(await run('rotate', 'registry_token:team-a/ci-push', '-y', '--file', 'tokens')).toContain(
    '1 created',
  );
  expect(await run('list')).toContain('ci-push');
  expect(await run('export')).toContain('name: old');
  expect(await run('audit', 'tokens')).toContain('old');
  expect(await run('spool', 'list')).toBeDefined();
  expect(await run('explain', 'registry_token.scopes')).toContain('scopes');
  expect(await run('completion', 'bash')).toContain('reconcile');
  expect(await run('convert', 'playbook.yml')).toContain('name: converted');
  expect(await run('init', '--service', 'ionos', '--ci', 'gitlab')).toContain('.gitlab-ci.yml');
});
