import { type FileHandle, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it, test, vi } from 'vitest';
import { fsyncDirectory, removeStaleTempFiles, writeFileAtomic } from '../../src/system/atomic-write.ts';
import { folderWith } from '../support/folder.ts';

// A disk that fails is stood in for.
vi.mock('node:fs/promises', async (original) => {
  const real = await original<typeof import('node:fs/promises')>();
  return { ...real, open: vi.fn(real.open), rename: vi.fn(real.rename), rm: vi.fn(real.rm) };
});

afterEach(() => {
  for (const call of [open, rename, rm]) vi.mocked(call).mockReset();
});

const failure = Object.assign(new Error('it fails'), { code: 'EIO' });

/** Lets an operation of the next file that is opened fail. */
async function failing(operation: 'chmod' | 'writeFile' | 'sync' | 'close'): Promise<void> {
  const real = await vi.importActual<typeof import('node:fs/promises')>('node:fs/promises');
  vi.mocked(open).mockImplementationOnce(async (...given) => {
    const file: FileHandle = await real.open(...given);
    const close = file.close.bind(file);
    file[operation] = async () => {
      if (operation === 'close') await close();
      throw failure;
    };
    return file;
  });
}

describe('writing a file atomically', () => {
  test.each([
    { step: 'its mode', fail: () => failing('chmod') },
    { step: 'its content', fail: () => failing('writeFile') },
    { step: 'the flush', fail: () => failing('sync') },
    { step: 'the end of it', fail: () => failing('close') },
    { step: 'the renaming', fail: async () => vi.mocked(rename).mockRejectedValueOnce(failure) },
  ])('keeps the old one, and leaves no temporary file, if $step fails', async ({ fail }) => {
    const folder = await folderWith({ file: 'old' });
    await fail();
    await expect(writeFileAtomic(join(folder, 'file'), 'new', 0o600)).rejects.toBe(failure);
    expect(await readFile(join(folder, 'file'), 'utf8')).toBe('old');
    expect(await readdir(folder)).toEqual(['file']);
  });

  it('reports the first failure, not one of the clean-up', async () => {
    const folder = await folderWith({});
    await failing('writeFile');
    vi.mocked(rm).mockRejectedValueOnce(new Error('this, too'));
    await expect(writeFileAtomic(join(folder, 'file'), 'new', 0o600)).rejects.toBe(failure);
  });

  it('fails if the folder cannot be flushed', async () => {
    await failing('sync');
    await expect(fsyncDirectory(await folderWith({}))).rejects.toBe(failure);
  });

  it('skips the flush of the folder if the system has none', async () => {
    vi.mocked(open).mockRejectedValueOnce(Object.assign(new Error(), { code: 'EISDIR' }));
    await expect(fsyncDirectory(await folderWith({}))).resolves.toBeUndefined();
  });
});

it('temporary files of killed writes are removed, and nothing else', async () => {
  const folder = await folderWith({
    '.file.0123456789ab.tmp': 'secret',
    '.file.json.0123456789ab.tmp': 'of another',
    '.file.backup.tmp': 'not ours',
    file: 'old',
  });
  await removeStaleTempFiles(join(folder, 'file'));
  expect((await readdir(folder)).sort()).toEqual(['.file.backup.tmp', '.file.json.0123456789ab.tmp', 'file']);
});
