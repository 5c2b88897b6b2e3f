import { execFileSync } from 'node:child_process';
import { mkdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type Finished, reconcile } from '../support/cli.ts';
import { servedEmulator, writes } from '../support/emulator.ts';
import { folderWith } from '../support/folder.ts';

const registry = '00000000-0000-4000-8000-000000000001';
const victim = '00000000-0000-4000-8000-00000000000a';
const seed = `
ionos:
  registries:
    - id: ${registry}
      name: team-a
      tokens:
        - { id: ${victim}, name: victim }
`;

const manifest = `
apiVersion: reconcile/v1
tokens:
  - kind: registry_token
    registry: ${registry}
    name: ci
    scopes: [{ type: repository, name: app, actions: [pull] }]
    secret: discard
`;

function git(folder: string, ...args: readonly string[]): void {
  execFileSync('git', ['-c', 'user.name=x', '-c', 'user.email=x@example.com', ...args], {
    cwd: folder,
    env: { PATH: process.env['PATH'], HOME: folder, GIT_CONFIG_NOSYSTEM: '1' },
    stdio: 'ignore',
  });
}

/** A checkout of a repository that tracks these files. */
async function checkout(files: Readonly<Record<string, string>>): Promise<string> {
  const folder = await folderWith(files);
  git(folder, 'init', '--quiet');
  git(folder, 'add', '--force', '.');
  return folder;
}

async function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

const hostileLedger = '{"version":1,"tokens":{},"applied":{}}';

describe('where the state is', () => {
  test('in the working directory, if there is none', async () => {
    const emulator = await servedEmulator(seed);
    const cwd = await folderWith({ 'tokens/ci.yaml': manifest });
    expect((await reconcile(['apply', '-y', 'tokens'], { cwd, env: emulator.env })).code).toBe(0);
    expect(await isThere(join(cwd, '.reconcile/custody.json'))).toBe(true);
  });

  test('the nearest one upwards, up to the root of the work tree', async () => {
    const emulator = await servedEmulator(seed);
    const cwd = await checkout({ 'infra/tokens/ci.yaml': manifest });
    await mkdir(join(cwd, '.reconcile'));
    const applied = await reconcile(['apply', '-y'], { cwd: join(cwd, 'infra/tokens'), env: emulator.env });
    expect(applied.code).toBe(0);
    expect(await isThere(join(cwd, '.reconcile/custody.json'))).toBe(true);
    expect(await isThere(join(cwd, 'infra/tokens/.reconcile'))).toBe(false);
  });

  test.each([
    { why: 'beyond the root of the work tree', repository: true },
    { why: 'above the working directory, outside of Git', repository: false },
  ])('never one $why', async ({ repository }) => {
    const emulator = await servedEmulator(seed);
    const outer = await folderWith({
      'checkout/ci.yaml': manifest,
      '.reconcile/custody.json': hostileLedger,
    });
    const cwd = join(outer, 'checkout');
    if (repository) git(cwd, 'init', '--quiet');
    expect((await reconcile(['apply', '-y'], { cwd, env: emulator.env })).code).toBe(0);
    expect(await isThere(join(cwd, '.reconcile/custody.json'))).toBe(true);
  });

  test.each(['tokens', 'tokens/ci.yaml', 'tokens/deep'])(
    'never one below the PATH %s: a pull request can add it',
    async (path) => {
      const emulator = await servedEmulator(seed);
      const cwd = await checkout({
        'tokens/ci.yaml': manifest,
        'tokens/deep/ci.yaml': manifest.replace('name: ci', 'name: deep'),
        'tokens/.reconcile/custody.json': 'hostile',
      });
      const applied = await reconcile(['apply', '-y', path], { cwd, env: emulator.env });
      expect(applied.code).toBe(0);
      expect(applied.stderr).toContain('tokens/.reconcile: reconcile never looks for state below a PATH');
      expect(await readFile(join(cwd, 'tokens/.reconcile/custody.json'), 'utf8')).toBe('hostile');
      expect(await isThere(join(cwd, '.reconcile/custody.json'))).toBe(true);
    },
  );
});

/** Each command that looks at the state, or writes it. */
const commands: readonly (readonly string[])[] = [
  ['plan', 'tokens'],
  ['apply', '-y', 'tokens'],
  ['audit', 'tokens'],
  ['list'],
  ['export'],
  ['spool', 'list'],
  ['spool', 'deliver'],
  ['doctor', 'tokens'],
];

async function run(
  cwd: string,
  args: readonly string[],
): Promise<Finished & { readonly writes: readonly string[] }> {
  const emulator = await servedEmulator(seed);
  const ended = await reconcile(args, { cwd, env: emulator.env });
  return { ...ended, writes: writes(emulator) };
}

