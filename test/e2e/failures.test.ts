import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { createEmulator } from '../../src/emulator/index.ts';
import { parseSeed } from '../../src/emulator/seed.ts';
import { serve } from '../../src/emulator/serve.ts';
import { reconcile } from '../support/cli.ts';
import { servedEmulator, writes } from '../support/emulator.ts';
import { folderWith } from '../support/folder.ts';

const seed = 'ionos: { registries: [{ name: team-a }] }';

const tokens = (count: number): string =>
  Array.from(
    { length: count },
    (_, index) => `
  - kind: registry_token
    registry: team-a
    name: token-${index}
    scopes: [{ type: repository, name: app, actions: [pull] }]
    secret: [{ file: { path: ${index}.json } }]`,
  ).join('');

test('a server that stops midway gives exit 4 and a result for each change; the next apply completes them', async () => {
  const emulator = createEmulator({ seed: parseSeed(seed) });
  let posts = 0;
  const first = await serve(
    {
      ...emulator,
      fetch: async (request) => {
        if (request.method === 'POST') posts += 1;
        if (posts <= 3) return emulator.fetch(request);
        await first.close();
        return new Response(null, { status: 503 });
      },
    },
    { port: 0 },
  );
  const cwd = await folderWith({ 'tokens.yaml': `apiVersion: reconcile/v1\ntokens:${tokens(5)}\n` });
  // The wait before another try is drawn between none and a limit: here it is none.
  const env = { IONOS_TOKEN: 'emulator', NODE_OPTIONS: '--import=data:text/javascript,Math.random=()=>0' };
  const stopped = await reconcile(['apply', '-y', '--format', 'json', '--parallelism', '1', '--grace', '0'], {
    cwd,
    env: { ...env, IONOS_API_URL: first.url },
  });
  expect(stopped.code).toBe(4);
  const { results, summary } = JSON.parse(stopped.stdout);
  expect(results).toHaveLength(5);
  expect(summary).toMatchObject({ create: 5, failed: 5, not_run: 0 });
  // The first three are made and delivered; that they are still there could no longer be looked up.
  for (const index of [0, 1, 2]) {
    expect(results[index]).toMatchObject({
      status: 'failed',
      changed: true,
      secret: { delivered_to: [`file:${index}.json`] },
      error: { code: 'API_UNAVAILABLE', message: expect.stringContaining('its secret delivered') },
    });
  }
  expect(results[3].error.code).toBe('OUTCOME_UNKNOWN');
  expect(results[4].error.code).toBe('API_UNAVAILABLE');

  const second = await serve(emulator, { port: Number(new URL(first.url).port) });
  onTestFinished(() => second.close());
  expect(
    (await reconcile(['apply', '-y', '--grace', '0'], { cwd, env: { ...env, IONOS_API_URL: second.url } }))
      .code,
  ).toBe(0);
  for (const token of emulator.tokens('team-a')) {
    const file = join(cwd, `${token.name.slice('token-'.length)}.json`);
    expect(JSON.parse(await readFile(file, 'utf8'))).toMatchObject({
      id: token.id,
      password: token.password,
    });
  }
  expect(emulator.tokens('team-a')).toHaveLength(5);
});

test('a sink that cannot be written stops the run before the first write', async () => {
  const emulator = await servedEmulator(seed);
  const cwd = await folderWith({
    'tokens.yaml': `apiVersion: reconcile/v1\ntokens:${tokens(2)}
  - { kind: registry_token, registry: team-a, name: lost, secret: [{ file: { path: missing/lost.json } }] }\n`,
  });
  const { code, stdout } = await reconcile(['apply', '-y', '--format', 'json'], { cwd, env: emulator.env });
  expect(code).toBe(1);
  expect(JSON.parse(stdout).results.map(({ status }: { status: string }) => status)).toEqual([
    'failed',
    'not_run',
    'not_run',
  ]);
  expect(writes(emulator)).toEqual([]);
});

test('a change that the server ignores is an error that shows both lists', async () => {
  const emulator = await servedEmulator(
    'ionos: { registries: [{ name: team-a, tokens: [{ name: deploy, scopes: [{ type: repository, name: app, actions: [pull] }] }] }] }',
    { quirks: { ignorePatch: ['scopes'] } },
  );
  const cwd = await folderWith({
    'tokens.yaml': `apiVersion: reconcile/v1
tokens:
  - { kind: registry_token, registry: team-a, name: deploy, status: disabled, scopes: [{ type: repository, name: app, actions: [pull, push] }] }\n`,
  });
  const { code, stdout } = await reconcile(['apply', '-y', '--format', 'json'], { cwd, env: emulator.env });
  expect(code).toBe(1);
  expect(JSON.parse(stdout).results).toMatchObject([
    {
      status: 'failed',
      changed: true,
      error: { code: 'API_REJECTED', message: expect.stringMatching(/ignored the change to scopes.*push/) },
    },
  ]);
});
