import { mkdir, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { reconcile } from '../support/cli.ts';
import { servedEmulator, writes } from '../support/emulator.ts';
import { folderWith } from '../support/folder.ts';

const manifest = `apiVersion: reconcile/v1
tokens:
  - { kind: registry_token, registry: team-a, name: ci, secret: [{ file: { path: secrets/ci.json } }] }
`;

async function site(options: Parameters<typeof servedEmulator>[1] = {}) {
  const emulator = await servedEmulator(
    'ionos: { registries: [{ name: team-a, tokens: [{ name: one }] }] }',
    options,
  );
  const cwd = await folderWith({ 'tokens.yaml': manifest });
  await mkdir(join(cwd, 'secrets'));
  const doctor = async (env: Readonly<Record<string, string>> = {}) => {
    const { code, stdout } = await reconcile(['doctor', '--format', 'json'], {
      cwd,
      env: { ...emulator.env, ...env },
    });
    const { checks } = JSON.parse(stdout) as {
      checks: readonly {
        readonly name: string;
        readonly state: string;
        readonly message: string;
        readonly fix?: string;
      }[];
    };
    return { code, wrong: checks.filter(({ state }) => state === 'failed'), checks };
  };
  return { emulator, cwd, doctor };
}

describe('doctor', () => {
  test('finds nothing where all is well, says where credentials are from, shows none, and writes nothing', async () => {
    const { emulator, doctor } = await site();
    const { code, wrong, checks } = await doctor();
    expect({ code, wrong }).toEqual({ code: 0, wrong: [] });
    expect(checks.find(({ name }) => name === 'IONOS: credentials')?.message).toBe(
      'a token from IONOS_TOKEN',
    );
    expect(checks.find(({ name }) => name === 'IONOS: access')?.message).toContain('1 registry');
    expect(checks.find(({ name }) => name === 'Docker Hub')?.state).toBe('skipped');
    expect(JSON.stringify(checks)).not.toContain('"emulator"');
    expect(writes(emulator)).toEqual([]);
  });

  test.each([
    {
      what: 'credentials that are refused',
      env: { IONOS_TOKEN: 'other' },
      name: 'IONOS: access',
      fix: /IONOS_TOKEN/,
    },
    { what: 'no credentials', env: { IONOS_TOKEN: '' }, name: 'IONOS: credentials', fix: /IONOS_USERNAME/ },
    {
      what: 'a fingerprint that is none',
      env: { IONOS_CERTIFICATE_FINGERPRINT: 'x' },
      name: 'IONOS: credentials',
      fix: undefined,
    },
    { what: 'a proxy that is none', env: { HTTPS_PROXY: 'nonsense' }, name: 'proxy', fix: /http:\/\/proxy/ },
    { what: 'no network', env: { IONOS_API_URL: 'http://127.0.0.1:1' }, name: 'IONOS: access', fix: /./ },
  ])(
    'has a fix for $what, and looks at all else',
    async ({ env, name, fix }) => {
      const { doctor } = await site();
      const { code, wrong, checks } = await doctor(env);
      expect(code).toBe(1);
      const found = wrong.find((check) => check.name === name);
      expect(found).toBeDefined();
      if (fix) expect(found?.fix).toMatch(fix);
      expect(checks.map((check) => check.name)).toContain('state');
      expect(checks.find((check) => check.name === 'sinks')?.state).toBe('ok');
    },
    60_000,
  );

  test('sees a clock that is off, and a sink that takes nothing', async () => {
    const { cwd, doctor } = await site({ now: () => Date.now() + 3_630_000 });
    await rm(join(cwd, 'secrets'), { recursive: true });
    const { wrong } = await doctor();
    expect(wrong.map(({ name }) => name)).toEqual(['IONOS: clock', 'sink file secrets/ci.json']);
    expect(wrong.find(({ name }) => name === 'IONOS: clock')?.message).toMatch(/36\d\d s behind/);
  });

  test('tries each connection that the manifests name, and says which one fails', async () => {
    const { cwd, doctor } = await site();
    await writeFile(
      join(cwd, 'z.yaml'),
      `apiVersion: reconcile/v1
defaults: { registry_token: { registry: team-a, token: '\${env:OTHER}', secret: discard } }
tokens:
  - { kind: registry_token, name: first }
  - { kind: registry_token, name: second }
`,
    );
    const { code, checks, wrong } = await doctor({ OTHER: 'refused' });
    expect(code).toBe(1);
    expect(wrong.map(({ name }) => name)).toEqual(['IONOS, z.yaml:4: access']);
    expect(checks.find(({ name }) => name === 'IONOS, tokens.yaml:3: access')?.state).toBe('ok');
    expect(JSON.stringify(checks)).not.toContain('refused');
  });

  test('sees a state directory that apply could not use, and looks at all else', async () => {
    const { cwd, doctor } = await site();
    await writeFile(join(cwd, '.reconcile'), '');
    const { code, wrong, checks } = await doctor({ RECONCILE_STATE_DIR: join(cwd, '.reconcile') });
    expect(code).toBe(1);
    expect(wrong.map(({ name }) => name)).toEqual(['state']);
    expect(checks.map(({ name }) => name)).toContain('IONOS: clock');
  });

  test('asks the credential helper of a registry, and runs none that a manifest leads to', async () => {
    const { cwd, doctor } = await site();
    const entry = (name: string, sink: string) =>
      `apiVersion: reconcile/v1\ntokens:\n  - { kind: registry_token, registry: team-a, name: ${name}, secret: [${sink}] }\n`;
    await writeFile(join(cwd, 'tokens.yaml'), entry('mine', '{ docker: {} }'));
    await mkdir(join(cwd, '.docker'));
    const hosts = { 'team-a.cr.de-fra.ionos.com': 'nonesuch' };
    await writeFile(join(cwd, '.docker/config.json'), JSON.stringify({ credHelpers: hosts }));
    const { wrong } = await doctor({ HOME: cwd });
    expect(wrong.map(({ name }) => name)).toEqual(['sink docker']);
    await writeFile(join(cwd, 'tokens.yaml'), entry('theirs', '{ docker: { config: .docker } }'));
    expect((await doctor()).wrong.map(({ name }) => name)).toEqual(['sink docker .docker']);
    const helper = join(cwd, 'docker-credential-nonesuch');
    await writeFile(helper, `#!/bin/sh\ntouch ${join(cwd, 'ran')}\n`, { mode: 0o755 });
    const { wrong: none, checks } = await doctor({ PATH: `${cwd}:${process.env['PATH']}` });
    expect(none).toEqual([]);
    expect(checks.find(({ name }) => name === 'sinks')?.message).toContain('read but not tested');
    await expect(stat(join(cwd, 'ran'))).rejects.toThrow('ENOENT');
  });

  test('looks at each registry that the manifests name, and says which can not be read', async () => {
    const { cwd, doctor } = await site();
    const entries = ['team-a', 'no-such'].map(
      (registry) =>
        `  - { kind: registry_token, registry: ${registry}, name: ci-${registry}, secret: discard }\n`,
    );
    await writeFile(join(cwd, 'tokens.yaml'), `apiVersion: reconcile/v1\ntokens:\n${entries.join('')}`);
    const { code, wrong, checks } = await doctor();
    expect(code).toBe(1);
    expect(wrong).toMatchObject([{ name: 'IONOS: access to no-such' }]);
    expect(checks.find(({ name }) => name === 'IONOS: access')?.message).toContain('1 token in team-a');
  });

  test('says of how many registries it has read nothing', async () => {
    const registries = Array.from({ length: 12 }, (_, index) => ({ name: `team-${index}` }));
    const emulator = await servedEmulator(JSON.stringify({ ionos: { registries } }));
    const { stdout } = await reconcile(['doctor'], { cwd: await folderWith({}), env: emulator.env });
    expect(stdout.replaceAll(/\s+/g, ' ')).toContain('2 more not read');
  });

  test('is not content without any credentials', async () => {
    const { code, stdout } = await reconcile(['doctor'], { cwd: await folderWith({}) });
    expect(code).toBe(1);
    expect(stdout).toMatch(/✗ credentials {2}none are set.*\n {4}→ set IONOS_TOKEN, or IONOS_USERNAME and/);
  });

  test('tells of manifests that are wrong, and of a folder that has none', async () => {
    const { emulator } = await site();
    const wrong = await folderWith({ 'tokens.yaml': `${manifest}    nonsense: 1\n` });
    const run = (cwd: string) => reconcile(['doctor'], { cwd, env: emulator.env });
    expect((await run(wrong)).stdout).toMatch(/✗ manifests .*\n {4}→ run reconcile validate/);
    const none = await run(await folderWith({}));
    expect(none).toMatchObject({ code: 0, stdout: expect.stringContaining('– manifests') });
    const nowhere = await reconcile(['doctor', 'nowhere'], { cwd: wrong, env: emulator.env });
    expect(nowhere).toMatchObject({ code: 1, stdout: expect.stringContaining('✗ manifests  nowhere:') });
  });
});
