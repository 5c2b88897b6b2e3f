import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { reconcile } from '../support/cli.ts';
import { type ServedEmulator, servedEmulator, writes } from '../support/emulator.ts';
import { folderWith } from '../support/folder.ts';

// Some tests run the program ten times.
vi.setConfig({ testTimeout: 120_000 });

const empty =
  'ionos: { registries: [{ name: team-a }] }\ndocker_hub: { organizations: [{ name: acme }], users: [{ name: emulator }] }';
const resources = [{ type: 'TYPE_REPO', path: 'acme/app', scopes: ['scope-image-pull'] }];
const secret = 'discard';

const orgToken = (label: string, more: object = {}) => ({
  kind: 'docker_hub_org_token',
  org: 'acme',
  label,
  resources,
  secret,
  ...more,
});

const manifest = (...tokens: readonly object[]): string =>
  JSON.stringify({ apiVersion: 'reconcile/v1', tokens });

async function run(cwd: string, { env, hubEnv }: ServedEmulator, ...args: readonly string[]) {
  const finished = await reconcile(args, { cwd, env: { ...env, ...hubEnv } });
  return { ...finished, json: () => JSON.parse(finished.stdout) };
}

const changes = (emulator: ServedEmulator): readonly string[] =>
  writes(emulator)
    .filter((what) => !what.includes('/v2/auth/'))
    .map((what) => what.split(' ')[0] ?? '');

/** The warnings about fields that don't show, of a plan or of results. */
const told = (document: { changes?: object[]; results?: object[] }): readonly string[] =>
  ((document.changes ?? document.results ?? []) as { warnings: string[] }[])
    .flatMap(({ warnings }) => warnings)
    .filter((warning) => warning.includes("doesn't show"));

// Docker's own specification has the description of an organization's token in no response.
describe('a description that the service never shows', () => {
  const setUp = async (...descriptions: readonly string[]) => {
    const emulator = await servedEmulator(empty, { hubQuirks: { description: false } });
    const entries = descriptions.map((description, index) => orgToken(`token-${index}`, { description }));
    const cwd = await folderWith({ 'tokens.yaml': manifest(...entries) });
    return { emulator, cwd };
  };
  const descriptions = (emulator: ServedEmulator): readonly string[] =>
    emulator.hub.orgTokens('acme').map(({ description }) => description);

  test('is sent with the create, and not waited for; one warning tells of all tokens of a run', async () => {
    const { emulator, cwd } = await setUp('one', 'two', 'three');
    const applied = await run(cwd, emulator, 'apply', '--yes', '--format', 'json');
    expect(applied.code).toBe(0);
    expect(told(applied.json())).toEqual([expect.stringContaining('description')]);
    expect([...descriptions(emulator)].sort()).toEqual(['one', 'three', 'two']);

    const count = changes(emulator).length;
    const plan = await run(cwd, emulator, 'plan', '--detailed-exitcode', '--format', 'json');
    expect(plan.code).toBe(0);
    expect(plan.json().summary).toMatchObject({ noop: 3 });
    expect(told(plan.json())).toHaveLength(1);
    expect((await run(cwd, emulator, 'plan', '--drift-only', '--detailed-exitcode')).code).toBe(0);
    const again = await run(cwd, emulator, 'apply', '--yes', '--format', 'json');
    expect(again.code).toBe(0);
    expect(told(again.json())).toHaveLength(1);
    expect(changes(emulator)).toHaveLength(count);
  });

  test('is patched once where the manifest has changed', async () => {
    const { emulator, cwd } = await setUp('one');
    expect((await run(cwd, emulator, 'apply', '--yes')).code).toBe(0);
    for (const description of ['two', 'three']) {
      await writeFile(join(cwd, 'tokens.yaml'), manifest(orgToken('token-0', { description })));
      const plan = await run(cwd, emulator, 'plan', '--format', 'json');
      expect(plan.json().changes).toMatchObject([
        {
          action: 'patch',
          cause: 'manifest',
          fields: [{ field: 'description', before: null, after: description }],
        },
      ]);
      expect((await run(cwd, emulator, 'apply', '--yes')).code).toBe(0);
      expect(descriptions(emulator)).toEqual([description]);
      expect((await run(cwd, emulator, 'plan', '--detailed-exitcode')).code).toBe(0);
    }
    expect(changes(emulator)).toEqual(['POST', 'PATCH', 'PATCH']);
  });

  test('is sent once more where nothing is on record, and no drift', async () => {
    const { emulator, cwd } = await setUp('one');
    expect((await run(cwd, emulator, 'apply', '--yes')).code).toBe(0);
    await rm(join(cwd, '.reconcile'), { recursive: true });
    const drift = await run(cwd, emulator, 'plan', '--drift-only', '--detailed-exitcode');
    expect(drift.code).toBe(0);
    const plan = await run(cwd, emulator, 'plan');
    expect(plan.stdout).toContain('not shown → one');
    for (let runs = 0; runs < 2; runs += 1) {
      expect((await run(cwd, emulator, 'apply', '--yes')).code).toBe(0);
    }
    expect(changes(emulator)).toEqual(['POST', 'PATCH']);
  });

  test('is carried over to the next token if it was sent by us', async () => {
    const { emulator, cwd } = await setUp('one');
    expect((await run(cwd, emulator, 'apply', '--yes')).code).toBe(0);
    await writeFile(join(cwd, 'tokens.yaml'), manifest(orgToken('token-0')));
    const address = 'docker_hub_org_token:acme/token-0';
    expect((await run(cwd, emulator, 'apply', '--yes', '--replace', address)).code).toBe(0);
    expect(descriptions(emulator)).toEqual(['one']);
  });

  test('is left out of an export, with one warning', async () => {
    const { emulator, cwd } = await setUp('one', 'two');
    expect((await run(cwd, emulator, 'apply', '--yes')).code).toBe(0);
    const exported = await run(cwd, emulator, 'export', '--org', 'acme');
    expect(exported.code).toBe(0);
    expect(exported.stderr.match(/description/g)).toHaveLength(1);
    expect(exported.stdout).not.toMatch(/^ *description:/m);
  });
});

