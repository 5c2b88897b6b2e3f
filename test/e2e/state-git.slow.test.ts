import { once } from 'node:events';
import { access, appendFile, readFile, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { generateIdentity, identityToRecipient } from 'age-encryption';
import { describe, expect, onTestFinished, test } from 'vitest';
import { apply, loadManifests, plan } from '../../src/library.ts';
import { start } from '../support/child.ts';
import { reconcile } from '../support/cli.ts';
import { type ServedEmulator, servedEmulator, writes } from '../support/emulator.ts';
import {
  allObjects,
  branchFiles,
  type GitSite,
  gitSite,
  stateKey,
  stateRef,
  writeScript,
} from '../support/git-state.ts';
import { pausedEmulator } from '../support/paused-emulator.ts';

const seed = 'ionos: { registries: [{ name: team-a }] }';

function manifestOf(...names: readonly string[]): string {
  return `apiVersion: reconcile/v1
defaults: { registry_token: { registry: team-a } }
tokens:
${names.map((name) => `  - { kind: registry_token, name: ${name}, scopes: [], secret: [{ file: { path: ${name}.json } }] }`).join('\n')}
`;
}

const applying = ['apply', '-y', '--grace', '0', '--state', 'git:origin'];
const planning = ['plan', '--state', 'git:origin'];

async function sites(...names: readonly string[]) {
  const emulator = await servedEmulator(seed);
  const site = await gitSite();
  const cwd = await site.checkout('one', { 'tokens.yaml': manifestOf(...names) });
  return { emulator, site, cwd, env: { ...site.env, ...emulator.env } };
}

/** Checks that no object in the repository has a secret of a token in the clear, and that no reachable one has any. */
function expectNoSecrets(site: GitSite, emulator: ServedEmulator): void {
  const all = allObjects(site);
  const tokens = emulator.tokens('team-a');
  expect(tokens.length).toBeGreaterThan(0);
  for (const { password } of tokens) expect(all).not.toContain(password);
  expect(all).not.toContain(stateKey);
  for (const name of branchFiles(site)) expect(site.file(name)).not.toContain('AGE ENCRYPTED FILE');
}

describe('a run with its state in a branch', () => {
  test('creates a token with few pushes; afterwards nothing is pushed', async () => {
    const { emulator, site, cwd, env } = await sites('ci');
    const first = await reconcile(applying, { cwd, env });
    expect(first).toMatchObject({ code: 0 });
    const [token] = emulator.tokens('team-a');
    expect(JSON.parse(await readFile(join(cwd, 'ci.json'), 'utf8')).password).toBe(token?.password);
    const pushes = await site.runs('push');
    expect(pushes).toBeLessThanOrEqual(4);
    expect(site.git('rev-list', '--count', stateRef)).toBe('1\n');
    expect(branchFiles(site)).toEqual(['README.md', 'custody.json']);
    expect(allObjects(site)).toContain('AGE ENCRYPTED FILE');
    expectNoSecrets(site, emulator);
    await expect(access(join(cwd, '.reconcile'))).rejects.toMatchObject({ code: 'ENOENT' });

    const fetches = await site.runs('fetch');
    expect(await reconcile(planning, { cwd, env })).toMatchObject({ code: 0 });
    expect(await site.runs('fetch')).toBe(fetches + 1);
    expect(await reconcile(applying, { cwd, env })).toMatchObject({ code: 0 });
    expect(await site.runs('push')).toBe(pushes);
    expect(writes(emulator)).toHaveLength(1);
  });

  test('is known to a run from another checkout', async () => {
    const { emulator, site, cwd, env } = await sites('ci');
    await reconcile(applying, { cwd, env });
    const second = await site.checkout('elsewhere/two', {
      'tokens.yaml': `apiVersion: reconcile/v1
tokens: [{ kind: registry_token, registry: team-a, registry_token: ci, state: absent }]
`,
    });
    expect(await reconcile(applying, { cwd: second, env })).toMatchObject({ code: 0 });
    expect(emulator.tokens('team-a')).toEqual([]);
    expect(Object.values(JSON.parse(site.file('custody.json')).tokens)).toEqual([]);
  });

  test('without a key is refused before anything is written; a plan needs none', async () => {
    const { emulator, site, cwd, env } = await sites('ci');
    const keyless = { ...env, RECONCILE_STATE_KEY: '' };
    expect(await reconcile(planning, { cwd, env: keyless })).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('1 to create'),
    });
    const refused = await reconcile(applying, { cwd, env: keyless });
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('reconcile state key') });
    expect(writes(emulator)).toEqual([]);
    expect(await site.runs('push')).toBe(0);
    expect(site.git('for-each-ref')).toBe('');
  });

  test('with the wrong key, while a secret waits, names the right one', async () => {
    const { emulator, site, env } = await sites('ci');
    const broken = await site.checkout('broken', {
      'tokens.yaml': `apiVersion: reconcile/v1
tokens: [{ kind: registry_token, registry: team-a, name: ci, scopes: [], secret: [{ command: { run: [/bin/false] } }] }]
`,
    });
    expect(await reconcile(applying, { cwd: broken, env })).toMatchObject({ code: 4 });
    expect(branchFiles(site).filter((name) => name.startsWith('spool/'))).toHaveLength(1);
    const before = site.git('rev-parse', stateRef);
    const [{ password = '' } = {}] = emulator.tokens('team-a');
    expect(allObjects(site)).not.toContain(password);

    const wrong = await generateIdentity();
    const refused = await reconcile(applying, { cwd: broken, env: { ...env, RECONCILE_STATE_KEY: wrong } });
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain(await identityToRecipient(stateKey));
    expect(refused.stderr).not.toContain(wrong);
    expect(site.git('rev-parse', stateRef)).toBe(before);
    expect(
      await reconcile(planning, { cwd: broken, env: { ...env, RECONCILE_STATE_KEY: '' } }),
    ).toMatchObject({ code: 0 });

    await appendFile(join(site.folder, 'key.txt'), `# created today\n${stateKey}\n`);
    const keyFile = ['--state-key', join(site.folder, 'key.txt')];
    await writeFile(join(broken, 'tokens.yaml'), manifestOf('ci'));
    const spooled = await reconcile([...applying, ...keyFile], {
      cwd: broken,
      env: { ...env, RECONCILE_STATE_KEY: '' },
    });
    expect(spooled).toMatchObject({ code: 0 });
    expect(JSON.parse(await readFile(join(broken, 'ci.json'), 'utf8')).password).toBe(password);
    expectNoSecrets(site, emulator);
  });

  test('is refused if two options say where the state is', async () => {
    const { site, cwd, env } = await sites('ci');
    const refused = await reconcile([...applying, '--state-dir', 'ops'], { cwd, env });
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('--state and --state-dir') });
    expect(await site.runs('fetch')).toBe(0);
  });

  test('leaves a branch alone that is not a state', async () => {
    const { emulator, site, cwd, env } = await sites('ci');
    site.git('update-ref', stateRef, site.git('commit-tree', '-m', 'x', site.git('mktree').trim()).trim());
    const before = site.git('rev-parse', stateRef);
    const refused = await reconcile(applying, { cwd, env });
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('is not a state') });
    expect(site.git('rev-parse', stateRef)).toBe(before);
    expect(writes(emulator)).toEqual([]);
  });

  test('whose remote rejects the push of the lease writes nothing', async () => {
    const { emulator, site, cwd, env } = await sites('ci');
    await site.hook('pre-receive', 'echo "not allowed here" >&2; exit 1');
    const refused = await reconcile(applying, { cwd, env });
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('not allowed here') });
    expect(writes(emulator)).toEqual([]);
  });

  test('is one of the library, too', async () => {
    const { emulator, site, cwd, env } = await sites('ci');
    const manifests = await loadManifests(['.'], { cwd, env });
    const options = { env, state: 'git:origin', graceSeconds: 0 };
    const planned = await plan(manifests, options);
    const results = await apply(planned);
    expect(results).toMatchObject([{ status: 'applied' }]);
    expect(branchFiles(site)).toEqual(['README.md', 'custody.json']);
    expectNoSecrets(site, emulator);
    const again = await plan(manifests, options);
    expect(again.plan.changes).toMatchObject([{ action: 'noop', custody: 'held' }]);
    await again.close();
  });
});

