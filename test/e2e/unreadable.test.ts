import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createEmulator, type Emulator } from '../../src/emulator/index.ts';
import { parseSeed } from '../../src/emulator/seed.ts';
import { serve } from '../../src/emulator/serve.ts';
import { reconcile } from '../support/cli.ts';
import { folderWith } from '../support/folder.ts';

const id = (number: number): string => `00000000-0000-4000-8000-00000000000${number}`;

const seed = JSON.stringify({
  ionos: {
    registries: [
      { id: id(1), name: 'team-a', tokens: [{ name: 'one' }] },
      { id: id(2), name: 'team-b', tokens: [{ name: 'two' }] },
    ],
  },
});

/** The embedded API, whose registries of these IDs can't be listed. */
async function site(
  statuses: Readonly<Record<string, number>>,
  files: Readonly<Record<string, string>> = {},
) {
  const emulator = createEmulator({ seed: parseSeed(seed) });
  const fetch: Emulator['fetch'] = async (request) => {
    const broken = Object.entries(statuses).find(([registry]) => request.url.includes(`${registry}/tokens`));
    if (!broken) return emulator.fetch(request);
    return Response.json({ messages: [{ message: 'no' }] }, { status: broken[1] });
  };
  const served = await serve({ fetch }, { port: 0 });
  onTestFinished(() => served.close());
  const cwd = await folderWith(files);
  const env = { IONOS_API_URL: served.url, IONOS_TOKEN: 'emulator' };
  return { cwd, emulator, run: (...args: readonly string[]) => reconcile(args, { cwd, env }) };
}

describe('one registry that is forbidden', () => {
  test.each([{ args: ['list'] }, { args: ['list', '--format', 'json'] }, { args: ['export'] }])(
    '$args shows the others, with a warning and exit 4',
    async ({ args }) => {
      const { run } = await site({ [id(2)]: 403 });
      const { code, stdout, stderr } = await run(...args);
      expect(code).toBe(4);
      expect(stdout).toContain('one');
      expect(stdout).not.toContain('two');
      expect(stderr).toContain('403');
    },
  );

  test('is not adopted, and init says so', async () => {
    const { cwd, run } = await site({ [id(2)]: 403 });
    const { code, stderr } = await run('init', '--service', 'ionos', '--adopt');
    expect(code).toBe(4);
    expect(stderr).toContain('403');
    expect(await readFile(join(cwd, 'tokens/tokens.yaml'), 'utf8')).toMatch(/name: one/);
  });

  test('is an error if it is all that was asked for', async () => {
    const { run } = await site({ [id(2)]: 403 });
    expect((await run('list', '--registry', 'team-b')).code).toBe(1);
    expect((await run('list', '--registry', 'team-a', '--registry', 'team-b')).code).toBe(4);
    expect((await run('list', '--registry', 'no-such', '--registry', 'team-a')).code).toBe(4);
  });

  test('is an error if nothing can be read', async () => {
    const { run } = await site({ [id(1)]: 403, [id(2)]: 403 });
    expect(await run('list')).toMatchObject({ code: 1, stdout: '' });
  });
});

describe('state: absent in a registry that is gone', () => {
  test.each([
    { why: 'by name', registry: 'team-c', statuses: {} },
    { why: 'by ID', registry: id(3), statuses: {} },
  ])('is done, with a warning: $why', async ({ registry, statuses }) => {
    const manifest = `apiVersion: reconcile/v1
tokens:
  - { kind: registry_token, registry: ${registry}, state: absent, registry_token: one }
`;
    const { run } = await site(statuses, { 't.yaml': manifest });
    const plan = await run('plan', '--detailed-exitcode', '--format', 'json');
    expect(plan.code).toBe(0);
    expect(JSON.parse(plan.stdout).changes).toMatchObject([
      { action: 'noop', warnings: [expect.any(String)] },
    ]);
    expect((await run('apply', '-y')).code).toBe(0);
  });

  test('is not done in one that can not be listed', async () => {
    const manifest = `apiVersion: reconcile/v1
tokens:
  - { kind: registry_token, registry: team-b, state: absent, registry_token: two }
`;
    const { emulator, run } = await site({ [id(2)]: 403 }, { 't.yaml': manifest });
    expect((await run('apply', '-y')).code).toBe(1);
    expect(emulator.tokens('team-b')).toHaveLength(1);
  });
});
