import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { reconcile } from '../support/cli.ts';
import { servedEmulator, writes } from '../support/emulator.ts';
import { folderWith } from '../support/folder.ts';

const seed = 'ionos: { registries: [{ name: team-a, hostname: team-a.cr.example.com }] }';

const manifest = `apiVersion: reconcile/v1
defaults: { registry_token: { registry: team-a, scopes: [{ type: repository, name: app, actions: [pull] }] } }
tokens:
  - { kind: registry_token, name: ci-a, secret: [{ docker: { config: docker } }] }
  - { kind: registry_token, name: ci-b, secret: [{ file: { path: b.json } }] }
`;

test('"auths": null, as programs in Go write it, takes a login', async () => {
  const emulator = await servedEmulator(seed);
  const cwd = await folderWith({ 'tokens.yaml': manifest, 'docker/config.json': '{"auths": null}' });
  const env = { ...emulator.env };
  expect((await reconcile(['apply', '-y'], { cwd, env })).code).toBe(0);
  const { auths } = JSON.parse(await readFile(join(cwd, 'docker/config.json'), 'utf8'));
  const [token] = emulator.tokens('team-a').filter(({ name }) => name === 'ci-a');
  expect(atob(auths['team-a.cr.example.com'].auth)).toBe(`ci-a:${token?.password}`);
});

test.each(['{"auths": {}, "auths": {}}', '{"auths": 1}', '{"credHelpers": []}', '{} // mine'])(
  'what would fail the delivery is found before any write to the service: %s',
  async (config) => {
    const emulator = await servedEmulator(seed);
    const cwd = await folderWith({ 'tokens.yaml': manifest, 'docker/config.json': config });
    const { code, stdout } = await reconcile(['apply', '-y', '--format', 'json'], { cwd, env: emulator.env });
    expect(code).toBe(1);
    expect(JSON.parse(stdout).results[0]).toMatchObject({ error: { code: 'SINK_FAILED' } });
    expect(writes(emulator)).toEqual([]);
    expect(await readFile(join(cwd, 'docker/config.json'), 'utf8')).toBe(config);
  },
);

test('a configuration that breaks after the check costs no secret: the others are delivered, and the next run goes on', async () => {
  const emulator = await servedEmulator(seed, {
    fault: ({ method }) => {
      if (method === 'POST') breaking ??= writeFile(config, '{"auths": [');
      return 'none';
    },
  });
  let breaking: Promise<void> | undefined;
  const cwd = await folderWith({ 'tokens.yaml': manifest, 'docker/config.json': '{}' });
  const config = join(cwd, 'docker/config.json');
  await chmod(config, 0o600);
  const first = await reconcile(['apply', '-y', '--parallelism', '1'], { cwd, env: emulator.env });
  await breaking;
  expect(first.code).toBe(4);
  const made = emulator.tokens('team-a');
  expect(await readFile(join(cwd, 'b.json'), 'utf8')).toContain(
    made.find(({ name }) => name === 'ci-b')?.password,
  );
  await writeFile(config, '{"auths": null}');
  expect((await reconcile(['apply', '-y'], { cwd, env: emulator.env })).code).toBe(0);
  expect(emulator.tokens('team-a')).toEqual(made);
  expect(await readFile(config, 'utf8')).toContain('team-a.cr.example.com');
});
