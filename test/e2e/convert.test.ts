import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { reconcile } from '../support/cli.ts';
import { folderWith } from '../support/folder.ts';

const example = (name: string): Promise<string> =>
  readFile(new URL(`../convert/examples/${name}`, import.meta.url), 'utf8');

test.each(['registry-token.yml', 'play.yml'])('what becomes of %s is a valid manifest', async (name) => {
  const cwd = await folderWith({ [name]: await example(name), 'out/secrets/.keep': '' });
  const { code, stdout, stderr } = await reconcile(['convert', name], { cwd });
  expect(code).toBe(0);
  // What is left to do stands in the manifest, and is told.
  const told = stderr.split('\n').filter((line) => line.startsWith(name));
  expect(told.length).toBeGreaterThan(3);
  expect(stdout.match(/^# - /gm)).toHaveLength(told.length);
  const validated = await reconcile(['validate', '-'], { cwd, stdin: stdout });
  expect(validated).toMatchObject({ code: 0, stdout: expect.stringMatching(/^Valid: [38] tokens/) });
});

test('as JSON, with what is left; and --strict fails where something is', async () => {
  const cwd = await folderWith({ 'play.yml': await example('play.yml') });
  const { code, stdout } = await reconcile(['convert', 'play.yml', '--format', 'json', '--strict'], { cwd });
  expect(code).toBe(1);
  const { tokens, left } = JSON.parse(stdout);
  expect(tokens).toHaveLength(8);
  expect(left[0]).toEqual({ message: expect.any(String), source: { file: 'play.yml', line: 8, column: 3 } });
});

test.each([
  { files: {}, says: /missing\.yml: can't be read \(ENOENT\)/ },
  { files: { 'missing.yml': '- debug: { msg: hello }\n' }, says: /no task of a module/ },
])('without any task there is an error, and no manifest: $says', async ({ files, says }) => {
  const cwd = await folderWith(files);
  const { code, stdout, stderr } = await reconcile(['convert', 'missing.yml'], { cwd });
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr).toMatch(says);
});
