import { execFileSync } from 'node:child_process';
import { truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import {
  quarantinePath,
  readBoundedFile,
  readFileIfExists,
  readSmallBytes,
  undefinedIfMissing,
} from '../../src/system/read-file.ts';
import { folderWith } from '../support/folder.ts';

test('a missing file is undefined', async () => {
  const folder = await folderWith({});
  expect(await readFileIfExists(join(folder, 'a'))).toBeUndefined();
  expect(await readSmallBytes(join(folder, 'a'))).toBeUndefined();
  expect(await readBoundedFile(join(folder, 'a'))).toBeUndefined();
});

test('a file is read as text', async () => {
  const folder = await folderWith({ a: 'ünï' });
  expect(await readFileIfExists(join(folder, 'a'))).toBe('ünï');
  expect(await readBoundedFile(join(folder, 'a'))).toBe('ünï');
});

test('a state file that is a folder or a pipe is corrupt, and reading never blocks', async () => {
  const folder = await folderWith({ 'folder/a': '' });
  execFileSync('mkfifo', [join(folder, 'pipe')]);
  expect(await readFileIfExists(join(folder, 'folder'))).toBe('');
  expect(await readFileIfExists(join(folder, 'pipe'))).toBe('');
});

test('a sink that is a pipe or too large is an error, and reading never blocks', async () => {
  const folder = await folderWith({ large: '' });
  execFileSync('mkfifo', [join(folder, 'pipe')]);
  await truncate(join(folder, 'large'), 1024 * 1024 + 1);
  await expect(readSmallBytes(join(folder, 'pipe'))).rejects.toMatchObject({ code: 'EINVAL' });
  await expect(readSmallBytes(join(folder, 'large'))).rejects.toMatchObject({ code: 'EFBIG' });
});

test('only a missing file is ignored', async () => {
  const failure = (code: string) => Promise.reject(Object.assign(new Error(code), { code }));
  expect(await undefinedIfMissing(failure('ENOENT'))).toBeUndefined();
  await expect(undefinedIfMissing(failure('EACCES'))).rejects.toThrow('EACCES');
});

test('a corrupt file never replaces another one', () => {
  expect(quarantinePath('a.json')).toMatch(/^a\.json\.broken-[0-9a-f]{8}$/);
  expect(quarantinePath('a.json')).not.toBe(quarantinePath('a.json'));
});
