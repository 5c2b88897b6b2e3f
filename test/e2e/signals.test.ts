import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createEmulator, type Emulator } from '../../src/emulator/index.ts';
import { parseSeed } from '../../src/emulator/seed.ts';
import { serve } from '../../src/emulator/serve.ts';
import { type Running, start } from '../support/child.ts';
import { program } from '../support/cli.ts';
import { folderWith } from '../support/folder.ts';

const seed = 'ionos: { registries: [{ name: team-a }] }';
const names = ['one', 'two', 'three'];
const manifest = `apiVersion: reconcile/v1
defaults: { registry_token: { registry: team-a } }
tokens:
${names.map((name) => `  - { kind: registry_token, name: ${name}, scopes: [], secret: [{ file: { path: ${name}.json } }] }`).join('\n')}
`;

/** Says on stderr which signals have come; what the program does about them is done in the same moment. */
const witness = `for (const signal of ['SIGHUP', 'SIGINT', 'SIGTERM']) process.on(signal, () => process.stderr.write('seen ' + signal + '\\n'));
process.on('SIGUSR2', () => { throw new Error('unforeseen'); });`;

/** The option of Node that runs this before the program. */
function preloading(code: string): string {
  return `--import=data:text/javascript,${encodeURIComponent(code)}`;
}

/** A site whose service keeps the answers to creates until it is told to go on. */
async function slowSite() {
  const emulator = createEmulator({ seed: parseSeed(seed) });
  let ask: () => void = () => undefined;
  let goOn: () => void = () => undefined;
  const asked = new Promise<void>((resolve) => {
    ask = resolve;
  });
  const going = new Promise<void>((resolve) => {
    goOn = resolve;
  });
  const served = await serve(
    {
      ...emulator,
      fetch: async (request) => {
        const answer = await emulator.fetch(request);
        if (request.method !== 'POST') return answer;
        ask();
        await going;
        return answer;
      },
    },
    { port: 0 },
  );
  onTestFinished(async () => {
    goOn();
    await served.close();
  });
  const env = {
    IONOS_API_URL: served.url,
    IONOS_TOKEN: 'emulator',
    NODE_OPTIONS: preloading(witness),
  };
  const cwd = await folderWith({ 'tokens.yaml': manifest });
  return { emulator, cwd, env, asked, goOn };
}

const apply = ['apply', '-y', '--parallelism', '1', '--grace', '0'];

/** Waits until this has been said on stderr. */
async function said({ process: { stderr } }: Running, text: string): Promise<void> {
  let all = '';
  while (stderr && !all.includes(text)) all += String((await once(stderr, 'data'))[0]);
}

/** What was made has its secret in its file, and nothing waits. */
async function expectDelivered(emulator: Emulator, cwd: string): Promise<void> {
  for (const { name, password } of emulator.tokens('team-a')) {
    expect(JSON.parse(await readFile(join(cwd, `${name}.json`), 'utf8')).password).toBe(password);
  }
  expect(await readdir(join(cwd, '.reconcile/spool'))).toEqual([]);
}

describe.each([
  { signal: 'SIGHUP', exit: 129 },
  { signal: 'SIGINT', exit: 130 },
  { signal: 'SIGTERM', exit: 143 },
] as const)('$signal', ({ signal, exit }) => {
  test('starts nothing new: the token that was being made gets its secret to its place', async () => {
    const { emulator, cwd, env, asked, goOn } = await slowSite();
    const running = start(apply, { cwd, env });
    await asked;
    running.process.kill(signal);
    await said(running, `seen ${signal}`);
    goOn();
    expect((await running.finished).code).toBe(exit);
    expect(emulator.tokens('team-a')).toHaveLength(1);
    await expectDelivered(emulator, cwd);
    expect(await start(apply, { cwd, env }).finished).toMatchObject({ code: 0 });
    expect(emulator.tokens('team-a')).toHaveLength(names.length);
    await expectDelivered(emulator, cwd);
  });

  test('ends at once what was signalled before; the attempt is on record for the next run', async () => {
    const { cwd, env, asked } = await slowSite();
    const running = start(apply, { cwd, env });
    await asked;
    const again = setInterval(() => running.process.kill(signal), 50);
    expect((await running.finished).code).toBe(exit);
    clearInterval(again);
    expect(await readdir(join(cwd, '.reconcile/spool'))).toHaveLength(1);
  });

  test('before anything is written leaves everything as it is', async () => {
    const emulator = createEmulator({ seed: parseSeed(seed) });
    let hold: () => void = () => undefined;
    const served = await serve(
      {
        ...emulator,
        fetch: async (request) => {
          hold();
          return emulator.fetch(request);
        },
      },
      { port: 0 },
    );
    onTestFinished(() => served.close());
    const cwd = await folderWith({ 'tokens.yaml': manifest });
    const running = start(['plan', '--out', 'plan.json'], {
      cwd,
      env: { IONOS_API_URL: served.url, IONOS_TOKEN: 'emulator' },
    });
    // A second request may arrive before the signal, and a second signal would end the run at once.
    hold = () => {
      hold = () => undefined;
      running.process.kill(signal);
    };
    expect(await running.finished).toMatchObject({
      code: exit,
      stdout: '',
      // A plan starts nothing that could be left undone.
      stderr: 'error: interrupted\n',
    });
    expect(await readdir(cwd)).toEqual(['tokens.yaml']);
  });
});

