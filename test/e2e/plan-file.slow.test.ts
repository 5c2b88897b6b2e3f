import { execFileSync } from 'node:child_process';
import { lstat, mkdir, readdir, readFile, readlink, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { start } from '../support/child.ts';
import { finished, program, reconcile } from '../support/cli.ts';
import { servedEmulator, writes } from '../support/emulator.ts';
import { folderWith } from '../support/folder.ts';

const seed = 'ionos: { registries: [{ name: team-a }] }';
const manifest = `apiVersion: reconcile/v1
defaults: { registry_token: { registry: team-a } }
tokens:
  - { kind: registry_token, name: ci, scopes: [], secret: [{ file: { path: ci.json } }, { docker: { config: docker } }] }
`;

async function site() {
  const emulator = await servedEmulator(seed);
  const cwd = await folderWith({ 'tokens/tokens.yaml': manifest, 'tokens/empty.yaml': '' });
  await mkdir(join(cwd, 'folder'));
  await mkdir(join(cwd, 'tokens/docker'));
  execFileSync('mkfifo', [join(cwd, 'pipe')]);
  execFileSync('mkfifo', [join(cwd, 'tokens/docker/pipe')]);
  await symlink('/dev/null', join(cwd, 'device'));
  await symlink('gone/plan.json', join(cwd, 'dangling'));
  await symlink('round', join(cwd, 'round'));
  const run = (...args: readonly string[]) => reconcile(args, { cwd, env: emulator.env });
  return { emulator, cwd, run };
}

/** All that is in a folder, with what kind of thing it is. */
async function contents(folder: string): Promise<readonly string[]> {
  const found = await readdir(folder, { recursive: true, withFileTypes: true });
  return found
    .map(
      (entry) =>
        `${entry.parentPath}/${entry.name} ${entry.isFile()} ${entry.isFIFO()} ${entry.isSymbolicLink()}`,
    )
    .sort();
}

describe('plan --out writes a regular file or a new one, and nothing else', () => {
  test.each([
    { out: '/dev/null', why: 'it is not a regular file' },
    { out: '/dev/full', why: 'it is not a regular file' },
    { out: '/dev/tty', why: /it is not a regular file|ENXIO/ },
    { out: '/dev/stdout', why: 'it is not a regular file' },
    { out: '/dev/stderr', why: 'it is not a regular file' },
    { out: '/dev/fd/1', why: 'it is not a regular file' },
    { out: 'pipe', why: 'it is not a regular file' },
    { out: 'device', why: 'it is not a regular file' },
    { out: 'folder', why: 'it is a directory' },
    { out: '', why: 'it is a directory' },
    { out: 'dangling', why: 'it is a broken symbolic link' },
    { out: 'round', why: 'its symbolic links form a loop' },
    { out: 'missing/plan.json', why: 'its folder is missing' },
    { out: 'tokens/tokens.yaml/plan.json', why: 'its parent is not a directory' },
    { out: 'tokens/tokens.yaml', why: 'is not a saved plan' },
    { out: 'tokens/empty.yaml', why: 'it is a manifest or a policy of this run' },
    { out: 'tokens/ci.json', why: 'a sink writes a secret there' },
    { out: 'tokens/docker/config.json', why: 'a sink writes a secret there' },
    { out: '.reconcile/custody.json', why: 'it is in the state directory' },
    { out: '.reconcile/lock', why: 'it is in the state directory' },
    { out: '.reconcile/shard-2/custody.json', why: 'it is in the state directory' },
  ])('not $out', async ({ out, why }) => {
    const { emulator, cwd, run } = await site();
    await mkdir(join(cwd, '.reconcile/shard-2'), { recursive: true });
    const before = await contents(cwd);
    const { code, stdout, stderr } = await run('plan', 'tokens', '--out', out);
    expect(stderr).toContain(`--out ${out}: `);
    expect(stderr.replace(/\s+/g, ' ')).toMatch(why);
    expect(code).toBe(1);
    expect(await contents(cwd)).toEqual(before);
    // Reported before any service is asked, let alone a plan shown.
    expect(stdout).toBe('');
    expect(emulator.requests).toEqual([]);
  });

  test('not the file that stdout goes to: one of the two would be lost', async () => {
    const { emulator, cwd } = await site();
    for (const out of ['plan.json', '/dev/stdout']) {
      const command = `'${process.execPath}' '${program}' plan tokens --out ${out} > plan.json`;
      expect(await finished('sh', ['-c', command], { cwd, env: emulator.env })).toMatchObject({
        code: 1,
        stderr: expect.stringContaining('stdout already goes to this file'),
      });
    }
  });

  test('through a link, which stays', async () => {
    const { cwd, run } = await site();
    await writeFile(join(cwd, 'folder/plan.json'), '');
    await symlink('folder/plan.json', join(cwd, 'link'));
    await symlink('folder', join(cwd, 'linked'));
    expect((await run('plan', 'tokens', '--out', 'link')).code).toBe(0);
    expect((await lstat(join(cwd, 'link'))).isSymbolicLink()).toBe(true);
    expect(await readlink(join(cwd, 'link'))).toBe('folder/plan.json');
    expect(JSON.parse(await readFile(join(cwd, 'folder/plan.json'), 'utf8'))).toHaveProperty('digest');
    expect((await run('plan', 'tokens', '--out', 'linked/other.json')).code).toBe(0);
    expect((await readdir(join(cwd, 'folder'))).sort()).toEqual(['other.json', 'plan.json']);
    expect((await stat(join(cwd, 'folder/other.json'))).mode & 0o777).toBe(0o600);
    expect((await run('apply', '-y', '--plan', 'link')).code).toBe(0);
  });

  test('that it could not be written in the end is no success, although the plan was shown', async () => {
    const { emulator, cwd } = await site();
    const command = `ulimit -f 0; exec '${process.execPath}' '${program}' plan tokens --out plan.json | cat; exit \${PIPESTATUS[0]}`;
    const { code, stdout, stderr } = await finished('bash', ['-c', command], { cwd, env: emulator.env });
    expect(stdout).toContain('Plan: 1 to create');
    expect(stderr).toContain('--out plan.json: it is too large');
    expect(code).toBe(4);
    expect(await readdir(cwd)).not.toContain('plan.json');
  });
});

describe('plan --out - prints the saved plan to stdout, and nothing else', () => {
  test.each(['text', 'json', 'markdown'])('the plan itself is shown on stderr, as %s', async (format) => {
    const { run } = await site();
    const { code, stdout, stderr } = await run('plan', 'tokens', '--out', '-', '--format', format);
    expect(code).toBe(0);
    expect(Object.keys(JSON.parse(stdout))).toContain('targets');
    expect(stderr).toContain('registry_token');
    const { stdout: short } = await run('plan', 'tokens', '-o-', '--quiet');
    expect(short).toBe(stdout);
  });

  test('it is what a file would hold, and apply reads it from standard input', async () => {
    const { emulator, cwd, run } = await site();
    const { stdout } = await run('plan', 'tokens', '-o', '-');
    expect((await run('plan', 'tokens', '-o', 'plan.json')).code).toBe(0);
    expect(await readFile(join(cwd, 'plan.json'), 'utf8')).toBe(stdout);
    const applied = await reconcile(['apply', '-y', '--plan', '-'], {
      cwd,
      env: emulator.env,
      stdin: stdout,
    });
    expect(applied.code).toBe(0);
    expect(emulator.tokens('team-a')).toHaveLength(1);
  });

  test('from one process to the other, by a pipe', async () => {
    const { emulator, cwd } = await site();
    const self = `'${process.execPath}' '${program}'`;
    const command = `${self} apply -y --plan <(${self} plan tokens -o -)`;
    expect((await finished('bash', ['-c', command], { cwd, env: emulator.env })).code).toBe(0);
    expect(emulator.tokens('team-a')).toHaveLength(1);
  });

  test.each([
    {
      why: 'a plan that holds an error',
      args: ['--target', 'registry_token:*'],
      registry: 'nowhere',
      code: 1,
    },
    {
      why: 'an option that there is not',
      args: ['--format', 'json', '--nonsense'],
      registry: 'team-a',
      code: 1,
    },
    { why: 'a broken manifest', args: ['--format', 'json'], registry: '[', code: 1 },
    { why: 'a broken manifest, as Markdown', args: ['--format', 'markdown'], registry: '[', code: 1 },
  ])('nothing where there is none: $why', async ({ args, registry, code }) => {
    const { cwd, run } = await site();
    await writeFile(join(cwd, 'tokens/tokens.yaml'), manifest.replace('team-a', registry));
    const answer = await run('plan', 'tokens', '--out', '-', ...args);
    expect(answer).toMatchObject({ code, stdout: '' });
    expect(answer.stderr).toMatch(/error/);
  });

  test('its manifests can not come from the same standard input', async () => {
    const { emulator, cwd } = await site();
    const stdin = manifest;
    const saved = await reconcile(['plan', '-', '-o', '-'], { cwd, env: emulator.env, stdin });
    expect(saved.code).toBe(0);
    expect(
      await reconcile(['apply', '-y', '--plan', '-'], { cwd, env: emulator.env, stdin: saved.stdout }),
    ).toMatchObject({ code: 1, stderr: expect.stringContaining('on standard input') });
    expect(writes(emulator)).toEqual([]);
  });
});

describe('a pipe without a writer is waited for until a signal comes', () => {
  test.each([
    ['apply', '-y', '--plan', 'pipe'],
    ['convert', 'pipe'],
    ['validate', 'tokens', '--policy', 'pipe'],
    ['emulator', '--seed', 'pipe'],
  ])('%s %s %s %s', async (...args) => {
    const { emulator, cwd } = await site();
    // That it is at the pipe shows in that it has opened it: only then does this succeed.
    const running = start(args.filter(Boolean), { cwd, env: emulator.env });
    const writer = finished('sh', ['-c', 'exec 3> pipe; kill -TERM $0; cat', String(running.process.pid)], {
      cwd,
    });
    expect((await running.finished).code).toBe(143);
    await writer;
  });

  test.each([
    { path: '/dev/zero', why: 'it is not a regular file' },
    { path: 'folder', why: 'it is a directory' },
  ])('what is neither a file nor a pipe is not read: $path', async ({ path, why }) => {
    const { run } = await site();
    for (const args of [
      ['apply', '-y', '--plan', path],
      ['convert', path],
    ]) {
      expect(await run(...args)).toMatchObject({ code: 1, stderr: expect.stringContaining(why) });
    }
  });

  test('init takes a pipe for no manifest of its own', async () => {
    const { emulator, cwd } = await site();
    execFileSync('mkfifo', [join(cwd, '.gitignore')]);
    const { code, stderr } = await reconcile(['init', '--service', 'ionos', '--no-adopt', '--ci', 'none'], {
      cwd,
      env: emulator.env,
    });
    expect(code).toBe(1);
    expect(stderr).toContain('.gitignore: it is not a regular file');
  });
});

describe('the files of a runner of GitHub Actions', () => {
  test.each(['GITHUB_OUTPUT', 'GITHUB_STEP_SUMMARY'])(
    '%s on a full disk: custody first, then exit 4',
    async (name) => {
      const { emulator, cwd } = await site();
      const env = { ...emulator.env, [name]: '/dev/full' };
      const { code, stderr } = await reconcile(['apply', '-y', 'tokens'], { cwd, env });
      expect(stderr).toContain("can't append to /dev/full: ENOSPC");
      expect(code).toBe(4);
      expect(JSON.parse(await readFile(join(cwd, 'tokens/ci.json'), 'utf8')).password).toBe(
        emulator.tokens('team-a')[0]?.password,
      );
    },
  );

  test.each(['GITHUB_OUTPUT', 'GITHUB_STEP_SUMMARY'])(
    '%s that names a pipe keeps no run waiting',
    async (name) => {
      const { emulator, cwd } = await site();
      const { code, stderr } = await reconcile(['plan', 'tokens'], {
        cwd,
        env: { ...emulator.env, [name]: 'pipe' },
      });
      expect(code).toBe(0);
      expect(stderr).toMatch(/can't append to \S*pipe: ENXIO/);
    },
  );

  test('a device takes what is appended', async () => {
    const { emulator, cwd } = await site();
    const env = { ...emulator.env, GITHUB_OUTPUT: '/dev/null', GITHUB_STEP_SUMMARY: 'summary.md' };
    expect((await reconcile(['plan', 'tokens'], { cwd, env })).code).toBe(0);
    expect(await readFile(join(cwd, 'summary.md'), 'utf8')).toContain('1 to create');
  });
});
