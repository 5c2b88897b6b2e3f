import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { resolveStateLocation, type StateChoice } from '../../src/app/state-location.ts';
import { folderWith } from '../support/folder.ts';

/** A folder that doesn't exist. */
const cwd = '/checkout';

const folder = (path: string) => ({ type: 'folder', folder: path });
const branch = (remote: string, name = 'reconcile-state') => ({ type: 'branch', remote, branch: name });

describe('the location of the state', () => {
  it.each<{
    readonly why: string;
    readonly choice?: StateChoice;
    readonly env?: Readonly<Record<string, string>>;
    readonly location: object;
  }>([
    { why: 'by default a folder', location: folder('/checkout/.reconcile') },
    {
      why: 'file: with a relative folder',
      choice: { state: 'file:ops/state' },
      location: folder('/checkout/ops/state'),
    },
    {
      why: 'file: with an absolute folder',
      choice: { state: 'file:/var/state' },
      location: folder('/var/state'),
    },
    {
      why: 'file: with a colon and a #',
      choice: { state: 'file:a:b#c' },
      location: folder('/checkout/a:b#c'),
    },
    { why: 'a remote, and the usual branch', choice: { state: 'git:origin' }, location: branch('origin') },
    {
      why: 'a remote and a branch',
      choice: { state: 'git:origin#state/prod' },
      location: branch('origin', 'state/prod'),
    },
    {
      why: 'a URL',
      choice: { state: 'git:https://git.example.com/ops/state.git' },
      location: branch('https://git.example.com/ops/state.git'),
    },
    {
      why: 'a URL with a port and a branch',
      choice: { state: 'git:ssh://git@git.example.com:2222/ops/state.git#prod' },
      location: branch('ssh://git@git.example.com:2222/ops/state.git', 'prod'),
    },
    {
      why: 'an address like that of scp',
      choice: { state: 'git:git@git.example.com:ops/state.git#prod' },
      location: branch('git@git.example.com:ops/state.git', 'prod'),
    },
    {
      why: 'the last # begins the branch',
      choice: { state: 'git:/srv/a#b.git#prod' },
      location: branch('/srv/a#b.git', 'prod'),
    },
    {
      why: 'from the environment',
      env: { RECONCILE_STATE: 'git:origin#prod' },
      location: branch('origin', 'prod'),
    },
    {
      why: 'a folder from the environment',
      env: { RECONCILE_STATE: 'file:ops' },
      location: folder('/checkout/ops'),
    },
    {
      why: 'an empty variable is none',
      env: { RECONCILE_STATE: '' },
      location: folder('/checkout/.reconcile'),
    },
    {
      why: 'a directory from the environment',
      env: { RECONCILE_STATE_DIR: 'ops' },
      location: folder('/checkout/ops'),
    },
    {
      why: 'the option before the environment',
      choice: { state: 'git:upstream' },
      env: { RECONCILE_STATE: 'git:origin' },
      location: branch('upstream'),
    },
    {
      why: 'the option before the directory in the environment',
      choice: { state: 'git:upstream' },
      env: { RECONCILE_STATE_DIR: 'ops' },
      location: branch('upstream'),
    },
    {
      why: 'a folder of the option before the directory in the environment',
      choice: { state: 'file:mine' },
      env: { RECONCILE_STATE_DIR: 'ops' },
      location: folder('/checkout/mine'),
    },
    {
      why: '--state-dir before the environment',
      choice: { stateDir: 'mine' },
      env: { RECONCILE_STATE: 'git:origin', RECONCILE_STATE_DIR: 'ops' },
      location: folder('/checkout/mine'),
    },
    {
      why: 'a shard has a branch of its own',
      choice: { state: 'git:origin', shard: { index: 2 } },
      location: branch('origin', 'reconcile-state-shard-2'),
    },
    {
      why: 'a shard of a named branch',
      choice: { state: 'git:origin#prod', shard: { index: 1 } },
      location: branch('origin', 'prod-shard-1'),
    },
    {
      why: 'a shard has a folder of its own',
      choice: { state: 'file:ops', shard: { index: 3 } },
      location: folder('/checkout/ops/shard-3'),
    },
  ])('is $why', async ({ choice = {}, env = {}, location }) => {
    expect(await resolveStateLocation(choice, { cwd, env })).toEqual(location);
  });

  it.each([
    '',
    'origin',
    'git',
    'git:',
    'git:#branch',
    'git:origin#',
    'git:#',
    'file:',
    'GIT:origin',
    's3:bucket',
    ' git:origin',
    'https://git.example.com/a.git',
  ])('is not %j', async (text) => {
    const stated = resolveStateLocation({ state: text }, { cwd, env: {} });
    await expect(stated).rejects.toMatchObject({
      code: 'USAGE',
      message: `--state: ${text} is not a location of state`,
      hint: expect.stringContaining('git:REMOTE#BRANCH'),
    });
  });

  it('is named by the option that gave it', async () => {
    const stated = resolveStateLocation({ state: 'x', option: '--from' }, { cwd, env: {} });
    await expect(stated).rejects.toMatchObject({ message: '--from: x is not a location of state' });
  });

  it('that can not be understood names its variable', async () => {
    const stated = resolveStateLocation({}, { cwd, env: { RECONCILE_STATE: 'origin' } });
    await expect(stated).rejects.toMatchObject({
      code: 'USAGE',
      message: expect.stringMatching(/^RECONCILE_STATE: /),
    });
  });

  it('is stated once', async () => {
    await expect(
      resolveStateLocation({ state: 'git:origin', stateDir: 'ops' }, { cwd, env: {} }),
    ).rejects.toMatchObject({ code: 'USAGE', message: expect.stringContaining('--state and --state-dir') });
    await expect(
      resolveStateLocation({}, { cwd, env: { RECONCILE_STATE: 'git:origin', RECONCILE_STATE_DIR: 'ops' } }),
    ).rejects.toMatchObject({
      code: 'USAGE',
      message: expect.stringContaining('RECONCILE_STATE and RECONCILE_STATE_DIR'),
    });
  });

  it('is the nearest .reconcile, up to the root of the checkout', async () => {
    const root = await folderWith({
      '.reconcile/custody.json': '{}',
      'a/.git/HEAD': '',
      'a/b/c/x': '',
      'd/e/x': '',
    });
    const from = (path: string) => resolveStateLocation({}, { cwd: join(root, path), env: {} });
    expect(await from('a/b/c')).toEqual(folder(join(root, 'a/b/c/.reconcile')));
    expect(await from('d/e')).toEqual(folder(join(root, 'd/e/.reconcile')));
    expect(await from('')).toEqual(folder(join(root, '.reconcile')));
  });
});
