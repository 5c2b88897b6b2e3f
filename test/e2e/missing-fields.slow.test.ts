import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { reconcile } from '../support/cli.ts';
import { type ServedEmulator, servedEmulator, writes } from '../support/emulator.ts';
import { folderWith } from '../support/folder.ts';

// Some tests run the program ten times.
vi.setConfig({ testTimeout: 120_000 });

const empty =
  'ionos: { registries: [{ name: team-a }] }\ndocker_hub: { organizations: [{ name: acme }], users: [{ name: emulator }] }';
const longestLife = 30 * 86_400_000;

const kinds = [
  {
    kind: 'registry_token',
    expiry: { expiry_date: 'never' },
    hidden: 'expiryDate',
    entry: { registry: 'team-a', name: 'ci' },
  },
  {
    kind: 'docker_hub_personal_token',
    expiry: { expires_at: 'never' },
    hidden: 'expires_at',
    entry: { token_label: 'ci', scopes: ['repo:read'] },
  },
  {
    kind: 'docker_hub_org_token',
    expiry: { expires_at: 'never' },
    hidden: 'expires_at',
    entry: {
      org: 'acme',
      label: 'ci',
      resources: [{ type: 'TYPE_REPO', path: 'acme/app', scopes: ['scope-image-pull'] }],
    },
  },
] as const;

const manifest = (token: object): string =>
  JSON.stringify({ apiVersion: 'reconcile/v1', tokens: [{ allow_replace: true, ...token }] });

async function run(cwd: string, { env, hubEnv }: ServedEmulator, ...args: readonly string[]) {
  const finished = await reconcile([...args, '--format', 'json'], { cwd, env: { ...env, ...hubEnv } });
  return { ...finished, json: () => JSON.parse(finished.stdout) };
}

const changes = (emulator: ServedEmulator): readonly string[] =>
  writes(emulator)
    .filter((what) => !what.includes('/v2/auth/'))
    .map((what) => what.split(' ')[0] ?? '');

// A response that leaves a field out says nothing of it. Taken for the default, a cap would be found out by the next run,
// which would replace the token for it; and again, as its successor's create leaves the field out, too.
describe.each(kinds)('a $kind whose life the service caps', ({ kind, expiry, hidden, entry }) => {
  test.each(['unanswered', 'unlisted'] as const)(
    'and of which that is %s is made once, and each run warns of it',
    async (where) => {
      const quirks = { longestLife, [where]: [hidden] };
      const emulator = await servedEmulator(empty, { quirks, hubQuirks: quirks });
      const cwd = await folderWith({
        'tokens.yaml': manifest({ kind, ...entry, ...expiry, secret: 'discard' }),
      });
      const warning = expect.stringContaining(`${Object.keys(expiry)[0]}: the service granted 20`);
      for (const args of [
        ['apply', '--yes'],
        ['plan', '--detailed-exitcode'],
        ['apply', '--yes'],
      ]) {
        const { code, json } = await run(cwd, emulator, ...args);
        const [{ warnings }] = json().results ?? json().changes;
        expect({ args, code, warnings }).toEqual({
          args,
          code: 0,
          warnings: expect.arrayContaining([warning]),
        });
      }
      expect(changes(emulator)).toEqual(['POST']);
    },
  );

  test('is made once, where its secret had to wait and the response to the create left that out', async () => {
    const quirks = { longestLife, unanswered: [hidden] };
    const emulator = await servedEmulator(empty, { quirks, hubQuirks: quirks });
    const secret = [{ command: { run: ['./take'] } }];
    const cwd = await folderWith({
      'tokens.yaml': manifest({ kind, ...entry, ...expiry, secret }),
      take: '#!/bin/sh\nexit 1\n',
    });
    await chmod(join(cwd, 'take'), 0o755);
    expect((await run(cwd, emulator, 'apply', '--yes')).code).not.toBe(0);
    await writeFile(join(cwd, 'take'), '#!/bin/sh\ncat >taken\n');
    for (let runs = 0; runs < 2; runs += 1) {
      expect((await run(cwd, emulator, 'apply', '--yes')).code).toBe(0);
    }
    // IONOS can patch what looks as if it had changed while the secret waited.
    expect(changes(emulator)).toEqual(kind === 'registry_token' ? ['POST', 'PATCH'] : ['POST']);
  });
});

