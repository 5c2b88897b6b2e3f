import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { full, type Stream, start } from '../support/child.ts';
import { finished, program } from '../support/cli.ts';
import { type ServedEmulator, servedEmulator } from '../support/emulator.ts';
import { folderWith } from '../support/folder.ts';

const seed = 'ionos: { registries: [{ name: team-a, tokens: [{ name: deploy }] }] }';

const names = ['one', 'two', 'three', 'four'];
const manifest = `apiVersion: reconcile/v1
defaults: { registry_token: { registry: team-a } }
tokens:
${names.map((name) => `  - { kind: registry_token, name: ${name}, scopes: [], secret: [{ file: { path: ${name}.json } }] }`).join('\n')}
`;

/** What a line of the bundled program looks like, and a trace of where it threw. */
const source = /import ?\{|function ?\(|=>|node:internal|writeSync/;

async function site() {
  const emulator = await servedEmulator(seed);
  const cwd = await folderWith({ 'tokens/tokens.yaml': manifest });
  return { emulator, cwd };
}

/** Each token that was made has its secret in its file, and none waits. */
async function expectDelivered(emulator: ServedEmulator, cwd: string): Promise<void> {
  const made = emulator.tokens('team-a').filter(({ name }) => name !== 'deploy');
  expect(made.map(({ name }) => name).sort()).toEqual([...names].sort());
  for (const { name, password } of made) {
    expect(JSON.parse(await readFile(join(cwd, `tokens/${name}.json`), 'utf8')).password).toBe(password);
  }
  expect(await readdir(join(cwd, '.reconcile/spool'))).toEqual([]);
}

const readOnly: Stream = { path: '/dev/null', flags: 'r' };

describe('output that cannot be written never stops custody, and is no success', () => {
  test.each<{ why: string; streams: { stdout?: Stream; stderr?: Stream }; args?: readonly string[] }>([
    { why: 'stdout on a full disk', streams: { stdout: full } },
    { why: 'stderr on a full disk, with a log', streams: { stderr: full }, args: ['--log-level', 'trace'] },
    {
      why: 'a log in JSON on a full disk',
      streams: { stderr: full },
      args: ['--log-level', 'trace', '--log-format', 'json'],
    },
    { why: 'both on a full disk', streams: { stdout: full, stderr: full }, args: ['--log-level', 'debug'] },
    { why: 'JSON on a full disk', streams: { stdout: full }, args: ['--format', 'json'] },
    { why: 'Markdown on a full disk', streams: { stdout: full }, args: ['--format', 'markdown'] },
    { why: 'stdout that is open for reading only', streams: { stdout: readOnly } },
  ])('$why', async ({ streams, args = [] }) => {
    const { emulator, cwd } = await site();
    const { code, stdout, stderr } = await start(['apply', '-y', 'tokens', ...args], {
      cwd,
      env: emulator.env,
      ...streams,
    }).finished;
    expect(code).toBe(4);
    await expectDelivered(emulator, cwd);
    if (!streams.stderr) expect(stderr).toMatch(/^error: can't write to stdout \((ENOSPC|EBADF)\)/m);
    expect(stdout + stderr).not.toMatch(source);
  });

  test('where the line that has a runner hide a secret is lost, the secret is not printed', async () => {
    const { emulator, cwd } = await site();
    const env = { ...emulator.env, GITHUB_ACTIONS: 'true' };
    const { code, stdout } = await start(['apply', '-y', 'tokens'], { cwd, env, stderr: full }).finished;
    expect(code).toBe(4);
    await expectDelivered(emulator, cwd);
    for (const { password } of emulator.tokens('team-a')) expect(stdout).not.toContain(password);
  });

  test('a disk that takes the first part of a text is full all the same', async () => {
    const { emulator, cwd } = await site();
    const command = `ulimit -f 1; exec '${process.execPath}' '${program}' plan tokens --format json > plan.json`;
    const limited = await finished('sh', ['-c', command], { cwd, env: emulator.env });
    expect(limited).toMatchObject({
      code: 4,
      stderr: expect.stringContaining("can't write to stdout (EFBIG)"),
    });
  });

  test('a reader that has gone is no error', async () => {
    const { emulator, cwd } = await site();
    const command = `{ '${process.execPath}' '${program}' apply -y tokens --log-level debug 2>&1; echo $? > code; } | true`;
    await finished('sh', ['-c', command], { cwd, env: emulator.env });
    expect(await readFile(join(cwd, 'code'), 'utf8')).toBe('0\n');
    await expectDelivered(emulator, cwd);
  });

  test('a failure of the run itself keeps its own exit code', async () => {
    const { emulator, cwd } = await site();
    const env = { ...emulator.env, IONOS_TOKEN: 'wrong' };
    for (const streams of [{ stdout: full }, { stderr: full }]) {
      const { code } = await start(['apply', '-y', 'tokens', '--format', 'json'], { cwd, env, ...streams })
        .finished;
      expect(code).toBe(1);
    }
  });

  test.each([
    '--version',
    '--help',
    'help plan',
    'explain registry_token',
    'completion bash',
    'validate tokens',
    'validate tokens --format json',
    'plan tokens',
    'plan tokens --detailed-exitcode',
    'list',
    'list --format json',
    'export',
    'audit tokens --format html',
    'doctor tokens',
    'spool list',
    'demo',
  ])('of %s', async (line) => {
    const { emulator, cwd } = await site();
    const { code, stderr } = await start(line.split(' '), { cwd, env: emulator.env, stdout: full }).finished;
    expect(stderr).toContain("error: can't write to stdout (ENOSPC)");
    expect(stderr).not.toMatch(source);
    expect(code).toBe(4);
  });
});
