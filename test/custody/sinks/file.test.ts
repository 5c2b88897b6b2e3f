import { chmod, mkdir, readdir, readFile, realpath, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, test } from 'vitest';
import type { Problem } from '../../../src/core/model/errors.ts';
import type { FileSink } from '../../../src/core/model/sink.ts';
import { checkSink, deliverTo } from '../../../src/custody/sinks/index.ts';
import { folderWith } from '../../support/folder.ts';
import { contextWith, delivery, fileSink } from './fixtures.ts';

const write = (sink: FileSink): Promise<void> => deliverTo(sink, delivery, contextWith(sink.folder));

const check = (sink: FileSink): Promise<Problem | undefined> =>
  checkSink(sink, 'team-a.cr.example.com', contextWith(sink.folder));

async function modeOf(path: string): Promise<string> {
  return ((await stat(path)).mode & 0o777).toString(8);
}

describe('the mode of a file', () => {
  test.each([
    { why: 'for its owner only', mode: 0o600, umask: 0o022, result: '600' },
    { why: 'whatever the umask leaves open', mode: 0o600, umask: 0o000, result: '600' },
    { why: 'whatever the umask takes away', mode: 0o640, umask: 0o077, result: '640' },
    { why: 'all of it, if requested', mode: 0o644, umask: 0o777, result: '644' },
  ])('is its own: $why', async ({ mode, umask, result }) => {
    const folder = await folderWith({});
    const before = process.umask(umask);
    onTestFinished(() => {
      process.umask(before);
    });
    await write(fileSink(folder, 'token.json', { mode }));
    expect(await modeOf(join(folder, 'token.json'))).toBe(result);
  });

  it('is its own over an old file that others may read', async () => {
    const folder = await folderWith({ 'token.json': 'old' });
    await chmod(join(folder, 'token.json'), 0o644);
    await write(fileSink(folder, 'token.json'));
    expect(await modeOf(join(folder, 'token.json'))).toBe('600');
  });
});

describe('writing', () => {
  it('replaces the old content, and leaves nothing beside it', async () => {
    const folder = await folderWith({ 'token.json': 'old' });
    await write(fileSink(folder, 'token.json', { format: 'raw' }));
    expect(await readFile(join(folder, 'token.json'), 'utf8')).toBe('hunter2');
    expect(await readdir(folder)).toEqual(['token.json']);
  });

  it('twice is as good as once', async () => {
    const folder = await folderWith({});
    await write(fileSink(folder, 'token.json', { format: 'raw' }));
    await write(fileSink(folder, 'token.json', { format: 'raw' }));
    expect(await readdir(folder)).toEqual(['token.json']);
  });

  it('sweeps up what a write that was killed has left', async () => {
    const folder = await folderWith({ '.token.json.0123456789ab.tmp': 'hunter1' });
    await write(fileSink(folder, 'token.json'));
    expect(await readdir(folder)).toEqual(['token.json']);
  });

  it('follows a link inside of the folder, and keeps it', async () => {
    const folder = await folderWith({ 'real/token.json': 'old' });
    await symlink('real/token.json', join(folder, 'token.json'));
    await write(fileSink(folder, 'token.json', { format: 'raw' }));
    expect(await readFile(join(folder, 'real/token.json'), 'utf8')).toBe('hunter2');
  });
});

