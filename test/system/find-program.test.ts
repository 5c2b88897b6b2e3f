import { chmod, mkdir } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { expect, test } from 'vitest';
import { findProgram } from '../../src/system/find-program.ts';
import { folderWith } from '../support/folder.ts';

async function setUp() {
  const folder = await folderWith({ 'a/plain': '', 'b/tool': '', 'c/tool': '' });
  for (const path of ['b/tool', 'c/tool']) await chmod(join(folder, path), 0o755);
  await mkdir(join(folder, 'a', 'tool'));
  const path = (...parts: readonly string[]) => ({
    PATH: parts.map((part) => join(folder, part)).join(delimiter),
  });
  return { folder, path };
}

test('a name is searched in PATH, and the first program counts', async () => {
  const { folder, path } = await setUp();
  expect(await findProgram('tool', path('a', 'b', 'c'), folder)).toEqual({ path: join(folder, 'b/tool') });
});

test('a relative folder in PATH is skipped, as it would lead into a checkout', async () => {
  const { folder } = await setUp();
  expect(await findProgram('tool', { PATH: `b${delimiter}.` }, join(folder, 'b'))).toHaveProperty('why');
});

test('a name with a slash is relative to the folder, whatever PATH says', async () => {
  const { folder, path } = await setUp();
  expect(await findProgram('./tool', path('b'), join(folder, 'c'))).toEqual({ path: join(folder, 'c/tool') });
});

test.each([
  { why: 'is missing', name: 'nothing' },
  { why: 'is missing at its path', name: './nothing' },
  { why: 'is a folder', name: './a/tool' },
  { why: 'is not executable', name: './a/plain' },
])('a program that $why is not found, with a hint', async ({ name }) => {
  const { folder, path } = await setUp();
  expect(await findProgram(name, path('b'), folder)).toEqual({
    why: expect.any(String),
    hint: expect.any(String),
  });
});
