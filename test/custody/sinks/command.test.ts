import { execFileSync } from 'node:child_process';
import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { describe, expect, it, onTestFinished, test, vi } from 'vitest';
import { ReconcileError } from '../../../src/core/model/errors.ts';
import { Secret } from '../../../src/core/model/secret.ts';
import type { CommandSink } from '../../../src/core/model/sinks/command.ts';
import type { SecretPayload } from '../../../src/custody/sinks/delivery.ts';
import { formatSecret } from '../../../src/custody/sinks/format.ts';
import { checkSink, deliverTo, type SinkContext } from '../../../src/custody/sinks/index.ts';
import { folderWith } from '../../support/folder.ts';
import { commandSink, contextWith, delivery, programIn } from './fixtures.ts';

/** What a program does that keeps all that it was given. */
const keeping = `
const { readFileSync, writeFileSync } = require('node:fs');
const given = { args: process.argv.slice(2), env: process.env, cwd: process.cwd() };
writeFileSync('given.json', JSON.stringify({ ...given, stdin: readFileSync(0, 'utf8') }));
process.stdout.write('never to be seen');
`;

/** Delivers to a program of this JavaScript; gives the failure. */
async function failureOf(
  script: string,
  options: Partial<CommandSink> = {},
  given: SecretPayload = delivery,
  context: Partial<SinkContext> = {},
): Promise<ReconcileError> {
  const folder = await folderWith({});
  await programIn(folder, 'put', script);
  const sink = { ...commandSink(folder, ['put', 'it']), ...options };
  const failure = await deliverTo(sink, given, { ...contextWith(folder), ...context }).then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(failure).toBeInstanceOf(ReconcileError);
  return failure as ReconcileError;
}

describe('a command', () => {
  test.each([
    { format: 'raw' },
    { format: 'json' },
    { format: 'env', prefix: 'CI_' },
    { format: 'dockerconfigjson' },
    { format: 'kubernetes', namespace: 'ci' },
  ] as const)('gets the secret on its standard input, and nowhere else: $format', async (layout) => {
    const folder = await folderWith({});
    await programIn(folder, 'put', keeping);
    const sink = commandSink(folder, ['put', '$HOME', 'a b', '*'], layout);
    await deliverTo(sink, delivery, contextWith(folder, { OTHER: 'x' }));
    const given = JSON.parse(await readFile(join(folder, 'given.json'), 'utf8'));
    expect(given.stdin).toBe(formatSecret(layout, delivery));
    expect(given.args).toEqual(['$HOME', 'a b', '*']);
    expect(given.env).toMatchObject({ OTHER: 'x', HOME: folder });
    expect(JSON.stringify([given.args, given.env])).not.toContain('hunter2');
  });

  it('runs in the folder of the manifest, and may be found from there', async () => {
    const folder = await folderWith({ 'bin/other': '' });
    await programIn(join(folder, 'bin'), 'put', keeping);
    await deliverTo(commandSink(folder, ['bin/put']), delivery, contextWith('/nowhere'));
    expect(JSON.parse(await readFile(join(folder, 'given.json'), 'utf8')).stdin).toBe('hunter2');
  });

  test.each([
    { why: 'reads nothing at all', script: 'process.exit(0)' },
    {
      why: 'reads it bit by bit',
      script: 'process.stdin.on("data", () => {}).on("end", () => process.exit(0))',
    },
    { why: 'closes its input at once', script: 'require("node:fs").closeSync(0)' },
    { why: 'complains, but does it', script: 'console.error("warning"); process.exitCode = 0' },
  ])('succeeds with exit code 0, even if it $why', async ({ script }) => {
    const folder = await folderWith({});
    await programIn(folder, 'put', script);
    const large = { ...delivery, secret: new Secret('x'.repeat(2 ** 20)) };
    await expect(
      deliverTo(commandSink(folder, ['put']), large, contextWith(folder)),
    ).resolves.toBeUndefined();
  });

  it('is not waited for longer than it runs, whatever it leaves running', async () => {
    const folder = await folderWith({});
    const daemon = 'setTimeout(() => {}, 600_000)';
    await programIn(
      folder,
      'put',
      `const { spawn } = require('node:child_process');
       const child = spawn(process.execPath, ['-e', ${JSON.stringify(daemon)}], { stdio: 'inherit', detached: true });
       require('node:fs').writeFileSync('pid', String(child.pid));
       child.unref();`,
    );
    await deliverTo(commandSink(folder, ['put']), delivery, contextWith(folder));
    process.kill(Number(await readFile(join(folder, 'pid'), 'utf8')), 'SIGKILL');
  });
});

