import { chmod, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { reconcile } from '../support/cli.ts';
import { type ServedEmulator, servedEmulator, writes } from '../support/emulator.ts';
import { folderWith } from '../support/folder.ts';

// Some tests run the program ten times.
vi.setConfig({ testTimeout: 120_000 });

interface Kind {
  readonly kind: string;
  /** The field that says when a token ends. */
  readonly expiry: string;
  /** The seed of an emulator with a token `ci` that never expires. */
  readonly seed: string;
  /** What an entry needs besides its expiry. */
  readonly entry: object;
}

const made = '2026-01-01T00:00:00Z';
const resources = [{ type: 'TYPE_REPO', path: 'acme/app', scopes: ['scope-image-pull'] }];

const kinds: readonly Kind[] = [
  {
    kind: 'registry_token',
    expiry: 'expiry_date',
    seed: 'ionos: { registries: [{ name: team-a, tokens: [{ name: ci }] }] }',
    entry: { kind: 'registry_token', registry: 'team-a', name: 'ci' },
  },
  {
    kind: 'docker_hub_personal_token',
    expiry: 'expires_at',
    seed: `docker_hub: { users: [{ name: emulator, tokens: [{ token_label: ci, scopes: [repo:read], created_at: ${made} }] }] }`,
    entry: { kind: 'docker_hub_personal_token', token_label: 'ci', scopes: ['repo:read'] },
  },
  {
    kind: 'docker_hub_org_token',
    expiry: 'expires_at',
    seed: `docker_hub: { organizations: [{ name: acme, tokens: [{ label: ci, resources: ${JSON.stringify(resources)}, created_at: ${made} }] }] }`,
    entry: { kind: 'docker_hub_org_token', org: 'acme', label: 'ci', resources },
  },
];

function manifest(...tokens: readonly object[]): Readonly<Record<string, string>> {
  return { 'tokens.yaml': JSON.stringify({ apiVersion: 'reconcile/v1', tokens }) };
}

async function run(cwd: string, { env, hubEnv }: ServedEmulator, ...args: readonly string[]) {
  const finished = await reconcile(args, { cwd, env: { ...env, ...hubEnv } });
  return { ...finished, json: () => JSON.parse(finished.stdout) };
}

const changes = (emulator: ServedEmulator): readonly string[] =>
  writes(emulator).filter((what) => !what.includes('/v2/auth/'));

// Services write "never" as an instant long ago. Taken for an end, it would replace tokens that work.
describe.each(kinds)('a $kind whose expiry is one before its creation', ({ expiry, seed, entry, kind }) => {
  test.each(['empty', 'zero', 'epoch', 'first'] as const)('(%s) never expires', async (noExpiry) => {
    const emulator = await servedEmulator(seed, { quirks: { noExpiry }, hubQuirks: { noExpiry } });
    const cwd = await folderWith(
      manifest({ ...entry, [expiry]: 'never', ...(kind !== 'registry_token' && { secret: 'discard' }) }),
    );
    const applied = await run(cwd, emulator, 'apply', '--yes', '--format', 'json');
    expect(applied.code).toBe(0);
    expect(applied.json().results).toMatchObject([{ action: 'noop', status: 'unchanged' }]);
    expect(changes(emulator)).toEqual([]);

    const drift = await run(cwd, emulator, 'plan', '--drift-only', '--detailed-exitcode');
    expect(drift.code).toBe(0);

    const audit = await run(cwd, emulator, 'audit', '--format', 'json');
    const rules = audit.json().findings.map(({ rule }: { rule: string }) => rule);
    expect(rules).toContain('no_expiry');
    expect(rules).not.toContain('expired');

    const org = kind === 'docker_hub_org_token' ? ['--org', 'acme'] : [];
    const exported = await run(cwd, emulator, 'export', '--kind', kind, ...org, '--format', 'json');
    expect(exported.json().tokens).toMatchObject([{ [expiry]: 'never' }]);
  });
});

const years = (count: number): string => `${new Date().getUTCFullYear() + count}-06-30T12:00:00Z`;
const midnightBefore = (expiry: string): string => expiry.replace('T12', 'T00');
const secondsOf = (milliseconds: number): string =>
  new Date(Math.floor(milliseconds / 1000) * 1000).toISOString().replace('.000Z', 'Z');

/** The live tokens, as the service has them. */
function live(emulator: ServedEmulator, kind: string) {
  if (kind === 'registry_token')
    return emulator.tokens('team-a').map((token) => ({ ...token, label: token.name }));
  return kind === 'docker_hub_org_token'
    ? emulator.hub.orgTokens('acme')
    : emulator.hub.personalTokens('emulator');
}

const empty =
  'ionos: { registries: [{ name: team-a }] }\ndocker_hub: { organizations: [{ name: acme }], users: [{ name: emulator }] }';
const toFile = [{ file: { path: 'ci.json' } }];
const stateOf = (cwd: string): string => join(cwd, '.reconcile');

describe.each(kinds)('a $kind to which the service grants another expiry', ({ kind, expiry, entry }) => {
  const wanted = { ...entry, [expiry]: years(3), secret: toFile };

  test.each([
    { why: 'a cap', quirks: { longestLife: 30 * 86_400_000 } },
    { why: 'midnight', quirks: { midnight: 'before' as const } },
  ])(
    'is made once ($why), with a warning that shows both, and stays until the manifest asks for something else',
    async ({ quirks }) => {
      const emulator = await servedEmulator(empty, { quirks, hubQuirks: quirks });
      const cwd = await folderWith(manifest({ ...wanted, allow_replace: true }));
      const first = await run(cwd, emulator, 'apply', '--yes', '--format', 'json');
      const [token] = live(emulator, kind);
      const granted = secondsOf(token?.expiry ?? 0);
      const warning = expect.stringMatching(`^${expiry}: .*${granted}.*${years(3)}`);
      expect(first.code).toBe(0);
      expect(first.json().results).toMatchObject([
        { action: 'create', status: 'applied', warnings: expect.arrayContaining([warning]) },
      ]);
      expect(JSON.parse(await readFile(join(cwd, 'ci.json'), 'utf8'))).toMatchObject({
        expires_at: granted,
      });

      const count = changes(emulator).length;
      for (const args of [
        ['plan', '--detailed-exitcode'],
        ['apply', '--yes'],
      ]) {
        const { code, json } = await run(cwd, emulator, ...args, '--format', 'json');
        const [change] = json().changes ?? json().results;
        expect({ code, action: change.action, warnings: change.warnings }).toEqual({
          code: 0,
          action: 'noop',
          warnings: [warning],
        });
      }
      expect(changes(emulator)).toHaveLength(count);
      expect(live(emulator, kind)).toMatchObject([{ id: token?.id }]);

      // Another wish is another request, once.
      await writeFile(
        join(cwd, 'tokens.yaml'),
        manifest({ ...wanted, [expiry]: years(4), allow_replace: true })['tokens.yaml'] ?? '',
      );
      const plan = await run(cwd, emulator, 'plan', '--format', 'json');
      expect(plan.json().changes[0]).toMatchObject({
        action: kind === 'registry_token' ? 'patch' : 'replace',
        cause: 'manifest',
        fields: [{ field: expiry, before: granted, after: years(4) }],
      });
      expect((await run(cwd, emulator, 'apply', '--yes')).code).toBe(0);
      expect((await run(cwd, emulator, 'plan', '--detailed-exitcode')).code).toBe(0);
    },
  );

  test('is no error without allow_replace, and as declared once the manifest has what was granted', async () => {
    const emulator = await servedEmulator(empty, {
      quirks: { midnight: 'before' },
      hubQuirks: { midnight: 'before' },
    });
    const cwd = await folderWith(manifest(wanted));
    const applied = await run(cwd, emulator, 'apply', '--yes');
    expect(applied.code).toBe(0);
    // Who reads text is told after the fact: the plan could not know.
    expect(applied.stdout).toMatch(new RegExp(`warning: ${expiry}: `));
    expect((await run(cwd, emulator, 'plan', '--detailed-exitcode')).code).toBe(0);
    await writeFile(
      join(cwd, 'tokens.yaml'),
      manifest({ ...wanted, [expiry]: midnightBefore(years(3)) })['tokens.yaml'] ?? '',
    );
    const plan = await run(cwd, emulator, 'plan', '--format', 'json');
    expect(plan.json().changes).toMatchObject([{ action: 'noop', warnings: [] }]);
  });

  test('differs again where the ledger is lost, and the hint ends that without another replace', async () => {
    const emulator = await servedEmulator(empty, {
      quirks: { midnight: 'before' },
      hubQuirks: { midnight: 'before' },
    });
    const cwd = await folderWith(manifest(wanted));
    expect((await run(cwd, emulator, 'apply', '--yes')).code).toBe(0);
    await rm(stateOf(cwd), { recursive: true });
    const plan = await run(cwd, emulator, 'plan', '--format', 'json');
    const [change] = plan.json().changes;
    if (kind === 'registry_token') expect(change).toMatchObject({ action: 'patch' });
    else {
      expect(change).toMatchObject({
        error: {
          code: 'IMMUTABLE',
          hint: expect.stringContaining(`set ${expiry}: ${midnightBefore(years(3))}`),
        },
      });
    }
  });
});

test('what was granted is known as well where the secret had to wait for its sink', async () => {
  const emulator = await servedEmulator(empty, { hubQuirks: { midnight: 'before' } });
  const token = {
    kind: 'docker_hub_personal_token',
    token_label: 'ci',
    scopes: ['repo:read'],
    expires_at: years(3),
    secret: [{ command: { run: ['./take'] } }],
  };
  const cwd = await folderWith({ ...manifest(token), take: '#!/bin/sh\nexit 1\n' });
  await chmod(join(cwd, 'take'), 0o755);
  expect((await run(cwd, emulator, 'apply', '--yes')).code).not.toBe(0);
  await writeFile(join(cwd, 'take'), '#!/bin/sh\ncat >taken\n');
  expect((await run(cwd, emulator, 'apply', '--yes')).code).toBe(0);
  expect((await run(cwd, emulator, 'plan', '--detailed-exitcode')).code).toBe(0);
  expect(live(emulator, token.kind)).toHaveLength(1);
});

describe('a live token of IONOS whose expiry is patched', () => {
  const seed = `ionos: { registries: [{ name: team-a, tokens: [{ name: ci, expiryDate: "${midnightBefore(years(3))}" }] }] }`;
  const wanted = { kind: 'registry_token', registry: 'team-a', name: 'ci', expiry_date: years(3) };

  test('is patched once, if the service moves that to midnight, also where it is there already', async () => {
    const emulator = await servedEmulator(seed, { quirks: { midnight: 'before' } });
    const cwd = await folderWith(manifest({ ...wanted, wait_timeout: 1 }));
    const first = await run(cwd, emulator, 'apply', '--yes', '--format', 'json');
    expect(first.code).toBe(0);
    expect(first.json().results).toMatchObject([
      { action: 'patch', status: 'applied', warnings: [expect.stringContaining(years(3))] },
    ]);
    expect((await run(cwd, emulator, 'apply', '--yes')).code).toBe(0);
    expect(changes(emulator)).toEqual([expect.stringMatching(/^PATCH /)]);
  });

  test('and that is changed by hand afterwards has drifted', async () => {
    const emulator = await servedEmulator(seed, { quirks: { longestLife: 86_400_000 * 90 } });
    const cwd = await folderWith(manifest(wanted));
    expect((await run(cwd, emulator, 'apply', '--yes')).code).toBe(0);
    const [token] = emulator.tokens('team-a');
    emulator.patchAs('other', 'team-a', token?.id ?? '', { expiry: Date.now() + 86_400_000 * 9 });
    const drift = await run(cwd, emulator, 'plan', '--drift-only', '--detailed-exitcode', '--format', 'json');
    expect(drift.code).toBe(2);
    expect(drift.json().changes).toMatchObject([{ action: 'patch', cause: 'drift' }]);
  });

  test('is not taken for granted a longer life than was asked for', async () => {
    const emulator = await servedEmulator(seed, { quirks: { ignorePatch: ['expiryDate'] } });
    const cwd = await folderWith(manifest({ ...wanted, expiry_date: years(1), wait_timeout: 1 }));
    const applied = await run(cwd, emulator, 'apply', '--yes', '--format', 'json');
    expect(applied.code).toBe(1);
    expect(applied.json().results).toMatchObject([
      { error: { code: 'API_REJECTED', message: expect.stringContaining(years(1)) } },
    ]);
  });
});

test('a family whose tokens are granted a shorter life rotates by that, and not at every apply', async () => {
  const emulator = await servedEmulator(empty, { hubQuirks: { longestLife: 86_400_000 * 2 } });
  const cwd = await folderWith(
    manifest({
      kind: 'docker_hub_personal_token',
      token_label: 'ci',
      scopes: ['repo:read'],
      rotate: { every: '30d', lifetime: '60d', before_expiry: '10d', overlap: '7d' },
      secret: toFile,
    }),
  );
  const first = await run(cwd, emulator, 'apply', '--yes', '--format', 'json');
  expect(first.code).toBe(0);
  expect(first.json().results).toMatchObject([{ warnings: [expect.stringMatching(/^expires_at: /)] }]);
  const plan = await run(cwd, emulator, 'plan', '--detailed-exitcode', '--format', 'json');
  expect(plan.code).toBe(0);
  const [token] = live(emulator, 'docker_hub_personal_token');
  const due = Date.parse(plan.json().changes[0].family.due);
  expect(due).toBeGreaterThan(Date.now() + 86_400_000 / 2);
  expect(due).toBeLessThan(token?.expiry ?? 0);
  expect((await run(cwd, emulator, 'apply', '--yes')).code).toBe(0);
  expect(live(emulator, 'docker_hub_personal_token')).toMatchObject([{ id: token?.id }]);
});