test('SIGHUP comes from the system and the shell alike where a terminal is closed: that is one', async () => {
  const { emulator, cwd, env, asked, goOn } = await slowSite();
  const running = start(apply, { cwd, env });
  await asked;
  running.process.kill('SIGHUP');
  running.process.kill('SIGTERM');
  await said(running, 'seen SIGTERM');
  goOn();
  expect([129, 143]).toContain((await running.finished).code);
  await expectDelivered(emulator, cwd);
});

describe('a terminal that goes away', () => {
  /** Applies on a terminal, from a shell that outlives that; `close` takes the terminal away. */
  function applyOnTerminal(
    { cwd, env }: { cwd: string; env: Readonly<Record<string, string>> },
    trap: string,
  ) {
    const command = [
      `'${process.execPath}' '${program}' ${apply.join(' ')} & pid=$!`,
      `trap "${trap}" HUP`,
      'wait $pid; code=$?',
      'if kill -0 $pid; then wait $pid; code=$?; fi', // a trap ends the first wait
      'echo $code > code',
    ].join('\n');
    const script = spawn('script', ['--quiet', '--command', command, '/dev/null'], {
      cwd,
      env: { PATH: process.env['PATH'], SHELL: '/bin/sh', ...env },
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    return {
      close: async () => {
        script.kill('SIGKILL');
        await once(script, 'exit');
      },
      code: () => textOf(join(cwd, 'code')),
    };
  }

  /** The text of a file, once there is one. */
  async function textOf(file: string): Promise<string> {
    const text = (): Promise<string> => readFile(file, 'utf8').catch(() => '');
    await expect.poll(text, { timeout: 300_000 }).toContain('\n');
    return text();
  }

  test('takes stdout and stderr with it, and no secret', async () => {
    const { emulator, cwd, env, asked, goOn } = await slowSite();
    const seen = `process.on('SIGHUP', () => process.getBuiltinModule('fs').writeFileSync('seen', 'yes\\n'))`;
    const terminal = applyOnTerminal(
      { cwd, env: { ...env, NODE_OPTIONS: preloading(seen) } },
      'kill -HUP $pid',
    );
    await asked;
    await terminal.close();
    await textOf(join(cwd, 'seen'));
    goOn();
    expect(await terminal.code()).toBe('129\n');
    expect(emulator.tokens('team-a')).toHaveLength(1);
    await expectDelivered(emulator, cwd);
  });

  test('has not answered the question that was asked on it', async () => {
    const { emulator, cwd, env } = await slowSite();
    const last = `process.on('exit', (code) => process.getBuiltinModule('fs').writeFileSync('code', code + '\\n'))`;
    const script = spawn(
      'script',
      ['--quiet', '--command', `exec '${process.execPath}' '${program}' apply`, '/dev/null'],
      {
        cwd,
        env: { PATH: process.env['PATH'], SHELL: '/bin/sh', ...env, NODE_OPTIONS: preloading(last) },
        stdio: ['pipe', 'pipe', 'ignore'],
      },
    );
    let shown = '';
    while (!shown.includes('Apply these changes?')) shown += String((await once(script.stdout, 'data'))[0]);
    script.kill('SIGKILL');
    expect(await textOf(join(cwd, 'code'))).toBe('129\n');
    expect(emulator.tokens('team-a')).toEqual([]);
  });

  test('where no signal comes of it is output that can no longer be written', async () => {
    const { emulator, cwd, env, asked, goOn } = await slowSite();
    const terminal = applyOnTerminal({ cwd, env }, ':');
    await asked;
    await terminal.close();
    goOn();
    expect(await terminal.code()).toBe('4\n');
    expect(emulator.tokens('team-a')).toHaveLength(names.length);
    await expectDelivered(emulator, cwd);
  });
});

test('an exception that nothing has caught stops the run as a signal does, and is told without the source', async () => {
  const { emulator, cwd, env, asked, goOn } = await slowSite();
  const running = start(apply, { cwd, env });
  await asked;
  running.process.kill('SIGUSR2');
  await said(running, 'unforeseen');
  goOn();
  const { code, stderr } = await running.finished;
  expect(code).toBe(4);
  expect(stderr).toMatch(/^error: this is a bug in reconcile .*: Error: unforeseen$/m);
  expect(stderr).not.toContain('throw new Error');
  expect(emulator.tokens('team-a')).toHaveLength(1);
  await expectDelivered(emulator, cwd);
});

test('a deadline ends the process while other services are still read', async () => {
  const emulator = createEmulator({ seed: parseSeed(seed) });
  const served = await serve(emulator, { port: 0 });
  onTestFinished(() => served.close());
  const env = {
    ...{ IONOS_API_URL: served.url, IONOS_TOKEN: 'emulator' },
    ...{ DOCKER_HUB_API_URL: served.url, DOCKER_HUB_USERNAME: 'emulator', DOCKER_HUB_PASSWORD: 'emulator' },
    ...{ HARBOR_URL: served.url, HARBOR_USERNAME: 'emulator', HARBOR_PASSWORD: 'emulator' },
    ...{ GITLAB_URL: served.url, GITLAB_TOKEN: 'glpat-emulator' },
  };
  const { finished } = start(['list', '--deadline', '0.01'], { cwd: await folderWith({}), env });
  expect(await finished).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/^error: the deadline of 0\.01 s has passed\n/),
  });
});
