import { execFileSync } from 'node:child_process';
import { chmod, mkdir, readdir, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it, onTestFinished, test, vi } from 'vitest';
import { openBranch } from '../../../../src/custody/state/git/program-branch.ts';
import { folderWith } from '../../../support/folder.ts';
import { environmentAt, git, hurriedClock, makePlace, remove } from './fixtures.ts';

const files = new Map([
  ['custody.json', '{"tokens":[]}\n'],
  ['README.md', '\ufeffünï\r\ntext without a line feed at the end'],
  ['spool/a.json', '{}'],
  ['spool/b.json', ''],
]);

describe('a branch of a bare repository', () => {
  test.each(['path', 'file://'])('holds what was pushed to it: %s', async (form) => {
    const place = await makePlace();
    const remote = form === 'path' ? place.remote : pathToFileURL(place.remote).href;
    const branch = await place.open({ remote });
    expect(branch.label).toBe(`${remote}#reconcile-state`);
    expect(await branch.fetch()).toBeUndefined();
    expect(await branch.head()).toBeUndefined();
    const id = await branch.commit(files);
    expect(await branch.push(id, undefined)).toEqual({ kind: 'accepted' });
    expect(await branch.head()).toBe(id);
    expect(await branch.fetch()).toEqual({ id, files });
    expect(await (await place.open({ remote })).fetch()).toEqual({ id, files });
    expect(git(place.remote, 'fsck', '--strict')).toBe('');
  });

  it('holds a commit without parents, by reconcile, and other commits are not reachable', async () => {
    const { open, remote } = await makePlace();
    const branch = await open();
    let expected: string | undefined;
    for (const text of ['1', '2', '3']) {
      const id = await branch.commit(new Map([...files, ['custody.json', text]]));
      expect(await branch.push(id, expected)).toEqual({ kind: 'accepted' });
      expected = id;
    }
    expect(git(remote, 'rev-list', '--all')).toBe(expected);
    expect(git(remote, 'for-each-ref', '--format=%(refname)')).toBe('refs/heads/reconcile-state');
    expect(git(remote, 'log', '--format=%an <%ae> %cn <%ce>%P', 'reconcile-state')).toBe(
      'reconcile <reconcile@localhost> reconcile <reconcile@localhost>',
    );
    expect(git(remote, 'ls-tree', '-r', 'reconcile-state').split('\n')).toHaveLength(4);
  });

  it('never makes the same commit twice', async () => {
    const branch = await (await makePlace()).open({ clock: { ...hurriedClock().clock, now: () => 1e12 } });
    const ids = [await branch.commit(files), await branch.commit(files)];
    expect(new Set(ids).size).toBe(2);
  });

  it('can be empty', async () => {
    const branch = await (await makePlace()).open();
    const id = await branch.commit(new Map());
    await branch.push(id, undefined);
    expect(await branch.fetch()).toEqual({ id, files: new Map() });
  });

  it('holds many files', async () => {
    const branch = await (await makePlace()).open();
    const many = new Map(Array.from({ length: 300 }, (_, index) => [`spool/${index}.json`, `${index}`]));
    await branch.push(await branch.commit(many), undefined);
    const fetched = await branch.fetch();
    expect(new Map([...(fetched?.files ?? [])].sort())).toEqual(new Map([...many].sort()));
  });

  it('accepts the same commit again, whatever is expected', async () => {
    const branch = await (await makePlace()).open();
    const id = await branch.commit(files);
    expect(await branch.push(id, undefined)).toEqual({ kind: 'accepted' });
    expect(await branch.push(id, undefined)).toEqual({ kind: 'accepted' });
    expect(await branch.push(id, id)).toEqual({ kind: 'accepted' });
  });

  it('is not replaced if it is not at the expected commit', async () => {
    const { open } = await makePlace();
    const [one, other] = [await open(), await open()];
    const first = await one.commit(files);
    await one.push(first, undefined);
    const late = await other.commit(files);
    const stale = { kind: 'rejected', reason: expect.stringContaining('not at the expected commit') };
    expect(await other.push(late, undefined)).toMatchObject(stale);
    expect(await other.push(late, late)).toMatchObject(stale);
    expect(await one.head()).toBe(first);
    expect(await other.push(late, first)).toEqual({ kind: 'accepted' });
    expect(await one.push(await one.commit(files), first)).toMatchObject(stale);
    expect(await one.head()).toBe(late);
    await other.fetch();
    git(await repositoryOf(open), 'update-ref', '-d', 'refs/heads/reconcile-state');
    expect(await one.push(await one.commit(files), late)).toMatchObject(stale);
    expect(await one.head()).toBeUndefined();
  });

  it('is replaced by one of several pushes at the same time', async () => {
    const { open } = await makePlace();
    const first = await open();
    const start = await first.commit(files);
    await first.push(start, undefined);
    const branches = await Promise.all([open(), open(), open(), open()]);
    const ids = await Promise.all(branches.map((branch) => branch.commit(files)));
    const outcomes = await Promise.all(branches.map((branch, index) => branch.push(ids[index] ?? '', start)));
    const accepted = ids.filter((_, index) => outcomes[index]?.kind === 'accepted');
    expect(accepted).toEqual([await first.head()]);
    expect(outcomes.filter(({ kind }) => kind === 'rejected')).toHaveLength(3);
  });

  it('is fetched without its history', async () => {
    const { open, remote, folder } = await makePlace();
    await addCommits(folder, remote, 'reconcile-state');
    const branch = await open();
    const fetched = await branch.fetch();
    expect(fetched?.files).toEqual(new Map([['a', '2']]));
    const id = await branch.commit(files);
    expect(await branch.push(id, fetched?.id)).toEqual({ kind: 'accepted' });
    expect(git(remote, 'rev-list', '--all')).toBe(id);
    expect(await branch.fetch()).toEqual({ id, files });
  });

  it('is not taken for another one that ends alike', async () => {
    const { open, remote, folder } = await makePlace();
    await addCommits(folder, remote, 'refs/heads/reconcile-state');
    const branch = await open();
    expect(await branch.fetch()).toBeUndefined();
    expect(await branch.head()).toBeUndefined();
    const before = git(remote, 'for-each-ref');
    expect(await branch.push(await branch.commit(files), undefined)).toMatchObject({ kind: 'rejected' });
    expect(git(remote, 'for-each-ref')).toBe(before);
  });

  it('can be read and replaced several times at the same time', async () => {
    const branch = await (await makePlace()).open();
    const id = await branch.commit(files);
    await branch.push(id, undefined);
    const fetched = await Promise.all([branch.fetch(), branch.fetch(), branch.commit(files), branch.fetch()]);
    expect(fetched.filter((result) => typeof result === 'object')).toEqual([
      { id, files },
      { id, files },
      { id, files },
    ]);
  });

  it('rejects pushes of what is no commit', async () => {
    const branch = await (await makePlace()).open();
    await expect(branch.push('--all', undefined)).rejects.toThrow(RangeError);
    await expect(branch.push('0'.repeat(40), 'x')).rejects.toThrow(RangeError);
  });
});

