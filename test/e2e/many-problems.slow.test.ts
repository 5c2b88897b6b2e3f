import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { reconcile } from '../support/cli.ts';
import { folderWith } from '../support/folder.ts';

/** Writes a manifest of `count` tokens, each with one error and, by its capital, one warning. */
function wrong(count: number): string {
  const tokens = Array.from(
    { length: count },
    (_, index) => `- { kind: registry_token, registry: a, name: Up-${index}, scopes: [], status: on }\n`,
  );
  return `apiVersion: reconcile/v1\ntokens:\n${tokens.join('')}`;
}

const count = (text: string, pattern: RegExp): number => [...text.matchAll(pattern)].length;

test.each([['validate'], ['plan'], ['apply', '--yes'], ['audit']])(
  '%s shows a hundred errors and a hundred warnings, and counts the rest',
  async (...args) => {
    const cwd = await folderWith({ 'tokens.yaml': wrong(250) });
    const { code, stderr } = await reconcile([...args, 'tokens.yaml'], { cwd });
    expect(code).toBe(1);
    expect(count(stderr, /: error: /g)).toBe(100);
    expect(stderr).toContain('and 150 more errors: fix those above, then run again to see them\n');
    expect(count(stderr, /: warning: /g)).toBe(100);
    expect(stderr).toContain('and 150 more warnings: fix those above, then run again to see them\n');
  },
);

test.each([{ args: ['validate'] }, { args: ['plan'] }])(
  'the JSON of $args says how many more there are',
  async ({ args }) => {
    const cwd = await folderWith({ 'tokens.yaml': wrong(250) });
    const { code, stdout } = await reconcile([...args, 'tokens.yaml', '--format', 'json'], { cwd });
    expect(code).toBe(1);
    const document = JSON.parse(stdout);
    expect(document.errors).toHaveLength(100);
    expect(document.errors_omitted).toBe(150);
  },
);

test('JSON without omissions has no such field', async () => {
  const cwd = await folderWith({ 'tokens.yaml': wrong(100) });
  const { stdout, stderr } = await reconcile(['validate', 'tokens.yaml', '--format', 'json'], { cwd });
  expect(Object.keys(JSON.parse(stdout))).toEqual(['version', 'valid', 'errors', 'warnings']);
  expect(stderr).not.toContain('more error');
});

test('Markdown shows a hundred as well', async () => {
  const cwd = await folderWith({ 'tokens.yaml': wrong(250) });
  const { stdout } = await reconcile(['plan', 'tokens.yaml', '--format', 'markdown'], { cwd });
  expect(stdout).toContain('### Failed: 250 errors');
  expect(count(stdout, /^- /gm)).toBe(100);
  expect(stdout).toContain('150 more errors left out here');
});

test('of tasks that are not converted a hundred are shown', async () => {
  const task = '- ionoscloudsdk.ionoscloud.registry_token: { registry: a, name: b }\n  when: x\n';
  const cwd = await folderWith({ 'tasks.yml': task.repeat(120) });
  const { stderr } = await reconcile(['convert', 'tasks.yml'], { cwd });
  expect(count(stderr, /: warning: /g)).toBe(100);
  expect(stderr).toContain('and 20 more warnings: ');
});

test('a text that is nested without end is no saved plan, and no bug', async () => {
  const cwd = await folderWith({});
  await writeFile(
    join(cwd, 'plan.json'),
    `{\n  "version": ${'['.repeat(200_000)}${']'.repeat(200_000)}\n}\n`,
  );
  const { code, stderr } = await reconcile(['apply', '--plan', 'plan.json'], { cwd });
  expect(code).toBe(3);
  expect(stderr).toContain('not a saved plan, or modified');
});

test('a pattern of --target has a bound', async () => {
  const cwd = await folderWith({ 'tokens.yaml': wrong(0).replace('tokens:\n', 'tokens: []\n') });
  const { code, stderr } = await reconcile(['plan', 'tokens.yaml', '--target', '*a'.repeat(10_000)], { cwd });
  expect(code).toBe(1);
  expect(stderr).toContain('a pattern can have at most 1000 characters');
});

test('a policy has a bound', async () => {
  const cwd = await folderWith({ 'tokens.yaml': wrong(1), 'policy.yaml': `# ${'x'.repeat(300_000)}\n` });
  const { code, stderr } = await reconcile(['validate', 'tokens.yaml', '--policy', 'policy.yaml'], { cwd });
  expect(code).toBe(1);
  expect(stderr).toContain('it is larger than 256 KiB');
});