describe('the failure of a command', () => {
  test.each([
    { why: 'its exit code', script: 'process.exit(3)', message: 'it ended with exit code 3' },
    {
      why: 'the signal',
      script: 'process.kill(process.pid, "SIGTERM")',
      message: 'it was killed by SIGTERM',
    },
    {
      why: 'the last that it said',
      script: 'console.error("1\\n2\\n\\n  3\\t3 \\r\\n\\x1b[31m4\\x1b[0m"); process.exit(1)',
      message: 'it ended with exit code 1: 2; 3 3; 4',
    },
    {
      why: 'nothing of what it printed on its standard output',
      script: 'console.log("out"); process.exit(1)',
      message: 'it ended with exit code 1',
    },
  ])('names the sink and $why', async ({ script, message }) => {
    expect(await failureOf(script)).toMatchObject({
      code: 'SINK_FAILED',
      message: `the secret can't be written to command put it: ${message}`,
    });
  });

  it('is that it took too long, and all of it is killed', async () => {
    const folder = await folderWith({});
    const script = "trap '' TERM; sleep 600 & echo $! > pid; echo still at it >&2; echo > ready; wait";
    await writeFile(join(folder, 'put'), `#!/bin/sh\n${script}\n`);
    await chmod(join(folder, 'put'), 0o755);
    execFileSync('mkfifo', [join(folder, 'ready')]);
    // The time is over once the program has said all, however long that takes on a busy machine.
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    onTestFinished(() => void vi.useRealTimers());
    const sink = commandSink(folder, ['./put'], { timeoutSeconds: 2 });
    const delivered = expect(deliverTo(sink, delivery, contextWith('/bin'))).rejects.toMatchObject({
      message: "the secret can't be written to command ./put: it took longer than 2 s: still at it",
    });
    await readFile(join(folder, 'ready'));
    vi.advanceTimersByTime(2000);
    await delivered;
    vi.useRealTimers();
    const pid = Number(await readFile(join(folder, 'pid'), 'utf8'));
    await vi.waitFor(
      async () => {
        // A killed process stays listed until its exit status is read.
        const status = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => 'gone');
        expect(status).toMatch(/^gone$|\) [ZX]/);
      },
      { timeout: 300_000 },
    );
  });

  it('is reported, however long its output', async () => {
    const flood = 'for (let i = 0; i < 9e4; i++) console.error("line " + i); process.exitCode = 1';
    expect((await failureOf(flood)).message).toMatch(/: line 89997; line 89998; line 89999$/);
  });
});

describe('the output of a command never shows a secret', () => {
  const echo = `console.error(require('node:fs').readFileSync(0, 'utf8').replaceAll('\\n', ' ')); process.exit(1)`;
  const secret = 'correct-horse-battery-staple';
  const given = { ...delivery, secret: new Secret(secret) };
  const layouts = ['raw', 'json', 'env', 'dockerconfigjson', 'kubernetes'] as const;
  test.each(layouts)('that it was given as %s', async (format) => {
    const failure = await failureOf(echo, { layout: { format } }, given);
    expect(failure.message).toContain('(sensitive)');
    const seen = inspect(failure, { showHidden: true, depth: null });
    for (const text of [secret, Buffer.from(secret).toString('base64'), 'horse', 'staple']) {
      expect(seen).not.toContain(text);
    }
    for (const word of seen.match(/[A-Za-z0-9+/=]{16,}/g) ?? []) {
      expect(Buffer.from(word, 'base64').toString('utf8')).not.toContain('horse');
    }
  });

  it('of the rest of the run', async () => {
    const failure = await failureOf('console.error("login with s3cret"); process.exit(1)', {}, delivery, {
      mask: (text) => text.replaceAll('s3cret', '(sensitive)'),
    });
    expect(failure.message).toContain('login with (sensitive)');
  });

  it('not even half of one, where it says too much to be kept', async () => {
    const long = { ...delivery, secret: new Secret('horse'.repeat(6000)) };
    const flood = `const text = require('node:fs').readFileSync(0, 'utf8');
      console.error((text + ' ').repeat(20) + '\\nend'); process.exitCode = 1;`;
    const { message } = await failureOf(flood, {}, long);
    expect(message).toMatch(/: end$/);
    expect(message).not.toContain('horse');
  });

  it('nor in colours', async () => {
    const script =
      'console.error("correct-\\x1b[31mhorse-battery\\x1b[0m-staple and \\x1b[1mmore"); process.exit(1)';
    expect((await failureOf(script, {}, given)).message).toMatch(/exit code 1: \(sensitive\) and more$/);
  });
});

describe('a program is rejected by the check and by the delivery', () => {
  test.each([
    { why: 'it is not in PATH', run: ['gone'], message: 'program gone not found in PATH' },
    { why: 'it is not in its place', run: ['./gone'], message: 'program ./gone not found' },
    { why: 'it is a folder', run: ['./bin'], message: 'program ./bin not found' },
    { why: 'it is not executable', run: ['./data'], message: './data is not executable' },
    {
      why: 'PATH leads to it from the checkout only',
      run: ['planted'],
      message: 'program planted not found in PATH',
    },
  ])('$why', async ({ run, message }) => {
    const folder = await folderWith({ 'bin/x': '', data: '' });
    await programIn(folder, 'planted', '');
    const sink = commandSink(folder, run);
    const context = contextWith('/nowhere', { PATH: ':.:bin' });
    const problem = await checkSink(sink, 'team-a.cr.example.com', context);
    expect(problem).toMatchObject({ code: 'SINK_FAILED', message: expect.stringContaining(message) });
    await expect(deliverTo(sink, delivery, context)).rejects.toMatchObject({ ...problem });
  });

  it('it can not be started', async () => {
    const folder = await folderWith({});
    await writeFile(join(folder, 'put'), '#!/nowhere/sh\n');
    await chmod(join(folder, 'put'), 0o755);
    await expect(
      deliverTo(commandSink(folder, ['./put']), delivery, contextWith(folder)),
    ).rejects.toMatchObject({
      code: 'SINK_FAILED',
      message: expect.stringContaining("it can't be started: the program, its interpreter or"),
    });
  });
});

it('the check passes for a program that is there, and does not run it', async () => {
  const folder = await folderWith({});
  await programIn(folder, 'put', keeping);
  for (const run of [['put'], ['./put']]) {
    expect(
      await checkSink(commandSink(folder, run), 'team-a.cr.example.com', contextWith(folder)),
    ).toBeUndefined();
  }
  await expect(readFile(join(folder, 'given.json'))).rejects.toThrow('ENOENT');
});
