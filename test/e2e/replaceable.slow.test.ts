import { execFileSync } from 'node:child_process';
import { chmod, chown, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { finished, program } from '../support/cli.ts';
import { servedEmulator, writes } from '../support/emulator.ts';
import { folderWith } from '../support/folder.ts';

const sinks = {
  'a sink file': { secret: '[{ file: { path: out/target } }]', file: 'out/target' },
  'the configuration of docker': { secret: '[{ docker: { config: out } }]', file: 'out/config.json' },
};

function succeeds(program: string, args: readonly string[]): boolean {
  try {
    execFileSync(program, args, { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** Whether this user may mount in a namespace of its own. */
const mayMount = succeeds('unshare', ['--mount', 'mount', '--bind', '/', '/']);

const asNobody = ['--reuid', '65534', '--regid', '65534', '--clear-groups'];
/** Whether that user can reach the program and the folders of tests. */
const maySwitch = succeeds('setpriv', [
  ...[...asNobody, 'sh', '-c', 'test -r "$1" && test -x "$2"'],
  ...['sh', program, tmpdir()],
]);

// As `docker run -v ./config.json:/root/.docker/config.json` does it.
test.runIf(mayMount).each(Object.entries(sinks))(
  'a bind mount in the place of %s is found before any write to the service; of its folder it is no hindrance',
  async (_, { secret, file }) => {
    const emulator = await servedEmulator('ionos: { registries: [{ name: team-a }] }');
    const cwd = await folderWith({
      'tokens.yaml': `apiVersion: reconcile/v1
tokens:
  - { kind: registry_token, registry: team-a, name: ci, scopes: [{ type: repository, name: app, actions: [pull] }], secret: ${secret} }
`,
      [file]: '{}',
      'elsewhere/config.json': '{}',
      'elsewhere/target': '{}',
    });
    const apply = (source: string, target: string) => {
      const script = 'mount --bind "$1" "$2" && shift 2 && exec "$@"';
      const args = ['--mount', 'sh', '-c', script, 'sh', source, target];
      const command = [process.execPath, program, 'apply', '-y', '--format', 'json'];
      return finished('unshare', [...args, ...command], { cwd, env: emulator.env });
    };
    const refused = await apply('elsewhere/config.json', file);
    expect(refused.code).toBe(1);
    expect(JSON.parse(refused.stdout).results).toMatchObject([
      { error: { code: 'SINK_FAILED', hint: 'mount the folder instead of the file' } },
    ]);
    expect(writes(emulator)).toEqual([]);
    expect(await readdir(join(cwd, 'out'))).toEqual([file.slice('out/'.length)]);

    expect((await apply('elsewhere', 'out')).code).toBe(0);
    expect(await readFile(join(cwd, 'elsewhere', file.slice('out/'.length)), 'utf8')).not.toBe('{}');
  },
);

// In /tmp, say: everybody may make files there, and only the owner may replace one.
test.runIf(maySwitch)(
  "another user's file in a sticky folder is found before any write to the service",
  async () => {
    const emulator = await servedEmulator('ionos: { registries: [{ name: team-a }] }');
    const cwd = await folderWith({
      'tokens.yaml': `apiVersion: reconcile/v1
tokens:
  - { kind: registry_token, registry: team-a, name: ci, scopes: [{ type: repository, name: app, actions: [pull] }], secret: [{ file: { path: out/target } }] }
`,
      'out/target': '{}',
    });
    await chmod(cwd, 0o755);
    await chmod(join(cwd, 'out'), 0o1777);
    const state = join(cwd, 'state');
    await mkdir(state);
    await chown(state, 65_534, 65_534);
    const command = [process.execPath, program, 'apply', '-y', '--format', 'json', '--state-dir', state];
    const apply = () => finished('setpriv', [...asNobody, ...command], { cwd, env: emulator.env });
    const refused = await apply();
    expect(refused.code).toBe(1);
    expect(JSON.parse(refused.stdout).results).toMatchObject([
      { error: { code: 'SINK_FAILED', message: expect.stringContaining('belongs to another user') } },
    ]);
    expect(writes(emulator)).toEqual([]);
    // Its own it may replace.
    await writeFile(join(cwd, 'out/target'), '{}');
    await chown(join(cwd, 'out/target'), 65_534, 65_534);
    expect((await apply()).code).toBe(0);
  },
);
