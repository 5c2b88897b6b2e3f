import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { expect, onTestFinished, test } from 'vitest';
import { finished } from '../support/cli.ts';
import { commitFiles, createRemote } from '../support/git-remote.ts';
import { createHost, type Host } from './host.ts';
import { send, serveLoopback } from './loopback.ts';

/** Creates a host with this source as its program. */
async function hostWith(source: string): Promise<Host> {
  const folder = await mkdtemp(join(tmpdir(), 'reconcile-host-test-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const program = join(folder, 'program.mjs');
  await writeFile(program, source);
  const remote = join(folder, 'remote.git');
  await createRemote(remote);
  await commitFiles(remote, 'main', { 'tokens.yaml': 'tokens: []\n' });
  const host = await createHost('host-7', program, {
    folder: remote,
    url: 'http://127.0.0.1/remote.git',
    authorization: 'Basic abc',
  });
  onTestFinished(() => host.vanish());
  return host;
}

test('a program on a host sees its name, its clock, its folders and a fresh clone', async () => {
  const host = await hostWith(`
    import { execFileSync } from 'node:child_process';
    import { readFileSync } from 'node:fs';
    import { homedir, hostname, tmpdir } from 'node:os';
    const git = (...args) => execFileSync('git', args, { encoding: 'utf8' }).trim();
    console.log(JSON.stringify({
      name: hostname(), now: Date.now(), home: homedir(), temporary: tmpdir(), own: process.env.OWN,
      tokens: readFileSync('tokens.yaml', 'utf8'), argument: process.argv[2],
      url: git('remote', 'get-url', 'origin'),
      header: git('config', 'http.http://127.0.0.1/remote.git.extraHeader'),
    }));`);
  const hour = 60 * 60 * 1000;
  const before = Date.now();
  const { code, stdout } = await host.start(['plan'], { OWN: 'value' }, hour).ended;
  expect(code).toBe(0);
  const { now, home, temporary, ...others } = JSON.parse(stdout);
  expect(others).toEqual({
    name: 'host-7',
    own: 'value',
    tokens: 'tokens: []\n',
    argument: 'plan',
    url: 'http://127.0.0.1/remote.git',
    header: 'Authorization: Basic abc',
  });
  expect(now).toBeGreaterThanOrEqual(before + hour);
  expect(
    [home, temporary].filter((path) => path.startsWith(tmpdir()) && path.includes('host-7')),
  ).toHaveLength(2);
});

test('a kill ends a child that has a process group of its own', async () => {
  const host = await hostWith(`
    import { spawn } from 'node:child_process';
    const wait = 'setInterval(() => undefined, 1000); console.log("started")';
    spawn(process.execPath, ['-e', wait], { detached: true, stdio: 'inherit' });
    setInterval(() => undefined, 1000);`);
  const running = host.start([], {}, 0);
  await running.started;
  // It resolves once all that have its output open are gone.
  await running.kill();
  expect(await running.ended).toMatchObject({ signal: 'SIGKILL', stdout: 'started\n' });
});

test('the files of a host are searched, until it has vanished', async () => {
  const host = await hostWith(`
    import { writeFileSync } from 'node:fs';
    import { join } from 'node:path';
    writeFileSync('secret.txt', 'a canary');
    writeFileSync(join(process.env.TMPDIR, 'left'), '');`);
  expect(await host.start([], {}, 0).ended).toMatchObject({ code: 0 });
  expect(await host.filesWith(['a needle', 'a canary'])).toEqual(['work/secret.txt']);
  expect(await host.temporaryFiles()).toEqual(['left']);
  await host.vanish();
  await expect(host.temporaryFiles()).rejects.toThrow('ENOENT');
});

test('the program of a sink sends its input, and fails if it does not arrive', async () => {
  const bodies: string[] = [];
  const server = await serveLoopback((path, body) => {
    bodies.push(`${path} ${body}`);
    if (path === '/drop') throw new Error('dropped');
  });
  onTestFinished(server.close);
  const run = (path: string) =>
    finished(process.execPath, [send, server.url + path], { cwd: '/', stdin: 'secret' });
  expect(await run('/keep')).toMatchObject({ code: 0, stdout: '', stderr: '' });
  expect(await run('/drop')).toMatchObject({ code: 1 });
  expect(bodies).toEqual(['/keep secret', '/drop secret']);
});