describe.each([
  {
    kind: 'registry_token',
    fields: ['status', 'expiryDate', 'scopes'],
    entry: {
      kind: 'registry_token',
      registry: 'team-a',
      name: 'ci',
      secret,
      status: 'disabled',
      expiry_date: '2099-01-01T00:00:00Z',
      scopes: [{ type: 'repository', name: 'app', actions: ['pull'] }],
    },
    changed: { status: 'enabled' },
  },
  {
    kind: 'docker_hub_personal_token',
    fields: ['scopes', 'is_active', 'expires_at'],
    entry: {
      kind: 'docker_hub_personal_token',
      token_label: 'ci',
      scopes: ['repo:read'],
      is_active: false,
      expires_at: '2099-01-01T00:00:00Z',
      secret,
    },
    changed: { is_active: true },
  },
  {
    kind: 'docker_hub_org_token',
    fields: ['description', 'resources', 'is_active', 'expires_at'],
    entry: orgToken('ci', { description: 'one', is_active: false, expires_at: '2099-01-01T00:00:00Z' }),
    changed: { is_active: true },
  },
])('of a $kind', ({ fields, entry, changed }) => {
  test.each(['hidden', 'unlisted', 'unanswered'] as const)(
    `fields that are %s (all but the name) are written once, and are no drift`,
    async (where) => {
      const quirks = { [where]: fields };
      const emulator = await servedEmulator(empty, { quirks, hubQuirks: quirks });
      const cwd = await folderWith({ 'tokens.yaml': manifest(entry) });
      expect((await run(cwd, emulator, 'apply', '--yes')).code).toBe(0);
      const plan = await run(cwd, emulator, 'plan', '--detailed-exitcode', '--format', 'json');
      expect(plan.code).toBe(0);
      // A list, or the answer to a write, may show less than there is to see.
      expect(told(plan.json())).toHaveLength(where === 'hidden' ? fields.length : 0);

      const count = changes(emulator).length;
      await writeFile(join(cwd, 'tokens.yaml'), manifest({ ...entry, ...changed }));
      for (let runs = 0; runs < 2; runs += 1) {
        expect((await run(cwd, emulator, 'apply', '--yes')).code).toBe(0);
      }
      expect(changes(emulator).slice(count)).toEqual(['PATCH']);
      expect((await run(cwd, emulator, 'plan', '--detailed-exitcode')).code).toBe(0);
    },
  );
});