describe('a file is rejected by the check and by the write', () => {
  const rows: readonly {
    why: string;
    path: string;
    prepare?: (folder: string, outside: string) => Promise<unknown>;
    message: string;
    hint?: string;
  }[] = [
    {
      why: 'its folder is missing',
      path: 'gone/token.json',
      message: 'its folder is missing',
      hint: 'mkdir -p gone',
    },
    { why: 'its folder is a file', path: 'file/token.json', message: 'its parent is not a folder' },
    {
      why: 'a directory is in its place',
      path: 'token.json',
      prepare: (folder) => mkdir(join(folder, 'token.json')),
      message: 'is not a regular file',
    },
    { why: 'its path leads out', path: '../token.json', message: 'outside the manifests' },
    {
      why: 'its folder is a link that leads out',
      path: 'secrets/token.json',
      prepare: (folder, outside) => symlink(outside, join(folder, 'secrets')),
      message: 'outside the manifests',
    },
    {
      why: 'it is a link to a file outside',
      path: 'token.json',
      prepare: async (folder, outside) => {
        await writeFile(join(outside, 'victim'), 'old');
        await symlink(join(outside, 'victim'), join(folder, 'token.json'));
      },
      message: 'outside the manifests',
    },
    {
      why: 'it is a link to nowhere',
      path: 'token.json',
      prepare: (folder) => symlink('gone', join(folder, 'token.json')),
      message: 'a broken symbolic link',
    },
    {
      why: 'its symbolic links form a loop',
      path: 'token.json',
      prepare: (folder) => symlink('token.json', join(folder, 'token.json')),
      message: 'form a loop',
    },
    {
      why: 'a link leads into .git',
      path: 'secrets/token.json',
      prepare: async (folder) => {
        await mkdir(join(folder, '.git/hooks'), { recursive: true });
        await symlink('.git/hooks', join(folder, 'secrets'));
      },
      message: '.git or .github',
    },
  ];
  test.each(rows)('$why', async ({ path, prepare, message, hint }) => {
    const outside = await folderWith({});
    const folder = await folderWith({ file: '' });
    await prepare?.(folder, outside);
    const sink = fileSink(folder, path);
    const before = [await readdir(folder, { recursive: true }), await readdir(outside)];

    const problem = await check(sink);
    expect(problem).toMatchObject({ code: 'SINK_FAILED', message: expect.stringContaining(message) });
    if (hint !== undefined) expect(problem?.hint).toContain(hint);
    await expect(write(sink)).rejects.toMatchObject({ ...problem });
    expect([await readdir(folder, { recursive: true }), await readdir(outside)]).toEqual(before);
  });
});

describe('the check', () => {
  test.each([
    { why: 'a new file', files: {} },
    { why: 'a file that is there', files: { 'token.json': 'old' } },
  ])('passes and writes nothing: $why', async ({ files }) => {
    const folder = await folderWith(files as Record<string, string>);
    expect(await check(fileSink(folder, 'token.json'))).toBeUndefined();
    expect(await readdir(folder)).toEqual(Object.keys(files));
  });

  it('passes if the folder is reached by a link', async () => {
    const real = await folderWith({});
    const linked = join(await folderWith({}), 'linked');
    await symlink(real, linked);
    expect(await check(fileSink(linked, 'token.json'))).toBeUndefined();
  });
});

describe('a file cannot hold a secret', () => {
  test.each([
    ['in the state directory, whatever that is called', 'state/custody.json'],
    ['where a manifest is', 'tokens.yaml'],
  ])('%s', async (_, path) => {
    const folder = await realpath(await folderWith({ 'tokens.yaml': '', 'state/custody.json': '{}' }));
    const keepOut = [join(folder, 'state'), join(folder, 'tokens.yaml')];
    const problem = await checkSink(fileSink(folder, path), '', {
      ...contextWith(folder),
      reservedPaths: keepOut,
    });
    expect(problem?.message).toContain('reconcile itself reads or writes that file');
  });

  test('that another token has, by whatever path', async () => {
    const folder = await folderWith({ 'a.json': 'old' });
    await symlink('a.json', join(folder, 'b.json'));
    const context = contextWith(folder);
    const first = fileSink(folder, 'a.json');
    expect(await checkSink(first, '', context)).toBeUndefined();
    expect(await checkSink(first, '', context)).toBeUndefined();
    expect((await checkSink(fileSink(folder, 'b.json'), '', context))?.message).toContain(
      'it is the same file as a.json, which another token writes',
    );
  });
});
