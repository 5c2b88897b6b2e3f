import { access, chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it, test } from 'vitest';
import { git, makePlace, type Place } from './fixtures.ts';

/** A checkout with a remote `origin`, and a program that marks that it ran. */
interface Trap extends Place {
  readonly checkout: string;
  readonly program: string;
  readonly marker: string;
}

async function makeTrap(): Promise<Trap> {
  const place = await makePlace();
  const checkout = join(place.folder, 'checkout');
  const program = join(place.folder, 'program.sh');
  const marker = join(place.folder, 'marker');
  git(place.folder, 'init', '--quiet', checkout);
  git(checkout, 'remote', 'add', 'origin', place.remote);
  await writeFile(program, `#!/bin/sh\ntouch '${marker}'\nexit 1\n`);
  await chmod(program, 0o755);
  return { ...place, checkout, program, marker };
}

const isMissing = (path: string): Promise<boolean> =>
  access(path).then(
    () => false,
    () => true,
  );

const hooks = [
  'post-checkout',
  'post-commit',
  'post-index-change',
  'post-rewrite',
  'pre-auto-gc',
  'pre-commit',
  'pre-push',
  'reference-transaction',
];

/** Settings that name a program, or lead elsewhere. The program's path takes the place of PROGRAM. */
const settings: Readonly<Record<string, string>> = {
  'core.fsmonitor': 'PROGRAM',
  'core.sshCommand': 'PROGRAM',
  'core.gitProxy': 'PROGRAM',
  'core.askPass': 'PROGRAM',
  'core.pager': 'PROGRAM',
  'core.editor': 'PROGRAM',
  'core.hooksPath': 'FOLDER',
  'core.alternateRefsCommand': 'PROGRAM',
  'pager.config': 'PROGRAM',
  'credential.helper': 'PROGRAM',
  'alias.config': '!PROGRAM',
  'alias.fetch': '!PROGRAM',
  'alias.push': '!PROGRAM',
  'diff.external': 'PROGRAM',
  'filter.x.clean': 'PROGRAM',
  'gpg.program': 'PROGRAM',
  'push.gpgSign': 'true',
  'uploadpack.packObjectsHook': 'PROGRAM',
  'remote.origin.uploadpack': 'PROGRAM',
  'remote.origin.receivepack': 'PROGRAM',
  'remote.origin.vcs': 'x',
  'remote.origin.proxy': 'http://127.0.0.1:9',
  'remote.origin.pushurl': 'FOLDER/elsewhere.git',
  'url.FOLDER/elsewhere.git.insteadOf': 'REMOTE',
  'url.FOLDER/elsewhere.git.pushInsteadOf': 'REMOTE',
  'trace2.eventTarget': 'MARKER',
};

/** Uses every method on the remote `origin`, and expects that it works on the remote itself. */
async function useAll({ open, checkout, remote, env, folder }: Trap): Promise<void> {
  const branch = await open({ remote: 'origin', cwd: checkout, env: { ...env, PWD: folder } });
  expect(await branch.fetch()).toBeUndefined();
  const id = await branch.commit(new Map([['custody.json', '{}']]));
  expect(await branch.probe(undefined)).toEqual({ kind: 'accepted' });
  expect(await branch.push(id, undefined)).toEqual({ kind: 'accepted' });
  expect(await branch.fetch()).toMatchObject({ id });
  expect(await branch.head()).toBe(id);
  expect(git(remote, 'rev-parse', 'reconcile-state')).toBe(id);
}

test.each(['in .git/config', 'in an included file', 'in config.worktree'])(
  'a hostile configuration runs and redirects nothing: %s',
  async (where) => {
    const trap = await makeTrap();
    git(trap.folder, 'init', '--quiet', '--bare', 'elsewhere.git');
    for (const hook of hooks) {
      await writeFile(join(trap.folder, hook), `#!/bin/sh\ntouch '${trap.marker}'\nexit 1\n`);
      await chmod(join(trap.folder, hook), 0o755);
    }
    const included = join(trap.checkout, 'included');
    if (where === 'in an included file') git(trap.checkout, 'config', 'include.path', '../included');
    if (where === 'in config.worktree') git(trap.checkout, 'config', 'extensions.worktreeConfig', 'true');
    const file = {
      'in .git/config': ['--local'],
      'in an included file': ['--file', included],
      'in config.worktree': ['--file', join(trap.checkout, '.git/config.worktree')],
    }[where];
    const filled = (text: string): string =>
      text
        .replace('PROGRAM', trap.program)
        .replace('FOLDER', trap.folder)
        .replace('REMOTE', trap.remote)
        .replace('MARKER', trap.marker);
    for (const [key, value] of Object.entries(settings)) {
      git(trap.folder, '-C', trap.checkout, 'config', ...(file ?? []), filled(key), filled(value));
    }
    await useAll(trap);
    expect(await isMissing(trap.marker)).toBe(true);
    expect(git(join(trap.folder, 'elsewhere.git'), 'for-each-ref')).toBe('');
  },
);

