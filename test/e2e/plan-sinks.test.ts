import { chmod, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { reconcile } from '../support/cli.ts';
import { servedEmulator, writes } from '../support/emulator.ts';
import { folderWith } from '../support/folder.ts';

const seed = 'ionos: { registries: [{ name: team-a, hostname: team-a.example.com }] }';

const entry = (name: string, secret: string): string => `
  - kind: registry_token
    registry: team-a
    name: ${name}
    scopes: [{ type: repository, name: app, actions: [pull] }]
    secret: ${secret}`;

async function site(tokens: Readonly<Record<string, string>>) {
  const emulator = await servedEmulator(seed);
  const entries = Object.entries(tokens).map(([name, secret]) => entry(name, secret));
  const cwd = await folderWith({
    't.yaml': `apiVersion: reconcile/v1\ntokens:${entries.join('')}\n`,
    'helpers/config.json': '{ "credsStore": "none-such" }',
    'made.sh': `#!/bin/sh\ntouch ran\n`,
  });
  await chmod(join(cwd, 'made.sh'), 0o755);
  const run = (args: readonly string[], env: Readonly<Record<string, string>> = {}) =>
    reconcile(args, { cwd, env: { ...emulator.env, ...env } });
  return { emulator, cwd, run };
}

const missingFolder = '[{ file: { path: none/a.json } }]';
const missingProgram = '[{ command: { run: [no-such-program] } }]';

describe('plan is red if a sink is sure to fail', () => {
  test('for each entry, and for each of its sinks', async () => {
    const { cwd, emulator, run } = await site({
      folder: missingFolder,
      program: missingProgram,
      both: '[{ file: { path: none/b.json } }, { command: { run: [no-other-program] } }]',
      helper: '[{ docker: { config: helpers } }]',
      good: '[{ file: { path: good.json } }]',
    });
    const before = await readdir(cwd);
    const { code, stdout } = await run(['plan', '--format', 'json']);
    expect(code).toBe(1);
    const { changes } = JSON.parse(stdout);
    const errors = Object.fromEntries(
      changes.map(({ address, error }: { address: string; error: { message: string } | null }) => [
        address.split('/')[1],
        error?.message ?? null,
      ]),
    );
    expect(errors).toEqual({
      both: expect.stringMatching(/none\/b\.json.*no-other-program/),
      folder: expect.stringContaining('none/a.json'),
      program: expect.stringContaining('no-such-program'),
      helper: expect.stringContaining('docker-credential-none-such'),
      good: null,
    });
    expect(writes(emulator)).toEqual([]);
    expect(await readdir(cwd)).toEqual(before);
  });

  test('but runs nothing, and writes nothing', async () => {
    const { cwd, run } = await site({
      one: '[{ command: { run: [./made.sh] } }]',
      two: '[{ file: { path: b.json } }]',
    });
    const before = await readdir(cwd);
    expect((await run(['plan'])).code).toBe(0);
    expect(await readdir(cwd)).toEqual(before);
  });

  test('unless it runs elsewhere than apply', async () => {
    const { run } = await site({ folder: missingFolder, program: missingProgram });
    expect((await run(['plan', '--no-check-sinks'])).code).toBe(0);
  });

  test('not for sinks that get nothing: a token that is as declared', async () => {
    const { cwd, run } = await site({ one: '[{ file: { path: a.json } }]' });
    expect((await run(['apply', '-y'])).code).toBe(0);
    await chmod(join(cwd, 'a.json'), 0o400);
    expect((await run(['plan', '--detailed-exitcode'])).code).toBe(0);
  });

  test('apply says all that is wrong, too', async () => {
    const { emulator, run } = await site({ folder: missingFolder, program: missingProgram });
    const { code, stderr, stdout } = await run(['apply', '-y']);
    expect(code).toBe(1);
    expect(stdout + stderr).toContain('none/a.json');
    expect(stdout + stderr).toContain('no-such-program');
    expect(writes(emulator)).toEqual([]);
  });
});

describe('in CI', () => {
  const note = 'would be written only to unencrypted files in the checkout';

  test.each([
    { why: 'a file in the checkout', secret: '[{ file: { path: a.json } }]', noted: true },
    {
      why: 'an encrypted file',
      secret:
        '[{ file: { path: a.age, age: [age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p] } }]',
      noted: false,
    },
    {
      why: 'a file and a program',
      secret: '[{ file: { path: a.json } }, { command: { run: [./made.sh] } }]',
      noted: false,
    },
    { why: 'no sink', secret: 'discard', noted: false },
  ])('a new secret for $why is noted: $noted, also under --strict', async ({ secret, noted }) => {
    const { run } = await site({ 'ci-push': secret });
    const planned = await run(['plan', '--strict'], { CI: 'true' });
    expect(planned.code).toBe(0);
    expect(planned.stderr.includes(note)).toBe(noted);
    expect((await run(['plan'])).stderr).not.toContain(note);
  });
});

describe('a token that the ledger knows and no manifest declares', () => {
  test('is reported, by plan and apply, until it is gone or declared again', async () => {
    const { cwd, emulator, run } = await site({
      'ci-push': '[{ file: { path: a.json } }]',
      'ci-pull': '[{ file: { path: b.json } }]',
    });
    expect((await run(['apply', '-y'])).code).toBe(0);
    const head = 'apiVersion: reconcile/v1\ntokens:';
    await writeFile(join(cwd, 't.yaml'), `${head}${entry('ci-push', '[{ file: { path: a.json } }]')}\n`);
    const note = '1 token in the ledger is no longer declared: registry_token:team-a/ci-pull.';
    for (const args of [
      ['plan', '--strict'],
      ['apply', '-y'],
    ]) {
      const { code, stderr } = await run(args);
      expect(code).toBe(0);
      expect(stderr).toContain(note);
    }
    for (const more of [
      ['--target', '*'],
      ['--shard', '1/1'],
    ]) {
      expect((await run(['plan', ...more])).stderr).not.toContain('no longer declared');
    }
    const forgotten = emulator.tokens('team-a').find(({ name }) => name === 'ci-pull');
    emulator.deleteAs('team-a', forgotten?.id ?? '');
    expect((await run(['plan'])).stderr).not.toContain('no longer declared');
  });
});
