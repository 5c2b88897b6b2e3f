import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Emulator } from '../../../src/emulator/index.ts';
import { servedEmulator } from '../../support/emulator.ts';
import { folderWith } from '../../support/folder.ts';
import { skopeo, skopeoIsInstalled } from '../../support/skopeo.ts';

const seed = (challenge: string): string => `
ionos:
  registries:
    - name: team-a
      tokens:
        - { name: reader, scopes: [{ type: repository, name: app, actions: [pull] }] }
quirks: { login_challenge: ${challenge} }
`;

function reader(emulator: Emulator) {
  const [token] = emulator.tokens('team-a');
  if (!token) throw new Error('the seed has a token');
  return token;
}

/** A folder for an auth file, and the calls of skopeo that use it. */
async function client(url: string, auth: Readonly<Record<string, string>> = {}) {
  const folder = await folderWith(auth);
  const authFile = join(folder, 'auth.json');
  const options = ['--authfile', authFile, '--tls-verify=false'];
  const host = new URL(url).host;
  return {
    authFile,
    host,
    login: (password: string) =>
      skopeo(['login', ...options, '--username', 'reader', '--password-stdin', host], password),
    tags: (repository: string) => skopeo(['list-tags', ...options, `docker://${host}/${repository}`]),
  };
}

describe.runIf(skopeoIsInstalled).each(['bearer', 'basic'])('skopeo, asked for %s', (challenge) => {
  test('logs in with a live token, and writes down what it logged in with', async () => {
    const emulator = await servedEmulator(seed(challenge));
    const { login, tags, authFile, host } = await client(emulator.url);
    const { password } = reader(emulator);
    expect(await login(password)).toMatchObject({ code: 0, output: 'Login Succeeded!\n' });
    expect(JSON.parse(await readFile(authFile, 'utf8'))).toEqual({
      auths: { [host]: { auth: btoa(`reader:${password}`) } },
    });
    expect((await tags('app')).code).toBe(0);
    expect((await tags('other')).code).not.toBe(0);
  });

  test('does not log in with a wrong password, or once the token is disabled or deleted', async () => {
    const emulator = await servedEmulator(seed(challenge));
    const { login, tags } = await client(emulator.url);
    const { id, password } = reader(emulator);
    expect((await login('wrong')).code).not.toBe(0);
    expect((await login(password)).code).toBe(0);
    emulator.patchAs('other', 'team-a', id, { status: 'disabled' });
    expect((await login(password)).output).toContain('invalid username/password');
    expect((await tags('app')).code).not.toBe(0);
    emulator.patchAs('other', 'team-a', id, { status: 'enabled' });
    expect((await tags('app')).code).toBe(0);
    emulator.deleteAs('team-a', id);
    expect((await tags('app')).output).toContain('unauthorized');
  });

  test('reads with an auth file in the form of a dockerconfigjson', async () => {
    const emulator = await servedEmulator(seed(challenge));
    const { password } = reader(emulator);
    const auths = {
      [new URL(emulator.url).host]: { username: 'reader', password, auth: btoa(`reader:${password}`) },
    };
    const { tags } = await client(emulator.url, { 'auth.json': JSON.stringify({ auths }) });
    const { code, output } = await tags('app');
    expect(code).toBe(0);
    expect(JSON.parse(output)).toMatchObject({ Tags: [] });
  });
});
