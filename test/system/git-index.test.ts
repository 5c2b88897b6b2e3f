import { execFileSync } from 'node:child_process';
import { mkdir, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, it, test } from 'vitest';
import { checkSink, deliverTo } from '../../src/custody/sinks/index.ts';
import { isTracked } from '../../src/system/git-index.ts';
import { contextWith, delivery, dockerSink, fileSink } from '../custody/sinks/fixtures.ts';
import { folderWith } from '../support/folder.ts';

/** Runs git without any configuration of the machine. */
function git(folder: string, ...args: readonly string[]): string {
  return execFileSync('git', ['-c', 'user.name=x', '-c', 'user.email=x@example.com', ...args], {
    cwd: folder,
    env: { PATH: process.env['PATH'], HOME: folder, GIT_CONFIG_NOSYSTEM: '1' },
    stdio: ['ignore', 'pipe', 'ignore'],
    encoding: 'utf8',
  });
}

/** A repository that tracks these files. */
async function repositoryWith(files: readonly string[], ...options: readonly string[]): Promise<string> {
  const folder = await realpath(await folderWith(Object.fromEntries(files.map((file) => [file, 'old']))));
  git(folder, 'init', '--quiet', ...options);
  git(folder, 'add', '.');
  return folder;
}

const files = ['a', 'secrets/ci.json', 'secrets/ci.json.bak', 'secrets/deep/er/token', 'ünï/tökén', 'z'];

describe('which files Git tracks', () => {
  const rows: readonly { why: string; options?: readonly string[]; after?: (folder: string) => unknown }[] = [
    { why: 'just added' },
    { why: 'committed', after: (folder) => git(folder, 'commit', '--quiet', '-m', 'x') },
    { why: 'named with SHA-256', options: ['--object-format=sha256'] },
    {
      why: 'in an index that shortens',
      after: (folder) => git(folder, 'update-index', '--index-version', '4'),
    },
    {
      why: 'in an index with long entries',
      after: (folder) => git(folder, 'update-index', '--skip-worktree', 'secrets/ci.json'),
    },
    { why: 'in an index that is split', after: (folder) => git(folder, 'update-index', '--split-index') },
    {
      why: 'added with --intent-to-add',
      after: (folder) => {
        git(folder, 'rm', '-r', '--quiet', '--cached', '.');
        git(folder, 'add', '--intent-to-add', '.');
      },
    },
  ];
  test.each(rows)('is what git itself says: $why', async ({ options = [], after }) => {
    const folder = await repositoryWith(files, ...options);
    await after?.(folder);
    const listed = git(folder, 'ls-files', '-z')
      .split('\0')
      .filter((file) => file !== '');
    expect(listed.sort()).toEqual([...files].sort());
    for (const file of files) expect([file, await isTracked(join(folder, file))]).toEqual([file, true]);
    for (const file of ['b', 'secrets', 'secrets/ci', 'secrets/ci.jso', 'new/ci.json', 'ci.json']) {
      expect([file, await isTracked(join(folder, file))]).toEqual([file, false]);
    }
  });

  it('includes one that was deleted, but for Git', async () => {
    const folder = await repositoryWith(files);
    await rm(join(folder, 'secrets'), { recursive: true });
    expect(await isTracked(join(folder, 'secrets/ci.json'))).toBe(true);
  });

  it('does not include a file removed from the index', async () => {
    const folder = await repositoryWith(files);
    git(folder, 'rm', '--quiet', '--cached', 'secrets/ci.json');
    expect(await isTracked(join(folder, 'secrets/ci.json'))).toBe(false);
  });

  it('is the same in another working tree of the repository', async () => {
    const folder = await repositoryWith(files);
    git(folder, 'commit', '--quiet', '-m', 'x');
    const other = join(await realpath(await folderWith({})), 'other');
    git(folder, 'worktree', 'add', '--quiet', other);
    expect(await isTracked(join(other, 'secrets/ci.json'))).toBe(true);
    expect(await isTracked(join(other, 'secrets/new.json'))).toBe(false);
  });

  it('ignores the case of names if the file system does', async () => {
    const folder = await repositoryWith(files);
    git(folder, 'config', 'core.ignorecase', 'true');
    expect(await isTracked(join(folder, 'Secrets/CI.json'))).toBe(true);
  });

  it.each(['no repository', 'a repository in which nothing was added'])('are none in %s', async (why) => {
    const folder = why === 'no repository' ? await folderWith({}) : await repositoryWith([]);
    expect(await isTracked(join(folder, 'a'))).toBe(false);
  });
});

test('Git tracks nothing in what is a file, not a folder', async () => {
  const folder = await folderWith({ f: '' });
  expect(await isTracked(join(folder, 'f/x.json'))).toBe(false);
});

describe('a file that Git tracks', () => {
  const message = expect.stringContaining('Git tracks it, and the secret would be in plain text');

  it('is rejected by the check and by the write, and kept', async () => {
    const folder = await repositoryWith(files);
    const sink = fileSink(folder, 'secrets/ci.json');
    expect(await checkSink(sink, 'team-a.cr.example.com', contextWith(folder))).toMatchObject({
      code: 'SINK_FAILED',
      message,
    });
    await expect(deliverTo(sink, delivery, contextWith(folder))).rejects.toMatchObject({ message });
    expect(await readFile(join(folder, sink.path), 'utf8')).toBe('old');
  });

  it('is accepted if encrypted', async () => {
    const folder = await repositoryWith(files);
    const age = ['age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p'];
    expect(
      await checkSink(
        fileSink(folder, 'secrets/ci.json', { age }),
        'team-a.cr.example.com',
        contextWith(folder),
      ),
    ).toBeUndefined();
  });

  it('is rejected if it is a docker configuration', async () => {
    const folder = await repositoryWith(['docker/config.json']);
    await writeFile(join(folder, 'docker/config.json'), '{}');
    const sink = dockerSink(folder, 'docker');
    expect(await checkSink(sink, 'team-a.cr.example.com', contextWith(folder))).toMatchObject({
      code: 'SINK_FAILED',
      message,
    });
    await expect(deliverTo(sink, delivery, contextWith(folder))).rejects.toMatchObject({ message });
    expect(await readFile(join(folder, 'docker/config.json'), 'utf8')).toBe('{}');
  });

  test.each([
    { why: 'no index', index: 'nonsense, and long enough for a header' },
    { why: 'cut short', index: 'DIRC\0\0\0\u0002\0\0\0\u0009' },
    { why: 'of a version to come', index: 'DIRC\0\0\0\u0005\0\0\0\0' },
  ])('is unknown, so no file is written: the index is $why', async ({ index }) => {
    const folder = await folderWith({ '.git/HEAD': '', '.git/index': index });
    await mkdir(dirname(join(folder, 'a/b')), { recursive: true });
    expect(
      await checkSink(fileSink(folder, 'a/b'), 'team-a.cr.example.com', contextWith(folder)),
    ).toMatchObject({
      message: expect.stringContaining("Git's index can't be read"),
    });
  });
});
