import { identityToRecipient } from 'age-encryption';
import { expect, test } from 'vitest';
import { servedEmulator } from '../support/emulator.ts';
import { folderWith } from '../support/folder.ts';
import { runOnTerminal } from '../support/terminal.ts';

/** Runs `init` as on a terminal, with answers by the beginning of the question; other questions get their default. */
async function initAsked(cwd: string, answers: Readonly<Record<string, string>>) {
  const { env } = await servedEmulator('ionos: { registries: [{ name: team-a }] }');
  const answer = (question: string): string =>
    Object.entries(answers).find(([start]) => question.startsWith(start))?.[1] ?? '';
  return runOnTerminal(['init'], { cwd, env, columns: 100, answer });
}

const keyQuestion = 'Create the key';

test.each(['github', 'gitlab'])(
  'creates the key of the state if asked, and prints it once (%s)',
  async (ci) => {
    const cwd = await folderWith({});
    const first = await initAsked(cwd, { 'Which pipeline': ci });
    expect(first.code).toBe(0);
    expect(first.asked.at(-1)).toMatch(/^Create the key .*\(yes, no\) \[yes\] $/);
    const keys = first.stdout.match(/AGE-SECRET-KEY-1\w+/g) ?? [];
    expect(keys).toHaveLength(1);
    expect(await identityToRecipient(keys[0] ?? '')).toMatch(/^age1/);
    expect(first.stdout).not.toContain('reconcile state key');

    const second = await initAsked(cwd, { 'Which pipeline': ci });
    expect(second.asked.filter((question) => question.startsWith(keyQuestion))).toEqual([]);
    expect(second.stdout).not.toContain('AGE-SECRET-KEY-');
  },
);

test('names the command that creates the key if it is not to be created now', async () => {
  const { code, stdout } = await initAsked(await folderWith({}), {
    'Which pipeline': 'github',
    [keyQuestion]: 'no',
  });
  expect(code).toBe(0);
  expect(stdout).toContain('  reconcile state key --out ~/state.key\n');
  expect(stdout).not.toContain('AGE-SECRET-KEY-');
});

test('asks for no key without a pipeline', async () => {
  const { asked, stdout } = await initAsked(await folderWith({}), { 'Which pipeline': 'none' });
  expect(asked.filter((question) => question.startsWith(keyQuestion))).toEqual([]);
  expect(stdout).not.toContain('RECONCILE_STATE_KEY');
});
