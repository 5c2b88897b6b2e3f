import { once } from 'node:events';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { type Running, start } from '../support/child.ts';
import { reconcile } from '../support/cli.ts';
import { servedEmulator } from '../support/emulator.ts';
import { allObjects, branchFiles, type GitSite, gitSite, stateKey } from '../support/git-state.ts';
import { type PausedEmulator, pausedEmulator } from '../support/paused-emulator.ts';

const seed = 'ionos: { registries: [{ name: team-a }] }';
const shiftClock = fileURLToPath(new URL('../support/shift-clock.mjs', import.meta.url));

function manifestOf(names: readonly string[]): string {
  return `apiVersion: reconcile/v1
defaults: { registry_token: { registry: team-a } }
tokens:
${names.map((name) => `  - { kind: registry_token, name: ${name}, scopes: [], allow_replace: true, secret: [{ file: { path: ${name}.json } }] }`).join('\n')}
`;
}

const applying = ['apply', '-y', '--grace', '0', '--state', 'git:origin'];

/** Checks that the secret of each token is in its file, that none waits, and that the branch has none. */
async function expectDelivered(
  site: GitSite,
  { tokens }: Pick<PausedEmulator['emulator'], 'tokens'>,
  cwd: string,
): Promise<void> {
  for (const { name, password } of tokens('team-a')) {
    expect(JSON.parse(await readFile(join(cwd, `${name}.json`), 'utf8')).password).toBe(password);
    expect(allObjects(site)).not.toContain(password);
  }
  expect(allObjects(site)).not.toContain(stateKey);
  expect(branchFiles(site)).toEqual(['README.md', 'custody.json']);
}

test('a hundred creates need few pushes', async () => {
  const emulator = await servedEmulator(seed);
  const site = await gitSite();
  const names = Array.from({ length: 100 }, (_, index) => `token-${index}`);
  const cwd = await site.checkout('one', { 'tokens.yaml': manifestOf(names) });
  const env = { ...site.env, ...emulator.env };
  expect(await reconcile([...applying, '--parallelism', '10'], { cwd, env })).toMatchObject({ code: 0 });
  expect(emulator.tokens('team-a')).toHaveLength(100);
  await expectDelivered(site, emulator, cwd);
  const pushes = await site.runs('push');
  expect(pushes).toBeLessThanOrEqual(30);
});

/** A run that is paused, on a clock that can be set ahead together with that of the service. */
async function pausedRun(method: string, when: 'before' | 'after', names = ['ci-push']) {
  let ahead = 0;
  const service = await pausedEmulator(seed, method, when, { now: () => Date.now() + ahead * 1000 });
  const site = await gitSite();
  const cwd = await site.checkout('one', { 'tokens.yaml': manifestOf(names) });
  return {
    ...service,
    site,
    cwd,
    env: { ...site.env, ...service.env },
    /** Returns the variables of a run that begins so many seconds later. */
    later(seconds: number) {
      ahead = seconds;
      return {
        ...site.env,
        ...service.env,
        NODE_OPTIONS: `--import ${shiftClock}`,
        RECONCILE_TEST_AHEAD: String(seconds),
      };
    },
  };
}

/** Kills a run without a warning, as a runner that is thrown away. */
async function kill({ process, finished }: Running): Promise<void> {
  process.kill('SIGKILL');
  await finished;
}

test('a run that was killed holds the state until a minute after its lease; then it is finished', async () => {
  const { emulator, site, cwd, env, asked, goOn, later } = await pausedRun('POST', 'after');
  const running = start(applying, { cwd, env });
  await Promise.race([asked, running.finished]);
  await kill(running);
  goOn();
  const [lost] = emulator.tokens('team-a');
  expect(branchFiles(site)).toContain('lock.json');
  const elsewhere = await site.checkout('two', { 'tokens.yaml': manifestOf(['ci-push']) });
  for (const seconds of [0, 125, 150]) {
    const refused = await reconcile(applying, { cwd: elsewhere, env: later(seconds) });
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('holds it until') });
  }
  expect(emulator.tokens('team-a')).toEqual([lost]);
  expect(await reconcile(applying, { cwd: elsewhere, env: later(600) })).toMatchObject({ code: 0 });
  const tokens = emulator.tokens('team-a');
  expect(tokens).toHaveLength(1);
  expect(tokens[0]?.id).not.toBe(lost?.id);
  await expectDelivered(site, emulator, elsewhere);
});