test.each(['unlisted', 'unanswered', 'hidden'] as const)(
  'scopes that are %s are no change: a token is not replaced for what a list leaves out',
  async (where) => {
    const emulator = await servedEmulator(empty, { hubQuirks: { [where]: ['scopes'] } });
    const [, { kind, entry }] = kinds;
    const cwd = await folderWith({ 'tokens.yaml': manifest({ kind, ...entry, secret: 'discard' }) });
    for (let runs = 0; runs < 3; runs += 1) {
      expect((await run(cwd, emulator, 'apply', '--yes')).code).toBe(0);
    }
    expect(changes(emulator)).toEqual(['POST']);
  },
);

// By the time of its creation a run tells a generation from a stranger's token of that name.
test.each(['unlisted', 'unanswered', 'hidden'] as const)(
  'a generation whose creation time is %s is one of the family still',
  async (where) => {
    const emulator = await servedEmulator(empty, { hubQuirks: { [where]: ['created_at'] } });
    const [, { kind, entry }] = kinds;
    const rotate = { every: '30d', lifetime: '60d', overlap: '7d' };
    const cwd = await folderWith({
      'tokens.yaml': manifest({
        kind,
        ...entry,
        rotate,
        secret: [{ file: { path: 'ci.json' } }],
        allow_replace: undefined,
      }),
    });
    for (let runs = 0; runs < 3; runs += 1) {
      const { code, json } = await run(cwd, emulator, 'apply', '--yes');
      expect(code).toBe(0);
      expect(json().results.flatMap(({ warnings }: { warnings: string[] }) => warnings)).toEqual([]);
    }
    expect(changes(emulator)).toEqual(['POST']);
  },
);

test('an old token whose creation time is unlisted is deleted once its successor is delivered', async () => {
  const emulator = await servedEmulator(empty, { hubQuirks: { unlisted: ['created_at'] } });
  const [, { kind, entry }] = kinds;
  const cwd = await folderWith({
    'tokens.yaml': manifest({ kind, ...entry, secret: [{ file: { path: 'ci.json' } }] }),
  });
  expect((await run(cwd, emulator, 'apply', '--yes')).code).toBe(0);
  const again = await run(cwd, emulator, 'apply', '--yes', '--replace', `${kind}:ci`);
  expect(again.code).toBe(0);
  expect((await run(cwd, emulator, 'plan', '--detailed-exitcode')).code).toBe(0);
  expect(emulator.hub.personalTokens('emulator')).toHaveLength(1);
});

// The service says neither that it ignores the field nor what it grants, so the end of wait_timeout would tell no more.
test.each([
  { from: 'never', to: '2099-01-01T00:00:00Z' },
  { from: '2098-01-01T00:00:00Z', to: '2099-01-01T00:00:00Z' },
])('a new expiry that IONOS ignores ($from → $to) is soon an error that shows both', async ({ from, to }) => {
  const seed = `ionos: { registries: [{ name: team-a, tokens: [{ name: ci${from === 'never' ? '' : `, expiryDate: "${from}"`} }] }] }`;
  const emulator = await servedEmulator(seed, { quirks: { ignorePatch: ['expiryDate'] } });
  const [{ kind, entry }] = kinds;
  const cwd = await folderWith({ 'tokens.yaml': manifest({ kind, ...entry, expiry_date: to }) });
  const started = Date.now();
  const { json } = await run(cwd, emulator, 'apply', '--yes');
  expect(Date.now() - started).toBeLessThan(60_000);
  const [{ error, warnings }] = json().results;
  const words = JSON.stringify(error ?? warnings);
  expect(words).toContain(from);
  expect(words).toContain(to);
});
