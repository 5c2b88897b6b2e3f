import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { HubQuirks } from '../../src/emulator/docker-hub/quirks.ts';
import { createEmulator, type Emulator } from '../../src/emulator/index.ts';
import { parseSeed } from '../../src/emulator/seed.ts';
import { serve } from '../../src/emulator/serve.ts';
import { reconcile } from '../support/cli.ts';
import { folderWith } from '../support/folder.ts';

const seed = JSON.stringify({
  docker_hub: { users: [{ name: 'emulator' }], organizations: [{ name: 'acme', limit: 100 }] },
});

/** An emulator whose list lags, and whose first two creates of tokens begin together. */
async function servedTogether(quirks: Partial<HubQuirks> = {}): Promise<Readonly<Record<string, string>>> {
  const emulator = createEmulator({ seed: parseSeed(seed), hubQuirks: { listLag: 300, ...quirks } });
  let arrive = (): void => undefined;
  const both = new Promise<void>((resolve) => {
    let missing = 2;
    arrive = () => {
      missing -= 1;
      if (missing === 0) resolve();
    };
  });
  const fetch: Emulator['fetch'] = async (request) => {
    if (request.method === 'POST' && request.url.endsWith('/access-tokens')) {
      arrive();
      await both;
    }
    return emulator.fetch(request);
  };
  const served = await serve({ fetch }, { port: 0 });
  onTestFinished(() => served.close());
  return {
    DOCKER_HUB_API_URL: served.url,
    DOCKER_HUB_USERNAME: 'emulator',
    DOCKER_HUB_PASSWORD: 'emulator',
  };
}

const secret = [{ file: { path: 'ci.json' } }];

test.each([
  {
    kind: 'docker_hub_personal_token',
    fields: { org: undefined, token_label: 'ci', scopes: ['repo:read'] },
  },
  {
    kind: 'docker_hub_org_token',
    fields: {
      org: 'acme',
      label: 'ci',
      resources: [{ type: 'TYPE_REPO', path: 'acme/app', scopes: ['scope-image-pull'] }],
    },
  },
])(
  'two applies at once to a list that lags leave one $kind, and one of them says so',
  async ({ kind, fields }) => {
    const env = await servedTogether();
    const manifest = JSON.stringify({
      apiVersion: 'reconcile/v1',
      tokens: [{ kind, ...fields, secret }],
    });
    const folders = await Promise.all([1, 2].map(() => folderWith({ 'tokens.yaml': manifest })));
    const ended = await Promise.all(folders.map((cwd) => reconcile(['apply', '--yes'], { cwd, env })));
    const losers = ended.filter(({ code }) => code !== 0);
    expect(losers).toHaveLength(1);
    expect(losers[0]?.stdout.replace(/\s+/g, ' ')).toContain('first; this run deleted its own');
    const winner = folders[ended.findIndex(({ code }) => code === 0)] ?? '';
    const held = JSON.parse(await readFile(join(winner, 'ci.json'), 'utf8'));
    // The list shows the deleted token a little longer.
    await expect
      .poll(
        async () => {
          const listed = await reconcile(
            ['list', '--kind', kind, ...(fields.org ? ['--org', 'acme'] : []), '--format', 'json'],
            { cwd: winner, env },
          );
          return JSON.parse(listed.stdout).tokens.map(({ id }: { id: string }) => id);
        },
        { timeout: 300_000 },
      )
      .toEqual([held.id]);
    const again = await reconcile(['plan', '--detailed-exitcode'], { cwd: winner, env });
    expect(again.code).toBe(0);
  },
);

// The run that yields has nothing else that tells it which token the other run's is.
test.each([
  { why: 'in lower case', name: 'CI-Push', more: {}, quirks: { lowerNames: true } },
  { why: 'cut', name: 'ci-push-of-team-a', more: {}, quirks: { cutNames: 7 } },
  {
    why: 'in lower case, and they rotate',
    name: 'CI-Push',
    more: { rotate: { every: '30d', lifetime: '60d' } },
    quirks: { lowerNames: true },
  },
])('the run that yields finds the other token again, if the service changes names: $why', async (row) => {
  const env = await servedTogether(row.quirks);
  const manifest = JSON.stringify({
    apiVersion: 'reconcile/v1',
    tokens: [
      {
        kind: 'docker_hub_personal_token',
        token_label: row.name,
        scopes: ['repo:read'],
        secret,
        ...row.more,
      },
    ],
  });
  const folders = await Promise.all([1, 2].map(() => folderWith({ 'tokens.yaml': manifest })));
  const [cwd = ''] = folders;
  const list = async () => {
    const args = ['list', '--kind', 'docker_hub_personal_token', '--format', 'json'];
    const listed = await reconcile(args, { cwd, env });
    return JSON.parse(listed.stdout).tokens;
  };
  await Promise.all(folders.map((cwd) => reconcile(['apply', '--yes'], { cwd, env })));
  await expect.poll(list, { timeout: 300_000 }).toHaveLength(1);
  const [{ id }] = await list();
  for (let runs = 0; runs < 2; runs += 1) {
    for (const folder of folders) {
      expect((await reconcile(['apply', '--yes'], { cwd: folder, env })).code).toBe(0);
    }
  }
  expect(await list()).toMatchObject([{ id }]);
});