test.each([
  { signal: 'SIGINT', exit: 130 },
  { signal: 'SIGTERM', exit: 143 },
] as const)('$signal ends a run after what it has begun, and its lease', async ({ signal, exit }) => {
  const names = ['one', 'two', 'three'];
  const { emulator, site, cwd, env, asked, goOn } = await pausedRun('POST', 'after', names);
  const witness = `process.on('${signal}', () => process.stderr.write('seen ${signal}\\n'))`;
  const running = start([...applying, '--parallelism', '1'], {
    cwd,
    env: { ...env, NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(witness)}` },
  });
  await Promise.race([asked, running.finished]);
  running.process.kill(signal);
  let said = '';
  while (running.process.stderr && !said.includes(`seen ${signal}`)) {
    said += String((await once(running.process.stderr, 'data'))[0]);
  }
  goOn();
  expect(await running.finished).toMatchObject({ code: exit });
  expect(emulator.tokens('team-a')).toHaveLength(1);
  await expectDelivered(site, emulator, cwd);
  expect(await reconcile(applying, { cwd, env })).toMatchObject({ code: 0 });
  expect(emulator.tokens('team-a')).toHaveLength(names.length);
  await expectDelivered(site, emulator, cwd);
});

test.each([{ signal: undefined }, { signal: 'SIGTERM' }] as const)(
  'a secret that can not be pushed is not delivered, and its token deleted again (signal: $signal)',
  async ({ signal }) => {
    const { emulator, site, cwd, env, asked, goOn, later } = await pausedRun('POST', 'after');
    const closed = join(site.folder, 'closed');
    const tried = join(site.folder, 'tried');
    const reject = `cat >> '${tried}'; echo 'closed for now' >&2; exit 1`;
    await site.hook('pre-receive', `if [ -e '${closed}' ]; then ${reject}; fi`);
    const running = start(applying, { cwd, env });
    await Promise.race([asked, running.finished]);
    await writeFile(closed, '');
    if (signal) running.process.kill(signal);
    goOn();
    const { code, stdout, stderr } = await running.finished;
    expect(code).toBe(signal ? 143 : 1);
    expect(`${stdout}${stderr}`).toContain('closed for now');
    expect(emulator.tokens('team-a')).toEqual([]);
    await expect(readFile(join(cwd, 'ci-push.json'))).rejects.toMatchObject({ code: 'ENOENT' });
    // The same commit several times; nothing else is pushed once that has failed.
    const pushes = (await readFile(tried, 'utf8')).trim().split('\n');
    expect(pushes.length).toBeGreaterThanOrEqual(3);
    expect(new Set(pushes).size).toBe(1);

    await rm(closed);
    const refused = await reconcile(applying, { cwd, env });
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('holds it until') });
    expect(await reconcile(applying, { cwd, env: later(600) })).toMatchObject({ code: 0 });
    expect(emulator.tokens('team-a')).toHaveLength(1);
    await expectDelivered(site, emulator, cwd);
  },
);

test('a run whose state was taken by another one writes and delivers nothing more, and takes back its token', async () => {
  const { emulator, site, cwd, env, asked, goOn } = await pausedRun('POST', 'after');
  const running = start(applying, { cwd, env });
  await Promise.race([asked, running.finished]);
  // Another run, on a clock that is far ahead.
  const elsewhere = await site.checkout('two', { 'tokens.yaml': manifestOf([]) });
  const [attempt = ''] = branchFiles(site).filter((name) => name.startsWith('spool/'));
  const dropped = await reconcile(
    ['spool', 'drop', 'registry_token:team-a/ci-push', '-y', '--state', 'git:origin'],
    {
      cwd: elsewhere,
      env: { ...env, NODE_OPTIONS: `--import ${shiftClock}`, RECONCILE_TEST_AHEAD: '600' },
    },
  );
  expect(dropped).toMatchObject({ code: 0 });
  expect(branchFiles(site)).not.toContain(attempt);
  const before = site.git('rev-parse', 'reconcile-state');
  goOn();
  const { code, stdout, stderr } = await running.finished;
  expect(code).toBe(1);
  expect(`${stdout}${stderr}`).toContain('STATE_LOST');
  await expect(readFile(join(cwd, 'ci-push.json'))).rejects.toMatchObject({ code: 'ENOENT' });
  expect(site.git('rev-parse', 'reconcile-state')).toBe(before);
  // By its own clock the lease lasts long enough for that.
  expect(emulator.tokens('team-a')).toEqual([]);
});

test('a replace that was killed before its delete is continued without --replace', async () => {
  const { emulator, site, cwd, env, asked, goOn, later } = await pausedRun('DELETE', 'before');
  expect(await reconcile(applying, { cwd, env })).toMatchObject({ code: 0 });
  const [old] = emulator.tokens('team-a');
  const address = 'registry_token:team-a/ci-push';
  const running = start([...applying, '--replace', address], { cwd, env });
  await Promise.race([asked, running.finished]);
  await kill(running);
  expect(emulator.tokens('team-a')).toEqual([old]);
  expect(branchFiles(site).filter((name) => name.startsWith('spool/'))).toHaveLength(1);
  const env600 = later(600);
  const planned = await reconcile(['plan', '--grace', '0', '--state', 'git:origin'], { cwd, env: env600 });
  expect(planned.stdout).toContain('an earlier run began to replace it, and may have deleted it');
  goOn();
  expect(await reconcile(applying, { cwd, env: env600 })).toMatchObject({ code: 0 });
  const tokens = emulator.tokens('team-a');
  expect(tokens).toHaveLength(1);
  expect(tokens[0]?.id).not.toBe(old?.id);
  await expectDelivered(site, emulator, cwd);
  expect((await reconcile(['plan', '--state', 'git:origin'], { cwd, env: env600 })).stdout).toContain(
    '1 unchanged',
  );
});
