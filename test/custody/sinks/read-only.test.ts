import { access } from 'node:fs/promises';
import { afterEach, expect, test, vi } from 'vitest';
import { checkSink } from '../../../src/custody/sinks/index.ts';
import { folderWith } from '../../support/folder.ts';
import { contextWith, dockerSink, fileSink } from './fixtures.ts';

// Root may write to any folder, so the system's answer is stood in for.
vi.mock('node:fs/promises', async (original) => {
  const real = await original<typeof import('node:fs/promises')>();
  return { ...real, access: vi.fn(real.access) };
});

afterEach(() => {
  vi.mocked(access).mockReset();
});

test.each([
  { code: 'EACCES', why: 'not allowed to write there' },
  { code: 'EROFS', why: 'the file system is read-only' },
])('the check refuses a folder that is read-only ($code)', async ({ code, why }) => {
  vi.mocked(access).mockRejectedValue(Object.assign(new Error(code), { code }));
  const folder = await folderWith({});
  expect(
    await checkSink(fileSink(folder, 'token.json'), 'team-a.cr.example.com', contextWith(folder)),
  ).toMatchObject({
    code: 'SINK_FAILED',
    message: `the secret can't be written to token.json: ${why}`,
  });
  expect(
    await checkSink(dockerSink(folder, 'docker'), 'team-a.cr.example.com', contextWith(folder)),
  ).toMatchObject({
    code: 'SINK_FAILED',
    message: `the secret can't be written to docker/config.json: ${why}`,
  });
});