describe('two runs at once', () => {
  test('one finishes; the other names the holder, or waits for it', async () => {
    const { emulator, env: serviceEnv, asked, goOn } = await pausedEmulator(seed, 'POST', 'after');
    const site = await gitSite();
    const env = { ...site.env, ...serviceEnv };
    const one = await site.checkout('one', { 'tokens.yaml': manifestOf('ci') });
    const two = await site.checkout('two', { 'tokens.yaml': manifestOf('ci', 'other') });
    const first = start(applying, { cwd: one, env });
    await Promise.race([asked, first.finished]);
    const { holder, host } = JSON.parse(site.file('lock.json'));
    const refused = await reconcile(applying, { cwd: two, env });
    expect(refused).toMatchObject({
      code: 1,
      stderr: expect.stringContaining(`${holder} on ${host} holds it until`),
    });
    expect(await reconcile(planning, { cwd: two, env })).toMatchObject({ code: 0 });

    const waiting = start([...applying, '--lock-timeout', '60'], { cwd: two, env });
    let said = '';
    while (waiting.process.stderr && !said.includes('is using this state')) {
      said += String((await once(waiting.process.stderr, 'data'))[0]);
    }
    goOn();
    expect(await first.finished).toMatchObject({ code: 0 });
    expect(await waiting.finished).toMatchObject({ code: 0 });
    expect(
      emulator
        .tokens('team-a')
        .map(({ name }) => name)
        .sort(),
    ).toEqual(['ci', 'other']);
    expect(branchFiles(site)).toEqual(['README.md', 'custody.json']);
    expect(Object.keys(JSON.parse(site.file('custody.json')).tokens)).toHaveLength(2);
  });
});

