import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { reconcile } from '../support/cli.ts';
import { servedEmulator } from '../support/emulator.ts';
import { folderWith } from '../support/folder.ts';
import { skopeo, skopeoIsInstalled } from '../support/skopeo.ts';

const manifest = `apiVersion: reconcile/v1
tokens:
  - kind: registry_token
    registry: team-a
    name: ci-pull
    scopes: [{ type: repository, name: app, actions: [pull] }]
    secret:
      - file: { path: login.json, format: dockerconfigjson }
      - file: { path: login.yaml, format: kubernetes }
      - docker: { config: docker }
`;

/** Logins that a run has made, and the one registry that takes them. */
async function loggedIn() {
  const emulator = await servedEmulator(
    '{ ionos: { registries: [{ name: team-a }] }, quirks: { own_host: true } }',
  );
  const cwd = await folderWith({ 'tokens.yaml': manifest, 'docker/config.json': '{"detachKeys":"ctrl-p"}' });
  expect((await reconcile(['apply', '-y'], { cwd, env: emulator.env })).code).toBe(0);
  return { emulator, cwd, host: new URL(emulator.url).host };
}

test('each kind of login names the host that the service returns, and the live token', async () => {
  const { emulator, cwd, host } = await loggedIn();
  const [token] = emulator.tokens('team-a');
  const auth = btoa(`ci-pull:${token?.password}`);
  const login = JSON.parse(await readFile(join(cwd, 'login.json'), 'utf8'));
  expect(login).toEqual({ auths: { [host]: { username: 'ci-pull', password: token?.password, auth } } });
  const secret = parse(await readFile(join(cwd, 'login.yaml'), 'utf8'));
  expect(secret).toMatchObject({ kind: 'Secret', type: 'kubernetes.io/dockerconfigjson' });
  expect(JSON.parse(atob(secret.data['.dockerconfigjson']))).toEqual(login);
  const docker = JSON.parse(await readFile(join(cwd, 'docker/config.json'), 'utf8'));
  expect(docker).toEqual({ detachKeys: 'ctrl-p', auths: { [host]: { auth } } });
});

test.runIf(skopeoIsInstalled)(
  'a real client reads with the logins for as long as the token is enabled and live',
  async () => {
    const { emulator, cwd, host } = await loggedIn();
    const [token] = emulator.tokens('team-a');
    const read = async (file: string): Promise<number | null> => {
      const auth = ['--authfile', join(cwd, file), '--tls-verify=false'];
      return (await skopeo(['list-tags', ...auth, `docker://${host}/app`])).code;
    };
    const both = (): Promise<(number | null)[]> =>
      Promise.all(['login.json', 'docker/config.json'].map((file) => read(file)));
    expect(await both()).toEqual([0, 0]);
    emulator.patchAs('emulator', 'team-a', token?.id ?? '', { status: 'disabled' });
    expect(await both()).not.toContain(0);
    emulator.patchAs('emulator', 'team-a', token?.id ?? '', { status: 'enabled' });
    expect(await both()).toEqual([0, 0]);
    emulator.deleteAs('team-a', token?.id ?? '');
    expect(await both()).not.toContain(0);
  },
);
