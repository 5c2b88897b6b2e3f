import { execFileSync } from 'node:child_process';
import { realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { isUnignored } from '../../src/system/git-ignore.ts';
import { reconcile } from '../support/cli.ts';
import { servedEmulator } from '../support/emulator.ts';
import { folderWith } from '../support/folder.ts';

function git(folder: string, ...args: readonly string[]): number {
  try {
    execFileSync('git', args, {
      cwd: folder,
      env: { PATH: process.env['PATH'], HOME: folder, GIT_CONFIG_NOSYSTEM: '1' },
      stdio: 'ignore',
    });
    return 0;
  } catch (error) {
    return (error as { status: number }).status;
  }
}

const files = {
  '.gitignore': 'secrets/*\n!secrets/kept.json\n*.env\n/root.json\nbuild/\n',
  'sub/.gitignore': '!here.env\nlocal/\n',
  'secrets/.keep': '',
  'build/.keep': '',
  'sub/local/.keep': '',
  'sub/deep/.gitignore': '*\n!.gitignore\n',
};

test.each([
  'secrets/ci.json',
  'secrets/kept.json',
  'a.env',
  'sub/here.env',
  'sub/there.env',
  'root.json',
  'sub/root.json',
  'build/kept.json',
  'sub/local/a.json',
  'sub/deep/a.json',
  'plain.json',
  'excluded.json',
  'personal.json',
])('whether Git ignores %s is what Git says', async (path) => {
  const folder = await realpath(await folderWith({ ...files, '.config/git/ignore': 'personal.json\n' }));
  git(folder, 'init', '--quiet');
  git(folder, 'config', 'user.name', 'x');
  execFileSync('sh', ['-c', 'echo excluded.json >> .git/info/exclude'], { cwd: folder });
  const ignored = git(folder, 'check-ignore', '--quiet', path) === 0;
  expect(await isUnignored(join(folder, path), { HOME: folder })).toBe(!ignored);
});

test('outside of a work tree nothing is published', async () => {
  expect(await isUnignored(join(await folderWith({}), 'a.json'), {})).toBe(false);
});

test('the plan warns of a secret that git add would publish, and not of one that is ignored or encrypted', async () => {
  const emulator = await servedEmulator('ionos: { registries: [{ name: team-a }] }');
  const recipient = 'age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p';
  const entry = (name: string, sink: string) =>
    `  - { kind: registry_token, registry: team-a, name: ${name}, scopes: [{ type: repository, name: a, actions: [pull] }], secret: [{ file: ${sink} }] }\n`;
  const cwd = await folderWith({
    '.gitignore': 'secrets/\n',
    'secrets/.keep': '',
    't.yaml': `apiVersion: reconcile/v1\ntokens:\n${entry('shown', '{ path: shown.json }')}${entry('ignored', '{ path: secrets/a.json }')}${entry('encrypted', `{ path: a.age, age: [${recipient}] }`)}`,
  });
  git(cwd, 'init', '--quiet');
  const { stdout } = await reconcile(['plan', '--format', 'json'], { cwd, env: emulator.env });
  const warnings = JSON.parse(stdout).changes.map(
    ({ address, warnings }: { address: string; warnings: readonly string[] }) => [address, warnings],
  );
  expect(warnings).toEqual([
    ['registry_token:team-a/encrypted', []],
    ['registry_token:team-a/ignored', []],
    [
      'registry_token:team-a/shown',
      [expect.stringContaining('Git neither ignores nor tracks file shown.json')],
    ],
  ]);
});
