import { execFileSync } from 'node:child_process';
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { identityToRecipient } from 'age-encryption';
import { describe, expect, test } from 'vitest';
import { reconcile } from '../support/cli.ts';
import { servedEmulator } from '../support/emulator.ts';
import { branchFiles, type GitSite, gitSite, stateKey, stateRef } from '../support/git-state.ts';

const seed = 'ionos: { registries: [{ name: team-a }] }';

/** A manifest of two tokens. The sink of the second fails, so its secret stays in the spool. */
const manifest = `apiVersion: reconcile/v1
defaults: { registry_token: { registry: team-a, scopes: [{ type: repository, name: app, actions: [pull] }] } }
tokens:
  - { kind: registry_token, name: ci-a, secret: [{ file: { path: a.json } }] }
  - { kind: registry_token, name: ci-b, secret: [{ command: { run: [/bin/false] } }] }
`;

const recipient = await identityToRecipient(stateKey);

async function setUp() {
  const emulator = await servedEmulator(seed);
  const site = await gitSite();
  const cwd = await site.checkout('work', { 'tokens.yaml': manifest });
  const env = { ...emulator.env, ...site.env };
  const run = (...args: readonly string[]) => reconcile(args, { cwd, env });
  const json = async (...args: readonly string[]) =>
    JSON.parse((await run(...args, '--format', 'json')).stdout);
  return { emulator, site, cwd, env, run, json };
}

/** Writes a lock of another run to the branch, which has a state already. */
async function lockBranch(site: GitSite, lock: object): Promise<void> {
  await mkdir(join(site.folder, 'tree'), { recursive: true });
  const path = join(site.folder, 'tree', 'lock.json');
  await writeFile(path, JSON.stringify(lock));
  const blob = site.git('hash-object', '-w', path).trim();
  const entries = site.git('ls-tree', stateRef).trim();
  const file = join(site.folder, 'tree', 'entries');
  await writeFile(file, `${entries}\n100644 blob ${blob}\tlock.json\n`);
  const tree = execFileSync('git', ['-C', site.remote, 'mktree'], { input: await readFile(file) })
    .toString()
    .trim();
  const commit = site.git('commit-tree', tree, '-m', 'lock').trim();
  site.git('update-ref', stateRef, commit);
}

