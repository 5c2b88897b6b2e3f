import { mkdir, realpath, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { resolveAllowedPath, resolveFile } from '../../../src/custody/sinks/safe-path.ts';
import { folderWith } from '../../support/folder.ts';

async function folder(): Promise<string> {
  const made = await realpath(await folderWith({ 'in/a.json': 'a', 'out/b.json': 'b' }));
  await symlink(join(made, 'out'), join(made, 'in', 'away'));
  await symlink(join(made, 'in', 'a.json'), join(made, 'in', 'link.json'));
  await symlink(join(made, 'gone'), join(made, 'in', 'dangling'));
  await mkdir(join(made, 'in', 'folder'));
  return made;
}

describe('the path of a sink', () => {
  test.each([
    { why: 'a file', path: 'in/a.json', real: 'in/a.json' },
    { why: 'a new file', path: 'in/new.json', real: 'in/new.json' },
    { why: 'a new file in new folders', path: 'in/x/y/new.json', real: 'in/x/y/new.json' },
    { why: 'a link to a file', path: 'in/link.json', real: 'in/a.json' },
  ])('is resolved: $why', async ({ path, real }) => {
    const root = await folder();
    expect(await resolveAllowedPath(path, join(root, path), [join(root, 'in')])).toBe(join(root, real));
  });

  test.each([
    { why: 'outside of the allowed folders', path: 'out/b.json' },
    { why: 'behind a link that leads out of them', path: 'in/away/b.json' },
    { why: 'in .git', path: 'in/.git/hooks/pre-commit' },
    { why: 'in .github, in any case', path: 'in/.GitHub/workflows/ci.yaml' },
    { why: 'in a state directory', path: 'in/.reconcile/custody.json' },
    { why: 'a folder', path: 'in/folder' },
    { why: 'a dangling link', path: 'in/dangling' },
    { why: 'in a folder that is a dangling link', path: 'in/dangling/a.json' },
  ])('is rejected: $why', async ({ path }) => {
    const root = await folder();
    await expect(resolveAllowedPath(path, join(root, path), [join(root, 'in')])).rejects.toMatchObject({
      code: 'SINK_FAILED',
    });
  });

  test('may be anywhere if the user names it, but not a folder', async () => {
    const root = await folder();
    expect(await resolveFile('b', join(root, 'in/away/b.json'))).toBe(join(root, 'out/b.json'));
    await expect(resolveFile('b', join(root, 'out'))).rejects.toMatchObject({ code: 'SINK_FAILED' });
  });
});

test('a folder that is missing in the allowed ones is not an error', async () => {
  const root = await folder();
  await writeFile(join(root, 'in', 'c.json'), '');
  const within = [join(root, 'missing'), join(root, 'in')];
  expect(await resolveAllowedPath('c', join(root, 'in/c.json'), within)).toBe(join(root, 'in/c.json'));
});