test.each([
  '',
  '.',
  '..',
  '.git',
  '.GIT/config',
  'a/',
  '/a',
  'a//b',
  'a/b/c',
  'a/../b',
  'spool/.hidden',
  'a\nb',
  'a\0b',
  'a\\b',
  'C:a',
  '\ud800',
])('no commit has a file %j', async (path) => {
  const branch = await (await makePlace()).open();
  await expect(branch.commit(new Map([[path, 'x']]))).rejects.toThrow(RangeError);
});

it('no commit has a file and a folder with the same name', async () => {
  const branch = await (await makePlace()).open();
  await expect(
    branch.commit(
      new Map([
        ['a', '1'],
        ['a/b', '2'],
      ]),
    ),
  ).rejects.toThrow(RangeError);
});

describe('a branch that is not a state', () => {
  const rows: readonly { what: RegExp; make: (folder: string) => Promise<unknown> }[] = [
    { what: /not a regular file/, make: (folder) => symlink('/etc/passwd', join(folder, 'link')) },
    {
      what: /"image".* is not UTF-8/,
      make: (folder) => writeFile(join(folder, 'image'), Buffer.from([0xff])),
    },
    {
      what: /64 MiB/,
      make: (folder) => writeFile(join(folder, 'large'), Buffer.alloc(64 * 1024 * 1024 + 1)),
    },
  ];
  test.each(rows)('is an error: $what', async ({ what, make }) => {
    const { open, remote, folder } = await makePlace();
    const checkout = join(folder, 'checkout');
    git(folder, 'init', '--quiet', checkout);
    await make(checkout);
    git(checkout, 'add', '.');
    git(checkout, 'commit', '--quiet', '-m', 'x');
    git(checkout, 'push', '--quiet', remote, 'HEAD:refs/heads/reconcile-state');
    await expect((await open()).fetch()).rejects.toMatchObject({
      code: 'STATE_UNAVAILABLE',
      message: expect.stringMatching(what),
      hint: expect.stringContaining('not the branch of a state'),
    });
  });

  it('is read with folders of any depth, which the caller judges', async () => {
    const { open, remote, folder } = await makePlace();
    const checkout = join(folder, 'checkout');
    git(folder, 'init', '--quiet', checkout);
    await mkdir(join(checkout, 'a/b/c'), { recursive: true });
    await writeFile(join(checkout, 'a/b/c/ünï "quoted"\ttab'), 'x');
    git(checkout, 'add', '.');
    git(checkout, 'commit', '--quiet', '-m', 'x');
    git(checkout, 'push', '--quiet', remote, 'HEAD:refs/heads/reconcile-state');
    expect((await (await open()).fetch())?.files).toEqual(new Map([['a/b/c/ünï "quoted"\ttab', 'x']]));
  });
});

