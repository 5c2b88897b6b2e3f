import { chmod, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { digest } from '../../src/core/util/digest.ts';
import { reconcile } from '../support/cli.ts';
import { servedEmulator, writes } from '../support/emulator.ts';
import { folderWith } from '../support/folder.ts';

const seed = `ionos: { registries: [{ id: 00000000-0000-4000-8000-000000000001, name: team-a, tokens: [
  { name: deploy, id: 00000000-0000-4000-8000-00000000000a }] }] }`;
const manifest = `apiVersion: reconcile/v1
defaults: { registry_token: { registry: team-a } }
tokens:
  - { kind: registry_token, name: deploy, status: disabled }
  - kind: registry_token
    name: ci
    scopes: [{ type: repository, name: app, actions: [pull] }]
    secret: [{ file: { path: ci.json } }]
`;

async function planned() {
  const emulator = await servedEmulator(seed);
  const cwd = await folderWith({ 'tokens/tokens.yaml': manifest });
  const run = (...args: readonly string[]) => reconcile(args, { cwd, env: emulator.env });
  expect(await run('plan', 'tokens', '--out', 'plan.json')).toMatchObject({
    code: 0,
    stderr: expect.stringContaining('reconcile apply --plan plan.json'),
  });
  return { emulator, cwd, run };
}

/** Changes the live token behind our back. */
async function byHand(url: string, properties: object): Promise<void> {
  const path = '/containerregistries/registries/00000000-0000-4000-8000-000000000001/tokens';
  const answer = await fetch(`${url}${path}/00000000-0000-4000-8000-00000000000a`, {
    method: 'PATCH',
    headers: { authorization: 'Bearer emulator', 'content-type': 'application/json' },
    body: JSON.stringify(properties),
  });
  expect(answer.status).toBe(200);
}

describe('a saved plan', () => {
  test('is carried out where nothing has changed, with the paths and options of then', async () => {
    const { emulator, cwd, run } = await planned();
    expect((await run('apply', '--plan', 'plan.json')).code).toBe(0);
    expect(
      emulator
        .tokens('team-a')
        .map(({ name }) => name)
        .sort(),
    ).toEqual(['ci', 'deploy']);
    const text = await readFile(join(cwd, 'plan.json'), 'utf8');
    const secret = JSON.parse(await readFile(join(cwd, 'tokens/ci.json'), 'utf8')).password;
    expect(text).not.toContain(secret);
  });

  test('is rejected if a token has changed since, with the difference', async () => {
    const { emulator, run } = await planned();
    await byHand(emulator.url, { status: 'disabled' });
    const before = writes(emulator).length;
    const { code, stderr } = await run('apply', '--plan', 'plan.json');
    expect(code).toBe(3);
    expect(stderr.replace(/\s+/g, ' ')).toContain(
      'registry_token:team-a/deploy: the reviewed plan has a patch of 00000000-0000-4000-8000-00000000000a (status: enabled → disabled); it would now be nothing',
    );
    expect(writes(emulator)).toHaveLength(before);
    const json = await run('apply', '--plan', 'plan.json', '--format', 'json');
    expect(JSON.parse(json.stdout).errors[0]).toMatchObject({ code: 'PLAN_STALE' });
  });

  test('is refused where the manifest has changed since', async () => {
    const { emulator, cwd, run } = await planned();
    await writeFile(join(cwd, 'tokens/tokens.yaml'), manifest.replace('disabled', 'enabled'));
    expect((await run('apply', '--plan', 'plan.json')).code).toBe(3);
    expect(writes(emulator)).toEqual([]);
  });

  test('is refused where it would go to another place: a create looks the same everywhere', async () => {
    const { cwd, run } = await planned();
    const other = await servedEmulator(seed);
    const { code, stderr } = await reconcile(['apply', '--plan', 'plan.json'], { cwd, env: other.env });
    expect(code).toBe(3);
    expect(stderr).toContain('the saved plan is for other scopes');
    expect(writes(other)).toEqual([]);
    expect((await run('apply', '--plan', 'plan.json')).code).toBe(0);
  });

  test.each([
    { why: 'another format of its file', to: '[{ file: { path: ci.json, format: raw } }]' },
    { why: 'a file that others may read', to: '[{ file: { path: ci.json, mode: "0644" } }]' },
    { why: 'another file', to: '[{ file: { path: other.json } }]' },
  ])('is refused where a secret would go elsewhere: $why', async ({ to }) => {
    const { emulator, cwd, run } = await planned();
    await writeFile(join(cwd, 'tokens/tokens.yaml'), manifest.replace('[{ file: { path: ci.json } }]', to));
    expect((await run('apply', '--plan', 'plan.json')).code).toBe(3);
    expect(writes(emulator)).toEqual([]);
  });

  test.each([
    { why: 'other credentials', from: 'status: disabled', to: 'status: disabled, token: "${env:OTHER}"' },
    {
      why: 'another reference for them',
      first: 'status: disabled, token: "${env:ONE}"',
      from: 'env:ONE',
      to: 'env:OTHER',
    },
    {
      why: 'another reference for a user name that comes to the same',
      first: 'status: disabled, username: "${env:ONE}", password: "${env:ONE}"',
      from: 'username: "${env:ONE}"',
      to: 'username: "${env:OTHER}"',
    },
    {
      why: 'an address of its own, if the same one',
      from: 'status: disabled',
      to: 'status: disabled, api_url: "${env:RECONCILE_VAR_URL}"',
    },
    {
      why: 'protection that is gone',
      first: 'status: disabled, protected: true',
      from: ', protected: true',
      to: '',
    },
    { why: 'leave to replace', from: 'status: disabled', to: 'status: disabled, allow_replace: true' },
  ])('is refused where it would be carried out otherwise: $why', async ({ first, from, to }) => {
    const emulator = await servedEmulator(seed);
    const before = manifest.replace('status: disabled', first ?? 'status: disabled');
    const cwd = await folderWith({ 'tokens/tokens.yaml': before });
    const env = { ...emulator.env, ONE: 'emulator', OTHER: 'emulator', RECONCILE_VAR_URL: emulator.url };
    const run = (...args: readonly string[]) => reconcile(args, { cwd, env });
    expect((await run('plan', 'tokens', '-o', 'plan.json')).code).toBe(0);
    await writeFile(join(cwd, 'tokens/tokens.yaml'), before.replace(from, to));
    const { code, stderr } = await run('apply', '-y', '--plan', 'plan.json');
    expect(stderr).toContain('but their options differ');
    expect(code).toBe(3);
    expect(writes(emulator)).toEqual([]);
    await writeFile(join(cwd, 'tokens/tokens.yaml'), before);
    expect((await run('apply', '-y', '--plan', 'plan.json')).code).toBe(0);
  });

  describe('knows the programs that get a secret', () => {
    const script = '#!/bin/sh\ncat > got\n';

    async function withProgram(run: string) {
      const emulator = await servedEmulator(seed);
      const cwd = await folderWith({
        'tokens/tokens.yaml': manifest.replace('file: { path: ci.json }', `command: { run: ${run} }`),
        'tokens/put.sh': script,
        'tokens/bin/put.sh': script,
        'tokens/Makefile': 'put:\n\tcat > got\n',
        'tokens/package.json': '{ "scripts": { "put": "cat > got" } }',
        'put.sh': script,
      });
      for (const file of ['tokens/put.sh', 'tokens/bin/put.sh', 'put.sh'])
        await chmod(join(cwd, file), 0o755);
      await symlink('bin/put.sh', join(cwd, 'tokens/link.sh'));
      await symlink('../put.sh', join(cwd, 'tokens/out.sh'));
      const start = (...args: readonly string[]) => reconcile(args, { cwd, env: emulator.env });
      expect((await start('plan', 'tokens', '-o', 'plan.json')).code).toBe(0);
      return { emulator, cwd, apply: () => start('apply', '-y', '--plan', 'plan.json') };
    }

    test.each([
      { run: '[./put.sh]', file: 'tokens/put.sh' },
      { run: '[sh, ./put.sh]', file: 'tokens/put.sh' },
      { run: '[sh, put.sh]', file: 'tokens/put.sh' },
      { run: '[env, --chdir=bin, sh, bin/put.sh]', file: 'tokens/bin/put.sh' },
      { run: '[./link.sh]', file: 'tokens/bin/put.sh' },
      { run: '[sh, -c, cat, --config=put.sh]', file: 'tokens/put.sh' },
      { run: '[sh, -c, ". bin/put.sh"]', file: 'tokens/bin/put.sh' },
      { run: '[sh, -c, "cd . && (exec <&0;bin/put.sh)|cat"]', file: 'tokens/bin/put.sh' },
      { run: '[sh, -c, \'CONFIG="put.sh" cat\']', file: 'tokens/put.sh' },
      { run: '[make, put]', file: 'tokens/Makefile' },
      { run: '[env, A=b, make, put]', file: 'tokens/Makefile' },
      { run: '[sh, -c, "exec make -s put"]', file: 'tokens/Makefile' },
      { run: '[npm, run, put]', file: 'tokens/package.json' },
    ])('by what is in them: $run', async ({ run, file }) => {
      const { emulator, cwd, apply } = await withProgram(run);
      await writeFile(join(cwd, file), `${script}# and something else\n`);
      const refused = await apply();
      expect(refused.stderr).toContain('receive secrets');
      expect(refused.code).toBe(3);
      expect(writes(emulator)).toEqual([]);
    });

    test('as long as they stay as they are', async () => {
      const { cwd, apply } = await withProgram('[./put.sh]');
      expect((await apply()).code).toBe(0);
      expect(await readFile(join(cwd, 'tokens/got'), 'utf8')).not.toBe('');
    });

    test('inside the folder of the manifests only: what is elsewhere is not read', async () => {
      const { cwd, apply } = await withProgram('[./out.sh]');
      await writeFile(join(cwd, 'put.sh'), `${script}# and something else\n`);
      expect((await apply()).code).toBe(0);
      const other = await withProgram('[./out.sh]');
      await rm(join(other.cwd, 'tokens/out.sh'));
      await symlink('/bin/true', join(other.cwd, 'tokens/out.sh'));
      expect((await other.apply()).code).toBe(3);
    });
  });

  test('is never written over a manifest', async () => {
    const { cwd, run } = await planned();
    expect(await run('plan', 'tokens', '--out', 'tokens/tokens.yaml')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('is not a saved plan'),
    });
    expect(await readFile(join(cwd, 'tokens/tokens.yaml'), 'utf8')).toBe(manifest);
    expect((await run('plan', 'tokens', '--out', 'plan.json')).code).toBe(0);
  });

  test('is refused with options that are none, whatever its digest says', async () => {
    const { cwd, run } = await planned();
    const file = join(cwd, 'plan.json');
    const { digest: _, ...content } = JSON.parse(await readFile(file, 'utf8'));
    const edited = { ...content, options: { ...content.options, replace: 5 } };
    await writeFile(file, `${JSON.stringify({ ...edited, digest: digest(edited) }, null, 2)}\n`);
    expect((await run('apply', '--plan', 'plan.json')).code).toBe(3);
  });

  test.each([
    { why: 'one letter of a value', edit: (text: string) => text.replace('disabled', 'enabled') },
    { why: 'a space', edit: (text: string) => text.replace('": ', '":  ') },
    { why: 'a byte at the end', edit: (text: string) => `${text}\n` },
    {
      why: 'the digest',
      edit: (text: string) => text.replace(/"digest": "sha256:[0-9a-f]{64}"\n\}/, '"digest": ""\n}'),
    },
    { why: 'all of it', edit: () => '{}' },
  ])('is refused where it was edited: $why', async ({ edit }) => {
    const { emulator, cwd, run } = await planned();
    const file = join(cwd, 'plan.json');
    const text = await readFile(file, 'utf8');
    expect(edit(text)).not.toBe(text);
    await writeFile(file, edit(text));
    expect(await run('apply', '--plan', 'plan.json')).toMatchObject({
      code: 3,
      stderr: expect.stringContaining('plan.json'),
    });
    expect(emulator.requests.filter(({ method }) => method !== 'GET')).toEqual([]);
  });

  test.each([
    { why: 'a PATH', args: ['tokens'] },
    { why: 'an option that a plan depends on', args: ['--max-deletes', '5'] },
  ])('takes nothing beside it that it has already: $why', async ({ args }) => {
    const { run } = await planned();
    expect(await run('apply', '--plan', 'plan.json', ...args)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("can't be combined with --plan"),
    });
  });

  test('is held to its policies once more', async () => {
    const { cwd, run } = await planned();
    const policy = join(cwd, 'policy.yaml');
    await writeFile(policy, 'properties: { status: { enum: [enabled, disabled] } }\n');
    expect((await run('plan', 'tokens', '--policy', 'policy.yaml', '--out', 'plan.json')).code).toBe(0);
    await writeFile(policy, 'properties: { status: { const: enabled } }\n');
    expect(await run('apply', '--plan', 'plan.json')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('tokens.yaml:4'),
    });
  });

  test('is none where it holds an error', async () => {
    const emulator = await servedEmulator(seed);
    const cwd = await folderWith({ 'a.yaml': manifest.replace('team-a', 'nowhere') });
    const { code, stderr } = await reconcile(['plan', '-o', 'plan.json'], { cwd, env: emulator.env });
    expect(code).toBe(1);
    expect(stderr).toContain('Nothing was saved to plan.json');
    await expect(readFile(join(cwd, 'plan.json'))).rejects.toThrow('ENOENT');
  });
});

