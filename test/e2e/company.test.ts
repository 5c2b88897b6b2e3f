import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import type { Emulator, NewToken } from '../../src/emulator/index.ts';
import { type Running, start } from '../crash/program.ts';
import { reconcile } from '../support/cli.ts';
import { servedEmulator, writes } from '../support/emulator.ts';
import { folderWith } from '../support/folder.ts';

const program = fileURLToPath(new URL('../../dist/reconcile.js', import.meta.url));
const seed = 'ionos: { registries: [{ name: team-a }] }';
const address = 'registry_token:team-a/ci-push';

const manifest = `apiVersion: reconcile/v1
tokens:
  - kind: registry_token
    registry: team-a
    name: ci-push
    status: enabled
    scopes: [{ type: repository, name: app, actions: [pull] }]
    secret: [{ file: { path: ci.json } }]
`;

/** A token of the name that the manifest declares, and with other rights. */
const theirs: NewToken = {
  name: 'ci-push',
  scopes: [{ type: 'repository', name: 'theirs', actions: ['push'] }],
};

function deletes(emulator: Emulator): readonly string[] {
  return writes(emulator).filter((write) => write.startsWith('DELETE'));
}

test('another run made the token between our listing and our create: an error, and nothing is deleted', async () => {
  const emulator = await servedEmulator(seed, {
    fault: ({ method }) => {
      if (method === 'POST') emulator.createAs('emulator', 'team-a', theirs);
      return 'none';
    },
  });
  const cwd = await folderWith({ 'tokens.yaml': manifest });
  const { code, stdout } = await reconcile(['apply', '-y', '--format', 'json'], { cwd, env: emulator.env });
  expect(code).toBe(1);
  expect(JSON.parse(stdout).results).toMatchObject([
    {
      status: 'failed',
      error: { http_status: 409, message: expect.stringContaining('the name ci-push is taken') },
    },
  ]);
  expect(deletes(emulator)).toEqual([]);
  expect(await readdir(join(cwd, '.reconcile/spool'))).toEqual([]);
});

test('a person’s token, made while our answer was lost, with other properties, is never deleted', async () => {
  const emulator = await servedEmulator(seed, {
    fault: ({ method, count }) => {
      if (method !== 'POST' || count > 1) return 'none';
      emulator.createAs('emulator', 'team-a', theirs);
      return 'drop_before';
    },
  });
  const cwd = await folderWith({ 'tokens.yaml': manifest });
  const args = ['apply', '-y', '--format', 'json', '--grace', '0'];
  const { code, stdout } = await reconcile(args, { cwd, env: emulator.env });
  const [token] = emulator.tokens('team-a');
  expect(code).toBe(1);
  expect(JSON.parse(stdout).results).toMatchObject([
    { error: { code: 'OUTCOME_UNKNOWN', message: expect.stringContaining(token?.id ?? '?') } },
  ]);
  expect(deletes(emulator)).toEqual([]);
  expect(emulator.tokens('team-a')).toEqual([token]);
});

test('killed before its create, while another run made the token: that token is left alone', async () => {
  let running: Running | undefined;
  const emulator = await servedEmulator(seed, {
    fault: ({ method }) => {
      if (method !== 'POST') return 'none';
      void running?.kill();
      emulator.createAs('emulator', 'team-a', theirs);
      return 'drop_before';
    },
  });
  const cwd = await folderWith({ 'tokens.yaml': manifest });
  running = start(program, ['apply', '-y'], { cwd, env: emulator.env });
  expect((await running.ended).signal).toBe('SIGKILL');
  expect(await readdir(join(cwd, '.reconcile/spool'))).toHaveLength(1);
  const [token] = emulator.tokens('team-a');

  const next = await reconcile(['apply', '-y', '--format', 'json'], { cwd, env: emulator.env });
  expect(next.code).toBe(1);
  expect(JSON.parse(next.stdout).results).toMatchObject([{ error: { code: 'OUTCOME_UNKNOWN' } }]);
  expect(deletes(emulator)).toEqual([]);
  expect(emulator.tokens('team-a')).toEqual([token]);
});

test('a deleted token that is still listed turns out gone when it is patched, and is recreated', async () => {
  const emulator = await servedEmulator(
    'ionos: { registries: [{ name: team-a, tokens: [{ name: ci-push, status: disabled }] }] }',
    { quirks: { listLag: 3_600_000 } },
  );
  const cwd = await folderWith({ 'tokens.yaml': manifest });
  emulator.deleteAs('team-a', emulator.tokens('team-a')[0]?.id ?? '');
  const { code, stdout } = await reconcile(['apply', '-y', '--format', 'json'], { cwd, env: emulator.env });
  expect(code).toBe(0);
  const [token] = emulator.tokens('team-a');
  expect(JSON.parse(stdout).results).toMatchObject([{ address, action: 'create', id: token?.id }]);
  expect(await readFile(join(cwd, 'ci.json'), 'utf8')).toContain(token?.password);
});