describe("a checkout's own configuration of Git", () => {
  test('runs nothing and leads nowhere else', async () => {
    const { site, cwd, env } = await sites('ci');
    const marker = join(site.folder, 'marker');
    const evil = join(site.folder, 'evil');
    await writeScript(evil, `echo "$0 $*" >> '${marker}'\nexit 1`);
    await writeScript(join(site.folder, 'hooks/pre-push'), `echo pre-push >> '${marker}'\nexit 1`);
    await writeScript(join(site.folder, 'hooks/reference-transaction'), `echo ref >> '${marker}'`);
    const other = await gitSite();
    await appendFile(
      join(cwd, '.git/config'),
      `[core]
	hooksPath = ${join(site.folder, 'hooks')}
	fsmonitor = ${evil}
	sshCommand = ${evil}
	askPass = ${evil}
	gitProxy = ${evil}
	editor = ${evil}
	pager = ${evil}
	attributesFile = ${join(cwd, 'attributes')}
[alias]
	push = !${evil}
	fetch = !${evil}
	ls-remote = !${evil}
	mktree = !${evil}
[credential]
	helper = !${evil}
[url "${other.url}"]
	insteadOf = ${site.url}
	pushInsteadOf = ${site.url}
[remote "origin"]
	uploadpack = ${evil}
	receivepack = ${evil}
	proxy = http://127.0.0.1:9
	vcs = evil
[filter "evil"]
	clean = ${evil}
	smudge = ${evil}
[gpg]
	program = ${evil}
[commit]
	gpgSign = true
[push]
	gpgSign = true
	recurseSubmodules = on-demand
[diff]
	external = ${evil}
[protocol "file"]
	allow = never
[include]
	path = ${join(cwd, 'more.config')}
`,
    );
    await writeFile(join(cwd, 'attributes'), '* filter=evil\n');
    await writeFile(join(cwd, '.gitattributes'), '* filter=evil\n');
    await writeFile(join(cwd, 'more.config'), `[core]\n\tsshCommand = ${evil}\n`);
    const done = await reconcile(applying, { cwd, env });
    expect(done).toMatchObject({ code: 0 });
    await expect(readFile(marker, 'utf8')).rejects.toMatchObject({ code: 'ENOENT' });
    expect(branchFiles(site)).toEqual(['README.md', 'custody.json']);
    expect(other.git('for-each-ref')).toBe('');
  });

  /** A server that rejects every request, and keeps their headers. */
  async function rejecting(status: number) {
    const requests: IncomingMessage[] = [];
    const server = createServer((request, response) => {
      requests.push(request);
      response.writeHead(status, status === 401 ? { 'www-authenticate': 'Basic realm="git"' } : {});
      response.end();
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => {
      server.close();
    });
    return { requests, port: (server.address() as AddressInfo).port };
  }

  test.each([401, 404])(
    'gives its extra header to the server, which responds with %i; it is not printed',
    async (status) => {
      const { site, cwd, env } = await sites('ci');
      const { requests, port } = await rejecting(status);
      const header = `basic ${Buffer.from('x-access-token:ghs_0123456789abcdefghij').toString('base64')}`;
      const evil = join(site.folder, 'evil');
      const marker = join(site.folder, 'marker');
      await writeScript(evil, `echo "$0 $*" >> '${marker}'\nexit 1`);
      await appendFile(
        join(cwd, '.git/config'),
        `[remote "web"]
	url = http://127.0.0.1:${port}/ops/state.git
[http "http://127.0.0.1:${port}/"]
	extraheader = AUTHORIZATION: ${header}
[credential]
	helper = !${evil}
[core]
	askPass = ${evil}
`,
      );
      const failed = await reconcile(['plan', '--state', 'git:web'], { cwd, env });
      expect(failed.code).toBe(1);
      expect(requests.length).toBeGreaterThan(0);
      expect(requests[0]?.headers.authorization).toBe(header);
      expect(`${failed.stdout}${failed.stderr}`).not.toContain(header.slice(6));
      expect(`${failed.stdout}${failed.stderr}`).not.toContain('ghs_0123456789');
      await expect(readFile(marker, 'utf8')).rejects.toMatchObject({ code: 'ENOENT' });
    },
  );
});