describe('a push that the repository rejects', () => {
  it('has the reason and a hint', async () => {
    const { open, remote } = await makePlace();
    await writeHook(remote, 'pre-receive', "echo 'GH006: Protected branch update failed' >&2; exit 1");
    const branch = await open();
    expect(await branch.push(await branch.commit(files), undefined)).toEqual({
      kind: 'rejected',
      reason: expect.stringContaining('GH006: Protected branch update failed'),
      hint: expect.stringContaining('force-pushing branch reconcile-state'),
    });
    expect(await branch.head()).toBeUndefined();
  });

  it('is probed without writing', async () => {
    const { open, remote } = await makePlace();
    const branch = await open();
    expect(await branch.probe(undefined)).toEqual({ kind: 'accepted' });
    expect(git(remote, 'for-each-ref')).toBe('');
    const id = await branch.commit(files);
    await branch.push(id, undefined);
    expect(await branch.probe(id)).toEqual({ kind: 'accepted' });
    expect(await branch.probe(undefined)).toMatchObject({ kind: 'rejected' });
    expect(await branch.head()).toBe(id);
  });
});

describe('a remote', () => {
  it('is one of the checkout, in a folder below its root', async () => {
    const { open, folder } = await makePlace();
    const checkout = join(folder, 'checkout');
    git(folder, 'init', '--quiet', checkout);
    git(checkout, 'remote', 'add', 'origin', '../remote.git');
    git(checkout, 'remote', 'set-url', '--add', 'origin', '../second.git');
    await mkdir(join(checkout, 'below'));
    const branch = await open({ remote: 'origin', cwd: join(checkout, 'below') });
    expect(branch.label).toBe('origin#reconcile-state');
    expect(await branch.fetch()).toBeUndefined();
  });

  it('is a relative path', async () => {
    const { open, folder } = await makePlace();
    const branch = await open({ remote: '../remote.git', cwd: join(folder, 'home') });
    expect(await branch.fetch()).toBeUndefined();
    expect(await (await open({ remote: 'remote.git' })).fetch()).toBeUndefined();
  });

  it('is looked for among the names that there are', async () => {
    const { open, folder } = await makePlace();
    await expect(open({ remote: 'origin' })).rejects.toMatchObject({
      code: 'USAGE',
      message: 'no such Git remote: origin',
      hint: expect.stringContaining('has no remotes'),
    });
    git(folder, 'init', '--quiet');
    git(folder, 'remote', 'add', 'upstream', 'https://u:secret@example.invalid/x');
    git(folder, 'remote', 'add', 'fork', 'https://example.invalid/y');
    await expect(open({ remote: 'origin' })).rejects.toMatchObject({
      hint: expect.stringContaining('upstream, fork'),
    });
  });

  test.each([
    { remote: '--upload-pack=touch x' },
    { remote: '' },
    { branch: '-x' },
    { branch: '' },
    { branch: 'a b' },
    { branch: '@{-1}' },
    { branch: 'a..b' },
  ])('and its branch have names that Git accepts: not %j', async (options) => {
    await expect((await makePlace()).open(options)).rejects.toMatchObject({ code: 'USAGE' });
  });

  it('must not have a URL that looks like an option', async () => {
    const { open, folder } = await makePlace();
    git(folder, 'init', '--quiet');
    git(folder, 'config', 'remote.origin.url', '--upload-pack=touch x');
    await expect(open({ remote: 'origin' })).rejects.toMatchObject({ code: 'USAGE' });
  });

  test.each(['/nowhere/at-all', 'file:///nowhere/at-all'])(
    'that is missing is an error: %s',
    async (remote) => {
      const branch = await (await makePlace()).open({ remote });
      const error = await branch.fetch().catch((thrown) => thrown);
      expect(error).toMatchObject({
        code: 'STATE_UNAVAILABLE',
        message: expect.stringContaining(
          `state ${remote}#reconcile-state can't be read: repository not found (fatal:`,
        ),
      });
      expect(await branch.push(await branch.commit(files), undefined)).toMatchObject({ kind: 'rejected' });
      expect(await branch.probe(undefined)).toMatchObject({ kind: 'rejected' });
      await expect(branch.head()).rejects.toMatchObject({ code: 'STATE_UNAVAILABLE' });
    },
  );

  it('has SHA-1 objects', async () => {
    const { open, remote, folder } = await makePlace({}, 'sha256');
    const checkout = join(folder, 'checkout');
    git(folder, 'init', '--quiet', '--object-format=sha256', checkout);
    git(checkout, 'commit', '--quiet', '--allow-empty', '-m', 'x');
    git(checkout, 'push', '--quiet', remote, 'HEAD:refs/heads/reconcile-state');
    const branch = await open();
    await expect(branch.fetch()).rejects.toMatchObject({
      message: expect.stringContaining('another object format'),
    });
    expect(await branch.push(await branch.commit(files), undefined)).toMatchObject({ kind: 'rejected' });
  });
});

