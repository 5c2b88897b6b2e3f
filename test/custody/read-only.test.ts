import { access } from 'node:fs/promises';
import { afterEach, expect, test, vi } from 'vitest';
import { checkFile } from '../../src/custody/sinks/file.ts';
import { folderWith } from '../support/folder.ts';
import { fileSink } from './delivery.ts';

// Root may write to any folder, so the system's answer is stood in for.
vi.mock('node:fs/promises', async (original) => {
  const real = await original<typeof import('node:fs/promises')>();
  return { ...real, access: vi.fn(real.access) };
});

afterEach(() => {
  vi.mocked(access).mockReset();
});

test.each([
  { code: 'EACCES', message: "the secret can't be written to token.json: not allowed to write there" },
  { code: 'EROFS', message: "the secret can't be written to token.json: the file system is read-only" },
])('the check refuses a folder that is read-only ($code)', async ({ code, message }) => {
  vi.mocked(access).mockRejectedValueOnce(Object.assign(new Error(code), { code }));
  const folder = await folderWith({});
  expect(await checkFile(fileSink(folder, 'token.json'))).toMatchObject({ code: 'SINK_FAILED', message });
});