it("hooks of a hostile checkout don't run, and its template neither", async () => {
  const trap = await makeTrap();
  for (const hook of hooks) {
    await mkdir(join(trap.checkout, '.git/hooks'), { recursive: true });
    await writeFile(join(trap.checkout, '.git/hooks', hook), `#!/bin/sh\ntouch '${trap.marker}'\nexit 1\n`);
    await chmod(join(trap.checkout, '.git/hooks', hook), 0o755);
  }
  await useAll({
    ...trap,
    env: { ...trap.env, GIT_TEMPLATE_DIR: join(trap.checkout, '.git') },
  });
  expect(await isMissing(trap.marker)).toBe(true);
});

test.each(['ext::sh -c "touch MARKER"', 'x::y', 'fd::0'])('no URL runs a program: %s', async (url) => {
  const trap = await makeTrap();
  git(trap.checkout, 'config', 'remote.origin.url', url.replace('MARKER', trap.marker));
  git(trap.checkout, 'config', 'protocol.allow', 'always');
  const branch = await trap.open({ remote: 'origin', cwd: trap.checkout });
  await expect(branch.fetch()).rejects.toMatchObject({ message: expect.stringContaining('not allowed') });
  expect(await isMissing(trap.marker)).toBe(true);
});

it("variables of a surrounding git don't count", async () => {
  const trap = await makeTrap();
  const env = {
    ...trap.env,
    GIT_DIR: trap.checkout,
    GIT_WORK_TREE: trap.folder,
    GIT_INDEX_FILE: trap.marker,
    GIT_OBJECT_DIRECTORY: trap.marker,
    GIT_ALTERNATE_OBJECT_DIRECTORIES: trap.marker,
    GIT_NAMESPACE: 'x',
    GIT_CEILING_DIRECTORIES: trap.folder,
    GIT_TRACE: trap.marker,
    GIT_TRACE2_EVENT: trap.marker,
    GIT_TRACE_CURL: trap.marker,
    GIT_EXTERNAL_DIFF: trap.program,
    GIT_EDITOR: trap.program,
    GIT_PAGER: trap.program,
    GIT_CONFIG: trap.marker,
    GIT_CONFIG_PARAMETERS: "'remote.origin.url=/nowhere'",
    GIT_DEFAULT_HASH: 'sha256',
    GIT_COMMON_DIR: trap.folder,
    GIT_SHALLOW_FILE: trap.marker,
  };
  await useAll({ ...trap, env });
  expect(await isMissing(trap.marker)).toBe(true);
});

it('a folder of a checkout that looks like a bare repository is not read', async () => {
  const trap = await makeTrap();
  const bare = join(trap.checkout, 'bare');
  git(trap.folder, 'init', '--quiet', '--bare', bare);
  git(bare, 'remote', 'add', 'origin', join(trap.folder, 'elsewhere.git'));
  await expect(trap.open({ remote: 'origin', cwd: bare })).rejects.toMatchObject({ code: 'USAGE' });
});

it("the user's own settings apply, by file and by variable", async () => {
  const trap = await makeTrap();
  await writeFile(
    join(trap.folder, 'home/.gitconfig'),
    `[url "${trap.folder}/"]\n\tinsteadOf = state:\n[fetch]\n\tprune = true\n[push]\n\tfollowTags = true\n`,
  );
  const branch = await trap.open({ remote: 'state:remote.git' });
  expect(await branch.push(await branch.commit(new Map()), undefined)).toEqual({ kind: 'accepted' });
  const env = {
    ...trap.env,
    GIT_CONFIG_COUNT: '1',
    GIT_CONFIG_KEY_0: `url.${trap.folder}/.insteadOf`,
    GIT_CONFIG_VALUE_0: 'other:',
  };
  expect(await (await trap.open({ remote: 'other:remote.git', env })).head()).toBeDefined();
});

it('ssh is not allowed to ask, unless the user names another one', async () => {
  const trap = await makeTrap();
  const bin = join(trap.folder, 'bin');
  await mkdir(bin);
  const record = (name: string): Promise<void> =>
    writeFile(join(bin, name), `#!/bin/sh\necho "${name} $*" >>'${trap.marker}'\nexit 255\n`, {
      mode: 0o755,
    });
  await record('ssh');
  await record('other-ssh');
  git(trap.checkout, 'config', 'core.sshCommand', trap.program);
  git(trap.checkout, 'remote', 'set-url', 'origin', 'git@localhost:x.git');
  const env = { ...trap.env, PATH: `${bin}:${process.env['PATH']}` };
  const ran = async (more: Readonly<Record<string, string>>): Promise<string> => {
    await writeFile(trap.marker, '');
    const branch = await trap.open({ remote: 'origin', cwd: trap.checkout, env: { ...env, ...more } });
    await expect(branch.head()).rejects.toMatchObject({ code: 'STATE_UNAVAILABLE' });
    const { readFile } = await import('node:fs/promises');
    return readFile(trap.marker, 'utf8');
  };
  expect(await ran({})).toMatch(/^ssh -o BatchMode=yes .*git@localhost/m);
  expect(await ran({ GIT_SSH_COMMAND: 'other-ssh -v' })).toMatch(/^other-ssh -v .*git@localhost/m);
  expect(await ran({ GIT_SSH: join(bin, 'other-ssh') })).toMatch(/^other-ssh .*git@localhost/m);
  await writeFile(join(trap.folder, 'home/.gitconfig'), '[core]\n\tsshCommand = other-ssh\n');
  expect(await ran({})).toMatch(/^other-ssh .*git@localhost/m);
});
