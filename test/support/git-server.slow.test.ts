import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { type Finished, finished } from './cli.ts';
import {
  allObjects,
  branchFiles,
  commitFiles,
  createRemote,
  plainGit,
  reachableObjects,
  tipOf,
} from './git-remote.ts';
import {
  type GitFault,
  type GitHooks,
  type GitRequest,
  type GitServer,
  type GitServerOptions,
  serveGit,
} from './git-server.ts';

interface Setup {
  readonly folder: string;
  /** The bare repository, and its URL. */
  readonly remote: string;
  readonly url: string;
  readonly server: GitServer;
}

async function setUp(options: GitServerOptions = {}): Promise<Setup> {
  const folder = await mkdtemp(join(tmpdir(), 'reconcile-git-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const remote = join(folder, 'remote.git');
  await createRemote(remote);
  await commitFiles(remote, 'main', { 'tokens.yaml': 'tokens: []\n', 'docs/notes.md': '' });
  const server = await serveGit(folder, options);
  onTestFinished(() => server.close());
  return { folder, remote, url: server.urlOf('remote.git'), server };
}

/** Runs Git as a user of the server does. */
function git(cwd: string, ...args: readonly string[]): Promise<Finished> {
  const env = { ...plainGit, HOME: cwd } as Readonly<Record<string, string>>;
  return finished('git', ['-c', 'user.name=Test', '-c', 'user.email=test@example.com', ...args], {
    cwd,
    env,
  });
}

/** Clones the repository, and commits a file there. */
async function cloneWithCommit({ folder, url }: Setup, ...config: readonly string[]): Promise<string> {
  expect(await git(folder, ...config, 'clone', '--quiet', url, 'work')).toMatchObject({ code: 0 });
  const work = join(folder, 'work');
  await writeFile(join(work, 'new.txt'), 'new');
  await git(work, 'add', 'new.txt');
  expect(await git(work, 'commit', '--quiet', '-m', 'Add a file')).toMatchObject({ code: 0 });
  return work;
}

test('a client clones, pushes and fetches over HTTP', async () => {
  const setup = await setUp();
  const { folder, remote, url, server } = setup;
  const work = await cloneWithCommit(setup);
  expect(await readFile(join(work, 'tokens.yaml'), 'utf8')).toBe('tokens: []\n');

  expect(await git(work, 'push', '--quiet', 'origin', 'HEAD:state')).toMatchObject({ code: 0 });
  expect([...((await branchFiles(remote, 'state'))?.keys() ?? [])]).toEqual([
    'docs/notes.md',
    'new.txt',
    'tokens.yaml',
  ]);
  expect(await branchFiles(remote, 'other')).toBeUndefined();

  expect(await git(folder, 'clone', '--quiet', '--branch', 'state', url, 'again')).toMatchObject({ code: 0 });
  expect(await readFile(join(folder, 'again', 'new.txt'), 'utf8')).toBe('new');
  expect(server.count('push_refs')).toBe(1);
  expect(server.count('push')).toBe(1);
  expect(server.count('fetch_refs')).toBe(2);
});

test('a body that the client compresses or sends in chunks arrives', async () => {
  const setup = await setUp();
  const work = await cloneWithCommit(setup);
  const large = Array.from({ length: 30_000 }, (_, line) => `${line * 7919}`).join('\n');
  await writeFile(join(work, 'large.txt'), large);
  await git(work, 'add', 'large.txt');
  await git(work, 'commit', '--quiet', '-m', 'Add a large file');
  const push = ['-c', 'http.postBuffer=1000', 'push', '--quiet', 'origin', 'HEAD:large'];
  expect(await git(work, ...push)).toMatchObject({ code: 0 });
  expect((await branchFiles(setup.remote, 'large'))?.get('large.txt')).toBe(large);

  // Many refs that the client has make a fetch request large enough to be compressed.
  await commitFiles(setup.remote, 'main', { 'tokens.yaml': 'tokens: [1]\n' });
  for (let index = 0; index < 40; index += 1) await git(work, 'commit', '-qm', 'More', '--allow-empty');
  expect(await git(work, '-c', 'protocol.version=0', 'fetch', '--quiet', 'origin')).toMatchObject({
    code: 0,
  });
  expect(await git(work, 'show', 'origin/main:tokens.yaml')).toMatchObject({ stdout: 'tokens: [1]\n' });
});

test('a push that is expected to replace another commit is rejected', async () => {
  const setup = await setUp();
  const work = await cloneWithCommit(setup);
  await commitFiles(setup.remote, 'state', { 'custody.json': '{}' });
  const tip = await tipOf(setup.remote, 'state');
  const rejected = await git(work, 'push', '--force-with-lease=state:', 'origin', 'HEAD:state');
  expect(rejected).toMatchObject({ code: 1 });
  expect(await tipOf(setup.remote, 'state')).toBe(tip);
  expect(await git(work, 'push', `--force-with-lease=state:${tip}`, 'origin', 'HEAD:state')).toMatchObject({
    code: 0,
  });
});

test('a client without the credentials gets nothing', async () => {
  const authorization = `Basic ${Buffer.from('runner:pass').toString('base64')}`;
  const setup = await setUp({ authorization });
  expect(await git(setup.folder, 'clone', '--quiet', setup.url, 'none')).toMatchObject({ code: 128 });
  expect(setup.server.count('fetch_refs')).toBe(0);

  const header = ['-c', `http.extraHeader=Authorization: ${authorization}`];
  const work = await cloneWithCommit(setup, ...header);
  expect(await git(work, 'push', 'origin', 'HEAD:state')).toMatchObject({ code: 128 });
  expect(await git(work, ...header, 'push', 'origin', 'HEAD:state')).toMatchObject({ code: 0 });
  const withUser = setup.url.replace('http://', 'http://runner:pass@');
  expect(await git(work, 'push', withUser, 'HEAD:other')).toMatchObject({ code: 0 });
});

test.each([
  { fault: 'drop_before', arrives: false },
  { fault: 'drop_after', arrives: true },
  { fault: { status: 503 }, arrives: false },
] as const)(
  'a push with the fault $fault fails at the client, and arrives: $arrives',
  async ({ fault, arrives }) => {
    const hooks: GitHooks = { before: ({ kind }) => (kind === 'push' ? fault : 'none') };
    const setup = await setUp({ keepAlive: false, hooks });
    const work = await cloneWithCommit(setup);
    const { code } = await git(work, 'push', '--quiet', 'origin', 'HEAD:state');
    expect(code).not.toBe(0);
    expect((await tipOf(setup.remote, 'state')) !== undefined).toBe(arrives);
  },
);

test('the hooks see each request, before and after it took effect', async () => {
  const setup = await setUp({ keepAlive: false });
  const seen = await pushDroppedAfter(setup);
  expect(seen).toEqual([
    'before push_refs 1: false',
    'after push_refs 1: false',
    'before push 1: false',
    'after push 1: true',
  ]);
});

test('Git repeats a push that was dropped on a kept connection, and reports that one as rejected', async () => {
  const setup = await setUp();
  const seen = await pushDroppedAfter(setup);
  expect(seen.slice(3)).toEqual(['after push 1: true', 'before push 2: true', 'after push 2: true']);
});

/** Pushes to a new branch; the connection is dropped when the push took effect. Returns the requests. */
async function pushDroppedAfter(setup: Setup): Promise<readonly string[]> {
  const work = await cloneWithCommit(setup);
  const seen: string[] = [];
  const see = async (moment: string, { kind, count }: GitRequest): Promise<void> => {
    const isThere = (await tipOf(setup.remote, 'state')) !== undefined;
    seen.push(`${moment} ${kind} ${count}: ${isThere}`);
  };
  setup.server.intercept({
    before: async (request): Promise<GitFault> => {
      await see('before', request);
      return 'none';
    },
    after: async (request) => {
      await see('after', request);
      return request.kind === 'push' && request.count === 1 ? 'drop_after' : 'none';
    },
  });
  const { code, stderr } = await git(work, 'push', '--quiet', 'origin', 'HEAD:state');
  expect(code).not.toBe(0);
  expect(stderr.includes('rejected')).toBe(seen.length > 4);
  return seen;
}

test('a push that gets no response ends when the server does', async () => {
  const setup = await setUp();
  const work = await cloneWithCommit(setup);
  const arrived = new Promise<void>((resolve) => {
    setup.server.intercept({
      before: ({ kind }) => {
        if (kind !== 'push') return 'none';
        resolve();
        return 'hang';
      },
    });
  });
  const pushed = git(work, 'push', '--quiet', 'origin', 'HEAD:state');
  await arrived;
  await setup.server.close();
  expect((await pushed).code).not.toBe(0);
  expect(await tipOf(setup.remote, 'state')).toBeUndefined();
});

test('objects that a forced push left are listed, though they are not reachable', async () => {
  const { remote } = await setUp();
  const isOld = ({ content }: { readonly content: Buffer }): boolean => content.includes('an old secret');
  await commitFiles(remote, 'state', { 'secret.txt': 'an old secret' });
  expect((await reachableObjects(remote)).filter(isOld)).toHaveLength(1);
  await commitFiles(remote, 'state', { 'secret.txt': 'none' });
  expect((await reachableObjects(remote)).filter(isOld)).toHaveLength(1); // by the parent commit

  await finished('git', ['update-ref', '-d', 'refs/heads/state'], { cwd: remote });
  expect((await reachableObjects(remote)).filter(isOld)).toEqual([]);
  expect((await allObjects(remote)).filter(isOld)).toMatchObject([{ type: 'blob' }]);
});