test('a token that was disabled by hand is drift; the same change in the manifest is the manifest', async () => {
  const { emulator, cwd, run } = await planned();
  expect((await run('apply', '-y', 'tokens')).code).toBe(0);
  expect(JSON.parse((await run('plan', 'tokens', '--format', 'json')).stdout).summary.noop).toBe(2);
  await byHand(emulator.url, { status: 'enabled' });
  const drift = await run('plan', 'tokens', '--drift-only', '--detailed-exitcode', '--format', 'json');
  expect(drift.code).toBe(2);
  const isPending = ({ action }: { action: string }): boolean => action !== 'noop';
  expect(JSON.parse(drift.stdout).changes.filter(isPending)).toMatchObject([
    { action: 'patch', cause: 'drift' },
  ]);
  expect((await run('apply', '-y', 'tokens')).code).toBe(0);
  await writeFile(join(cwd, 'tokens/tokens.yaml'), manifest.replace('disabled', 'enabled'));
  const moved = await run('plan', 'tokens', '--format', 'json');
  expect(JSON.parse(moved.stdout).changes.filter(isPending)).toMatchObject([
    { action: 'patch', cause: 'manifest' },
  ]);
  expect((await run('plan', 'tokens', '--drift-only', '--detailed-exitcode')).code).toBe(0);
});