describe('the private repository', () => {
  it('is private, keeps no contents beside its objects, and is gone after closing', async () => {
    const { folder, open } = await makePlace();
    const temporary = join(folder, 'tmp');
    await mkdir(temporary);
    vi.stubEnv('TMPDIR', temporary);
    onTestFinished(() => void vi.unstubAllEnvs());
    const branch = await open();
    await branch.push(await branch.commit(files), undefined);
    const [name = ''] = await readdir(temporary);
    expect((await stat(join(temporary, name))).mode & 0o777).toBe(0o700);
    expect((await readdir(join(temporary, name))).filter((entry) => entry.startsWith('content'))).toEqual([]);
    await branch.close();
    expect(await readdir(temporary)).toEqual([]);
    await branch.close();
  });

  it('is not left behind if the branch cannot be opened', async () => {
    const { folder, open } = await makePlace();
    const temporary = join(folder, 'tmp');
    await mkdir(temporary);
    vi.stubEnv('TMPDIR', temporary);
    onTestFinished(() => void vi.unstubAllEnvs());
    await expect(open({ remote: 'origin' })).rejects.toMatchObject({ code: 'USAGE' });
    expect(await readdir(temporary)).toEqual([]);
  });

  it('is not used after closing', async () => {
    const branch = await (await makePlace()).open();
    const fetching = branch.fetch().catch((error) => error);
    await branch.close();
    await fetching;
    await expect(branch.fetch()).rejects.toThrow('closed');
    await expect(branch.commit(files)).rejects.toThrow('no such file');
  });
});