describe('reconcile state', () => {
  test('show prints the ledger, the spool and the lock, and no secret', async () => {
    const { emulator, run, json } = await setUp();
    expect((await run('state', 'show')).stdout).toContain('The ledger is empty.');
    await run('apply', '-y');
    const text = await run('state', 'show');
    expect(text.code).toBe(0);
    expect(text.stdout).toMatch(/lock +free/);
    expect(text.stdout).toMatch(/registry_token:team-a\/ci-a +\S+ +file a\.json/);
    const view = await json('state', 'show');
    expect(view).toMatchObject({
      version: 1,
      holder: null,
      recipients: [],
      tokens: [{ address: 'registry_token:team-a/ci-a', delivered_to: ['file:a.json'], unresolved: 0 }],
      spool: [{ address: 'registry_token:team-a/ci-b', state: 'secret' }],
    });
    for (const { password } of emulator.tokens('team-a')) {
      expect(text.stdout + JSON.stringify(view)).not.toContain(password);
    }
  });

  test('move takes the state to a branch and back, and nothing is created again', async () => {
    const { emulator, site, cwd, run, json } = await setUp();
    await run('apply', '-y');
    const moved = await run('state', 'move', '--from', 'file:.reconcile', '--to', 'git:origin');
    expect(moved).toMatchObject({
      code: 0,
      stdout: 'Moved 1 token and 1 spool entry to origin#reconcile-state.\n',
    });
    expect(branchFiles(site).filter((name) => name.startsWith('spool/'))).toHaveLength(1);
    expect(await json('state', 'show', '--state', 'git:origin')).toMatchObject({
      recipients: [recipient],
      tokens: [{ address: 'registry_token:team-a/ci-a' }],
    });
    expect((await json('state', 'show')).tokens).toEqual([]);
    const planned = await json('plan', '--state', 'git:origin');
    expect(planned.summary).toMatchObject({ create: 0, deliver: 1, noop: 1 });
    expect(planned.changes).toMatchObject([{ custody: 'held', warnings: [] }, { action: 'deliver' }]);

    const again = await run('state', 'move', '--from', 'file:.reconcile', '--to', 'git:origin');
    expect(again).toMatchObject({ code: 0 });
    await run('state', 'move', '--from', 'git:origin', '--to', 'file:other');
    await writeFile(
      join(cwd, 'tokens.yaml'),
      manifest.replace('command: { run: [/bin/false] }', 'file: { path: b.json }'),
    );
    expect(await run('apply', '-y', '--state-dir', 'other')).toMatchObject({ code: 0 });
    const second = emulator.tokens('team-a').find(({ name }) => name === 'ci-b');
    expect(JSON.parse(await readFile(join(cwd, 'b.json'), 'utf8')).password).toBe(second?.password);
    expect(emulator.tokens('team-a')).toHaveLength(2);
  });

  test('move refuses a place that has other records, a missing key, and a damaged ledger', async () => {
    const { site, cwd, env, run } = await setUp();
    await run('apply', '-y');
    const withoutKey = await reconcile(['state', 'move', '--from', 'file:.reconcile', '--to', 'git:origin'], {
      cwd,
      env: { ...env, RECONCILE_STATE_KEY: '' },
    });
    expect(withoutKey).toMatchObject({ code: 1, stderr: expect.stringContaining('RECONCILE_STATE_KEY') });
    const other = await site.checkout('other', { 'tokens.yaml': manifest.replaceAll('ci-', 'web-') });
    await reconcile(['apply', '-y', '--state', 'git:origin'], { cwd: other, env });
    const refused = await run('state', 'move', '--from', 'file:.reconcile', '--to', 'git:origin');
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('is not empty') });
    expect((await run('state', 'show')).stdout).toContain('team-a/ci-a');
    await writeFile(
      join(cwd, '.reconcile/custody.json'),
      '{ "version": 2, "tokens": { "x": {} }, "applied": {} }',
    );
    const damaged = await run('state', 'move', '--from', 'file:.reconcile', '--to', 'git:origin#empty');
    expect(damaged).toMatchObject({ code: 1, stderr: expect.stringContaining('nothing was moved') });
  });

  test('key creates a key that apply accepts, and never overwrites a file', async () => {
    const { cwd, env, run, json } = await setUp();
    const printed = await run('state', 'key');
    expect(printed.stdout).toMatch(/^# public key: age1\w+\nAGE-SECRET-KEY-1[A-Z0-9]+\n$/);
    expect(printed.stderr).toContain('RECONCILE_STATE_KEY');
    expect(printed.stderr).not.toContain('AGE-SECRET-KEY-1');
    const { identity, recipient: own } = await json('state', 'key');
    expect(await identityToRecipient(identity)).toBe(own);
    expect(await run('state', 'key', '--out', 'key.txt')).toMatchObject({ code: 0, stdout: '' });
    expect((await stat(join(cwd, 'key.txt'))).mode & 0o777).toBe(0o600);
    expect(await run('state', 'key', '--out', 'key.txt')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('it exists'),
    });
    const applied = await reconcile(['apply', '-y', '--state', 'git:origin', '--state-key', 'key.txt'], {
      cwd,
      env: { ...env, RECONCILE_STATE_KEY: '' },
    });
    expect(applied.code).toBe(4);
    expect(applied.stdout).toContain('created');
  });

  test('unlock removes the lease of another run, and apply reports it before that', async () => {
    const { site, run } = await setUp();
    await run('apply', '-y', '--state', 'git:origin');
    const expiry = new Date(Date.now() + 3_600_000).toISOString();
    await lockBranch(site, { holder: 'run-1', host: 'runner-1', expiry, length: 3600 });
    const waiting = await run('apply', '-y', '--state', 'git:origin');
    expect(waiting).toMatchObject({ code: 1, stderr: expect.stringContaining('run-1 on runner-1') });
    expect(waiting.stderr).toContain('reconcile state unlock');
    const asked = await run('state', 'unlock', '--state', 'git:origin');
    expect(asked).toMatchObject({ code: 1, stderr: expect.stringContaining('pass --yes') });
    expect(branchFiles(site)).toContain('lock.json');
    expect(await run('state', 'unlock', '--yes', '--state', 'git:origin')).toMatchObject({ code: 0 });
    expect(branchFiles(site)).not.toContain('lock.json');
    expect((await run('state', 'unlock', '--yes', '--state', 'git:origin')).stdout).toContain(
      'is not locked',
    );
  });

  test('doctor checks that the branch can be read and written, is free, and fits the key', async () => {
    const { site, cwd, env, run, json } = await setUp();
    const stateChecks = (checks: readonly { readonly name: string }[]) =>
      checks.filter(({ name }) => name.startsWith('state'));
    expect(stateChecks((await json('doctor', '--state', 'git:origin')).checks)).toMatchObject([
      { name: 'state', state: 'ok', message: expect.stringContaining('dry-run push') },
      { name: 'state key', state: 'ok', message: expect.stringContaining(recipient) },
    ]);
    await run('apply', '-y', '--state', 'git:origin');
    await lockBranch(site, {
      holder: 'run-1',
      host: 'runner-1',
      expiry: '2099-01-01T00:00:00Z',
      length: 120,
    });
    const { checks } = JSON.parse(
      (
        await reconcile(['doctor', '--state', 'git:origin', '--format', 'json'], {
          cwd,
          env: { ...env, RECONCILE_STATE_KEY: '' },
        })
      ).stdout,
    );
    expect(stateChecks(checks)).toMatchObject([
      { name: 'state', state: 'failed', message: expect.stringContaining('1 entry') },
      { name: 'state key', state: 'failed', message: expect.stringContaining(recipient) },
      { name: 'state lock', state: 'failed', message: expect.stringContaining('runner-1') },
    ]);
  });
});