describe('a state directory that a pull request could write', () => {
  test.each(commands.map((args) => ({ args })))('is refused by $args', async ({ args }) => {
    const cwd = await checkout({ 'tokens/ci.yaml': manifest, '.reconcile/custody.json': hostileLedger });
    const refused = await run(cwd, args);
    expect(refused.code).toBe(1);
    expect(refused.stderr + refused.stdout).toContain('Git tracks .reconcile/custody.json');
    expect(refused.writes).toEqual([]);
    expect(await isThere(join(cwd, '.reconcile/lock'))).toBe(false);
  });

  test.each([
    { why: 'an attempt in the spool', file: '.reconcile/spool/a.json', more: [] },
    { why: 'the state of a shard', file: '.reconcile/shard-1/custody.json', more: ['--shard', '1/1'] },
    { why: 'a folder that is named', file: 'state/custody.json', more: ['--state-dir', 'state'] },
    { why: 'a name in another case, as Git compares them', file: '.Reconcile/custody.json', more: [] },
  ])('is refused for $why', async ({ file, more }) => {
    const cwd = await checkout({ 'tokens/ci.yaml': manifest, [file]: '{}' });
    if (file.startsWith('.Reconcile')) {
      git(cwd, 'config', 'core.ignorecase', 'true');
      await mkdir(join(cwd, '.reconcile'));
    }
    const refused = await run(cwd, ['apply', '-y', 'tokens', ...more]);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain(`Git tracks ${file}`);
    expect(refused.writes).toEqual([]);
  });

  test('is refused if it is a submodule', async () => {
    const inner = await checkout({ 'custody.json': hostileLedger });
    git(inner, 'commit', '--quiet', '-m', 'x');
    const cwd = await checkout({ 'tokens/ci.yaml': manifest });
    git(cwd, '-c', 'protocol.file.allow=always', 'submodule', 'add', '--quiet', inner, '.reconcile');
    const refused = await run(cwd, ['apply', '-y', 'tokens']);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain('Git tracks');
    expect(refused.writes).toEqual([]);
  });

  test("is refused if Git's index can't be read: that could hide it", async () => {
    const cwd = await checkout({ 'tokens/ci.yaml': manifest, '.reconcile/custody.json': hostileLedger });
    await writeFile(join(cwd, '.git/index'), 'DIRC broken');
    const refused = await run(cwd, ['apply', '-y', 'tokens']);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain("Git's index can't be read");
    expect(refused.writes).toEqual([]);
  });

  test('is used with --allow-tracked-state', async () => {
    const cwd = await checkout({ 'tokens/ci.yaml': manifest, '.reconcile/custody.json': hostileLedger });
    expect((await run(cwd, ['apply', '-y', 'tokens', '--allow-tracked-state'])).code).toBe(0);
  });

  test('is none that Git ignores: that is what a run makes', async () => {
    const cwd = await checkout({ 'tokens/ci.yaml': manifest });
    const first = await run(cwd, ['apply', '-y', 'tokens']);
    expect(first.code).toBe(0);
    git(cwd, 'add', '.');
    expect((await run(cwd, ['plan', 'tokens'])).code).toBe(0);
  });
});

describe('a symbolic link in place of state', () => {
  test.each([
    { link: '.reconcile', options: [] },
    { link: '.reconcile/spool', options: [] },
    { link: '.reconcile/custody.json', options: [] },
    { link: '.reconcile/lock', options: [] },
    { link: '.reconcile/spool/x.json', options: [] },
    { link: '.reconcile/shard-1', options: ['--shard', '1/1'] },
    { link: '.reconcile/shard-1/spool', options: ['--shard', '1/1'] },
    { link: 'state', options: ['--state-dir', 'state'] },
    { link: 'a', options: ['--state-dir', 'a/b/state'] },
    { link: 'state/spool', options: ['--state-dir', 'state'] },
  ])(
    '($link $options) is refused: it could lead secrets out of the repository',
    async ({ link, options }) => {
      const elsewhere = await folderWith({ 'b/state/x': '' });
      const cwd = await checkout({ 'tokens/ci.yaml': manifest });
      await mkdir(dirname(join(cwd, link)), { recursive: true });
      await symlink(elsewhere, join(cwd, link));
      const refused = await run(cwd, ['apply', '-y', 'tokens', ...options]);
      expect(refused.code).toBe(1);
      expect(refused.stderr).toContain('is a symbolic link');
      expect(refused.writes).toEqual([]);
      expect(await isThere(join(elsewhere, 'custody.json'))).toBe(false);
    },
  );
});
