import { chmod, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { type GitResult, type GitRun, runGit } from '../../../src/system/git/run-git.ts';
import { folderWith } from '../../support/folder.ts';

/** Runs a script as if it was git. */
async function runScript(
  script: string,
  options: Partial<GitRun> = {},
): Promise<GitResult & { folder: string }> {
  const folder = await folderWith({ git: `#!/bin/sh\n${script}\n` });
  await chmod(join(folder, 'git'), 0o755);
  const env = { PATH: process.env['PATH'] };
  const run: GitRun = {
    program: join(folder, 'git'),
    args: [],
    folder,
    env,
    timeoutSeconds: 300,
    ...options,
  };
  return { ...(await runGit(run)), folder };
}

it('returns all of the output, and the beginning of the messages', async () => {
  const { stdout, stderr, succeeded } = await runScript(
    'head -c 3000000 /dev/zero; head -c 300000 /dev/zero >&2',
  );
  expect({ succeeded, stdout: stdout.length, stderr: stderr.length }).toEqual({
    succeeded: true,
    stdout: 3_000_000,
    stderr: 65_536,
  });
});

it('passes arguments as they are, and the input', async () => {
  const { stdout } = await runScript('printf "<%s>" "$@"; cat', { args: ['a b', '$(x)', ''], input: 'ünï' });
  expect(stdout.toString()).toBe('<a b><$(x)><>ünï');
});

it('gives no input and no terminal by default', async () => {
  const { stdout } = await runScript('cat; (: </dev/tty) 2>/dev/null && echo terminal; echo end');
  expect(stdout.toString()).toBe('end\n');
});

it('reports a failure with what was printed', async () => {
  expect(await runScript('echo out; echo fatal: x >&2; exit 128')).toMatchObject({
    succeeded: false,
    stdout: Buffer.from('out\n'),
    stderr: 'fatal: x\n',
  });
});

it('kills all processes at the timeout', async () => {
  const result = await runScript('sleep 1000 & echo $! >pid; wait', { timeoutSeconds: 0.5 });
  expect(result).toMatchObject({ succeeded: false, stopped: 'timeout' });
  const pid = (await readFile(join(result.folder, 'pid'), 'utf8').catch(() => '')).trim();
  // On a busy machine it may not have started.
  if (pid !== '') expect(await state(pid)).toMatch(/^(gone|Z)$/);
  expect(result.stdout).toHaveLength(0);
});

it('kills it when the signal is aborted, and starts nothing afterwards', async () => {
  const controller = new AbortController();
  const running = runScript('sleep 1000', { signal: controller.signal });
  controller.abort();
  expect(await running).toMatchObject({ succeeded: false, stopped: 'aborted' });
  expect(await runScript('true', { signal: controller.signal })).toMatchObject({ stopped: 'aborted' });
});

it('does not wait for a process that was left running', async () => {
  const result = await runScript('sleep 1000 >/dev/null & echo $! ; echo message >&2');
  process.kill(Number(result.stdout.toString()));
  expect(result).toMatchObject({ succeeded: true, stderr: 'message\n' });
});

it('reports a program that is missing or does not read its input', async () => {
  expect(await runScript('true', { program: '/nowhere/git' })).toMatchObject({ stopped: 'not_started' });
  expect(await runScript('exit 3', { input: 'x'.repeat(1_000_000) })).toMatchObject({ succeeded: false });
});

/** Returns the state of a process, as the kernel shows it. */
async function state(pid: string): Promise<string> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  return /\) (\S)/.exec(text)?.[1] ?? 'gone';
}