describe('Git itself', () => {
  it('may be missing', async () => {
    const place = await makePlace();
    await expect(place.open({ env: { ...place.env, PATH: place.folder } })).rejects.toMatchObject({
      code: 'STATE_UNAVAILABLE',
      message: expect.stringContaining('git not found in PATH'),
      hint: expect.stringContaining('install git 2.31 or later'),
    });
  });

  it('may be too old to read settings from variables', async () => {
    const place = await makePlace();
    const old = await folderWith({ git: '#!/bin/sh\nexit 1\n' });
    await chmod(join(old, 'git'), 0o755);
    await expect(
      place.open({ env: { ...place.env, PATH: `${old}:${process.env['PATH']}` } }),
    ).rejects.toMatchObject({
      message: expect.stringContaining('needs a newer Git'),
    });
  });

  it('may refuse the checkout of another user', async () => {
    const place = await makePlace();
    git(place.folder, 'init', '--quiet');
    git(place.folder, 'remote', 'add', 'origin', place.remote);
    const env = { ...place.env, GIT_TEST_ASSUME_DIFFERENT_OWNER: '1' };
    // The variable of Git's own tests must not pass, so the program sets it.
    const wrapped = await folderWith({
      git: `#!/bin/sh\nGIT_TEST_ASSUME_DIFFERENT_OWNER=1 exec ${gitPath()} "$@"\n`,
    });
    await chmod(join(wrapped, 'git'), 0o755);
    await expect((await place.open({ env, remote: 'origin' })).fetch()).resolves.toBeUndefined();
    await expect(
      place.open({ env: { ...env, PATH: `${wrapped}:${process.env['PATH']}` }, remote: 'origin' }),
    ).rejects.toMatchObject({
      code: 'STATE_UNAVAILABLE',
      message: expect.stringContaining('another user owns it'),
      hint: expect.stringContaining('safe.directory'),
    });
  });

  it('may not understand its configuration', async () => {
    const place = await makePlace({ 'home/.gitconfig': '[core\n' });
    await expect(place.open()).rejects.toMatchObject({
      code: 'STATE_UNAVAILABLE',
      message: expect.stringContaining('bad config'),
    });
  });
});

it('reading stops when the signal is aborted, and writing does not', async () => {
  const { open } = await makePlace();
  const controller = new AbortController();
  const branch = await open({ signal: controller.signal });
  const id = await branch.commit(files);
  controller.abort(new Error('interrupted'));
  await expect(branch.fetch()).rejects.toThrow('interrupted');
  await expect(branch.head()).rejects.toThrow('interrupted');
  expect(await branch.push(id, undefined)).toEqual({ kind: 'accepted' });
});

it('reading goes on after the signal was aborted if something was pushed, as its outcome has to be known', async () => {
  const { open } = await makePlace();
  const controller = new AbortController();
  const branch = await open({ signal: controller.signal });
  const id = await branch.commit(files);
  await branch.push(id, undefined);
  controller.abort(new Error('interrupted'));
  expect(await branch.head()).toBe(id);
  expect(await branch.fetch()).toEqual({ id, files });
});

it('opening stops when the signal is aborted', async () => {
  const { folder, env, remote } = await makePlace();
  const signal = AbortSignal.abort(new Error('interrupted'));
  await expect(
    openBranch({
      remote,
      branch: 'x',
      cwd: folder,
      env: environmentAt(folder, env),
      timeoutSeconds: 9,
      signal,
    }),
  ).rejects.toThrow('interrupted');
  await remove(folder);
});

/** Returns the path of the remote that `open` uses. */
async function repositoryOf(open: Awaited<ReturnType<typeof makePlace>>['open']): Promise<string> {
  return (await open()).label.replace(/#.*/, '');
}

/** Pushes two commits to a branch. */
async function addCommits(folder: string, remote: string, branch: string): Promise<void> {
  const checkout = join(folder, 'history');
  git(folder, 'init', '--quiet', checkout);
  for (const text of ['1', '2']) {
    await writeFile(join(checkout, 'a'), text);
    git(checkout, 'add', '.');
    git(checkout, 'commit', '--quiet', '-m', text);
  }
  git(checkout, 'push', '--quiet', remote, `HEAD:refs/heads/${branch}`);
}

/** Writes a hook of a repository. */
async function writeHook(repository: string, name: string, script: string): Promise<void> {
  await mkdir(join(repository, 'hooks'), { recursive: true });
  await writeFile(join(repository, 'hooks', name), `#!/bin/sh\n${script}\n`);
  await chmod(join(repository, 'hooks', name), 0o755);
}

function gitPath(): string {
  return execFileSync('sh', ['-c', 'command -v git'], { encoding: 'utf8' }).trim();
}
