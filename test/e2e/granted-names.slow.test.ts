import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { createEmulator } from '../../src/emulator/index.ts';
import { parseSeed } from '../../src/emulator/seed.ts';
import { serve } from '../../src/emulator/serve.ts';
import { reconcile } from '../support/cli.ts';
import { type ServedEmulator, servedEmulator, writes } from '../support/emulator.ts';
import { folderWith } from '../support/folder.ts';

// Some tests run the program ten times.
vi.setConfig({ testTimeout: 120_000 });

const empty =
  'ionos: { registries: [{ name: team-a }] }\ndocker_hub: { organizations: [{ name: acme }], users: [{ name: emulator }] }';
const resources = [{ type: 'TYPE_REPO', path: 'acme/app', scopes: ['scope-image-pull'] }];
const toFile = [{ file: { path: 'ci.json' } }];

const registryToken = (name: string) => ({ kind: 'registry_token', registry: 'team-a', name });
const personalToken = (token_label: string) => ({
  kind: 'docker_hub_personal_token',
  token_label,
  scopes: ['repo:read'],
});
const orgToken = (label: string) => ({ kind: 'docker_hub_org_token', org: 'acme', label, resources });

function manifest(...tokens: readonly object[]): Readonly<Record<string, string>> {
  return { 'tokens.yaml': JSON.stringify({ apiVersion: 'reconcile/v1', tokens }) };
}

const write = (cwd: string, ...tokens: readonly object[]): Promise<void> =>
  writeFile(join(cwd, 'tokens.yaml'), manifest(...tokens)['tokens.yaml'] ?? '');

async function run(
  cwd: string,
  { env, hubEnv }: Pick<ServedEmulator, 'env' | 'hubEnv'>,
  ...args: readonly string[]
) {
  const finished = await reconcile(args, { cwd, env: { ...env, ...hubEnv } });
  return { ...finished, json: () => JSON.parse(finished.stdout) };
}

const changes = (emulator: ServedEmulator): readonly string[] =>
  writes(emulator).filter((what) => !what.includes('/v2/auth/'));

const names = (emulator: ServedEmulator): readonly string[] => [
  ...emulator.tokens('team-a').map(({ name }) => name),
  ...[...emulator.hub.personalTokens('emulator'), ...emulator.hub.orgTokens('acme')].map(
    ({ label }) => label,
  ),
];

const cases = [
  {
    why: 'IONOS puts it in lower case',
    entry: registryToken('CI-Push'),
    field: 'name',
    asked: 'CI-Push',
    granted: 'ci-push',
    quirks: { lowerNames: true },
  },
  {
    why: 'IONOS cuts it',
    entry: registryToken('ci-push-of-team-a'),
    field: 'name',
    asked: 'ci-push-of-team-a',
    granted: 'ci-push',
    quirks: { cutNames: 7 },
  },
  {
    why: 'Docker Hub trims it',
    entry: personalToken(' CI push '),
    field: 'token_label',
    asked: ' CI push ',
    granted: 'CI push',
    quirks: { trimNames: true },
  },
  {
    why: 'Docker Hub does all three',
    entry: personalToken(' CI push of team A'),
    field: 'token_label',
    asked: ' CI push of team A',
    granted: 'ci push of',
    quirks: { trimNames: true, lowerNames: true, cutNames: 10 },
  },
  {
    why: "an organization's label is put in lower case",
    entry: orgToken('CI'),
    field: 'label',
    asked: 'CI',
    granted: 'ci',
    quirks: { lowerNames: true },
  },
] as const;

describe.each(cases)('a name that the service changes: $why', ({ entry, field, asked, granted, quirks }) => {
  const served = () => servedEmulator(empty, { quirks, hubQuirks: quirks });
  const wanted = { ...entry, secret: toFile };

  test('is that of one token, which later runs find', async () => {
    const emulator = await served();
    const cwd = await folderWith(manifest(wanted));
    const warning = expect.stringMatching(new RegExp(`^${field}: .*${granted}.*${asked}`));
    const first = await run(cwd, emulator, 'apply', '--yes', '--format', 'json');
    expect(first.code).toBe(0);
    expect(first.json().results).toMatchObject([
      { action: 'create', status: 'applied', warnings: expect.arrayContaining([warning]) },
    ]);
    const { id } = first.json().results[0];
    for (const args of [
      ['apply', '--yes'],
      ['plan', '--detailed-exitcode'],
    ]) {
      const { code, json } = await run(cwd, emulator, ...args, '--format', 'json');
      const [change] = json().changes ?? json().results;
      expect({ code, id: change.id, action: change.action, warnings: change.warnings }).toEqual({
        code: 0,
        id,
        action: 'noop',
        warnings: [warning],
      });
    }
    expect(changes(emulator)).toHaveLength(1);
    expect(names(emulator)).toEqual([granted]);
  });

  test('may be written in the manifest as the service has it', async () => {
    const emulator = await served();
    const cwd = await folderWith(manifest(wanted));
    expect((await run(cwd, emulator, 'apply', '--yes')).code).toBe(0);
    await write(cwd, { ...wanted, [field]: granted });
    for (const command of [
      ['apply', '--yes'],
      ['plan', '--detailed-exitcode'],
    ]) {
      expect((await run(cwd, emulator, ...command)).code).toBe(0);
    }
    expect(changes(emulator)).toHaveLength(1);
  });
});

// A pull request can add a file that names any token: one whose name merely begins alike is not taken for the entry's.
test.each(cases.filter(({ asked, granted }) => granted.length === asked.trim().length))(
  'where the ledger is lost the sink tells which token it is, if the service changed no more than the case: $why',
  async ({ entry, granted, quirks }) => {
    const emulator = await servedEmulator(empty, { quirks, hubQuirks: quirks });
    const cwd = await folderWith(manifest({ ...entry, secret: toFile }));
    expect((await run(cwd, emulator, 'apply', '--yes')).code).toBe(0);
    await rm(join(cwd, '.reconcile'), { recursive: true });
    const plan = await run(cwd, emulator, 'plan', '--format', 'json');
    const [change] = plan.json().changes;
    // It is kept, and the plan says what it is called: a sink alone is no reason to rename a token.
    expect(change).toMatchObject({
      action: 'noop',
      warnings: [expect.stringContaining(JSON.stringify(granted).slice(1, -1))],
    });
    expect((await run(cwd, emulator, 'apply', '--yes')).code).toBe(0);
    expect((await run(cwd, emulator, 'plan', '--detailed-exitcode')).code).toBe(0);
    expect(names(emulator)).toEqual([granted]);
  },
);

test('a sink that names a token which the ledger knows by its own name gives it to no other entry', async () => {
  const emulator = await servedEmulator(empty);
  const cwd = await folderWith(manifest({ ...registryToken('ci-push'), secret: toFile }));
  expect((await run(cwd, emulator, 'apply', '--yes')).code).toBe(0);
  await write(cwd, { ...registryToken('CI-Push'), secret: toFile, allow_replace: true });
  const plan = await run(cwd, emulator, 'plan', '--format', 'json');
  expect(plan.json().changes).toMatchObject([
    { action: 'error', id: null, error: { message: expect.stringContaining('another live token') } },
  ]);
});

test.each([
  { why: 'IONOS', entry: registryToken('CI-Push'), granted: 'ci-push', off: { status: 'disabled' } },
  { why: 'Docker Hub', entry: personalToken(' CI Push'), granted: 'ci push', off: { is_active: false } },
])(
  'a token whose name was changed is patched, listed, replaced and deleted by that of the manifest: $why',
  async ({ entry, granted, off }) => {
    const quirks = { lowerNames: true, trimNames: true };
    const emulator = await servedEmulator(empty, { quirks, hubQuirks: quirks });
    const wanted = { ...entry, secret: toFile };
    const cwd = await folderWith(manifest(wanted));
    const first = await run(cwd, emulator, 'apply', '--yes', '--format', 'json');
    const { id, address } = first.json().results[0];
    await write(cwd, { ...wanted, ...off });
    expect((await run(cwd, emulator, 'apply', '--yes')).code).toBe(0);
    const listed = await run(cwd, emulator, 'list', '--kind', entry.kind, '--format', 'json');
    expect(listed.json().tokens).toMatchObject([{ id, custody: 'held' }]);

    const replaced = await run(cwd, emulator, 'apply', '--yes', '--replace', address, '--format', 'json');
    expect(replaced.code).toBe(0);
    expect(names(emulator)).toEqual([granted]);
    expect(replaced.json().results[0].id).not.toBe(id);
    const held = JSON.parse(await readFile(join(cwd, 'ci.json'), 'utf8'));
    expect(held.id).toBe(replaced.json().results[0].id);

    const absent =
      'name' in entry
        ? { kind: entry.kind, registry: entry.registry, registry_token: entry.name }
        : { kind: entry.kind, token_label: entry.token_label };
    await write(cwd, { ...absent, state: 'absent' });
    expect((await run(cwd, emulator, 'apply', '--yes', '--max-deletes', '1')).code).toBe(0);
    expect(names(emulator)).toEqual([]);
  },
);

test('a token that is given another label is found under what the service makes of that', async () => {
  const emulator = await servedEmulator(empty, { hubQuirks: { lowerNames: true } });
  const cwd = await folderWith(manifest({ ...personalToken('ci'), secret: toFile }));
  const first = await run(cwd, emulator, 'apply', '--yes', '--format', 'json');
  const uuid = first.json().results[0].id;
  await write(cwd, { ...personalToken('Deploy'), uuid, secret: toFile });
  const renamed = await run(cwd, emulator, 'apply', '--yes', '--format', 'json');
  expect(renamed.code).toBe(0);
  expect(renamed.json().results).toMatchObject([
    { action: 'patch', warnings: [expect.stringContaining('granted deploy for Deploy')] },
  ]);
  // Also by the label alone: it is on record whose that is.
  for (const entry of [{ ...personalToken('Deploy'), uuid }, personalToken('Deploy')]) {
    await write(cwd, { ...entry, secret: toFile });
    for (const command of [
      ['plan', '--detailed-exitcode'],
      ['apply', '--yes'],
    ]) {
      expect((await run(cwd, emulator, ...command)).code).toBe(0);
    }
  }
  expect(changes(emulator).map((what) => what.split(' ')[0])).toEqual(['POST', 'PATCH']);
  expect(names(emulator)).toEqual(['deploy']);
});

test('a family whose names the service puts in lower case has one generation at a time', async () => {
  const emulator = await servedEmulator(empty, { quirks: { lowerNames: true } });
  const rotate = { every: '30d', lifetime: '60d', overlap: '1m' };
  const cwd = await folderWith(manifest({ ...registryToken('CI'), rotate, secret: toFile }));
  expect((await run(cwd, emulator, 'apply', '--yes')).code).toBe(0);
  const [first, ...others] = names(emulator);
  expect(first).toMatch(/^ci-\d{12}$/);
  expect(others).toEqual([]);
  expect((await run(cwd, emulator, 'plan', '--detailed-exitcode')).code).toBe(0);

  const address = 'registry_token:team-a/CI';
  expect((await run(cwd, emulator, 'rotate', address, '--revoke-old', '--yes')).code).toBe(0);
  expect((await run(cwd, emulator, 'apply', '--yes')).code).toBe(0);
  const after = names(emulator);
  expect(after).toHaveLength(1);
  expect(after).not.toContain(first);
  expect((await run(cwd, emulator, 'plan', '--detailed-exitcode')).code).toBe(0);
});

test('tokens whose names are the beginning of a generation’s are not revoked with it', async () => {
  const emulator = await servedEmulator(
    'ionos: { registries: [{ name: team-a, tokens: [{ name: ci }, { name: CI-Push-2026 }] }] }',
  );
  const rotate = { every: '30d', lifetime: '60d', overlap: '1m' };
  const cwd = await folderWith(manifest({ ...registryToken('ci-push'), rotate, secret: toFile }));
  expect((await run(cwd, emulator, 'apply', '--yes')).code).toBe(0);
  const address = 'registry_token:team-a/ci-push';
  expect((await run(cwd, emulator, 'rotate', address, '--revoke-old', '--yes')).code).toBe(0);
  expect((await run(cwd, emulator, 'apply', '--yes')).code).toBe(0);
  expect(names(emulator)).toEqual(['ci', 'CI-Push-2026', expect.stringMatching(/^ci-push-\d{12}$/)]);
});

describe('a lost answer to the making of a token whose name the service changes', () => {
  const drop = 'lost: [{ method: POST, nth: 1, fault: drop_after }]';
  const lostSeed = `${empty}\nquirks: { ${drop}, docker_hub: { ${drop} } }`;

  test.each([
    { why: 'IONOS', entry: registryToken('CI-Push'), granted: 'ci-push' },
    { why: 'Docker Hub', entry: orgToken('CI Push'), granted: 'ci push' },
  ])('ends with one token that has a secret: $why', async ({ entry, granted }) => {
    const quirks = { lowerNames: true };
    const emulator = await servedEmulator(lostSeed, { quirks, hubQuirks: quirks });
    const cwd = await folderWith(manifest({ ...entry, secret: toFile }));
    const applied = await run(cwd, emulator, 'apply', '--yes', '--grace', '1', '--format', 'json');
    expect(applied.code).toBe(0);
    expect(names(emulator)).toEqual([granted]);
    const held = JSON.parse(await readFile(join(cwd, 'ci.json'), 'utf8'));
    expect(held.id).toBe(applied.json().results[0].id);
    expect((await run(cwd, emulator, 'plan', '--detailed-exitcode')).code).toBe(0);
  });

  // Others may have names that begin alike: that is too little to delete a token.
  test('is not certain if the name may have been cut, and nothing is deleted then', async () => {
    const emulator = await servedEmulator(lostSeed, { quirks: { cutNames: 7 } });
    const cwd = await folderWith(manifest({ ...registryToken('ci-push-of-team-a'), secret: toFile }));
    const applied = await run(cwd, emulator, 'apply', '--yes', '--grace', '1', '--format', 'json');
    const [token] = emulator.tokens('team-a');
    expect(applied.code).toBe(1);
    expect(applied.json().results).toMatchObject([
      { error: { code: 'OUTCOME_UNKNOWN', message: expect.stringContaining(token?.id ?? '') } },
    ]);
    expect(changes(emulator)).toHaveLength(1);
  });

  test('leaves another entry of the run alone whose name begins alike', async () => {
    const emulator = await servedEmulator(lostSeed);
    const cwd = await folderWith(
      manifest(
        { ...registryToken('ci-push'), secret: [{ file: { path: 'push.json' } }] },
        { ...registryToken('ci'), secret: toFile },
        { ...registryToken('CI'), secret: [{ file: { path: 'upper.json' } }] },
      ),
    );
    expect((await run(cwd, emulator, 'apply', '--yes', '--grace', '1')).code).toBe(0);
    expect([...names(emulator)].sort()).toEqual(['CI', 'ci', 'ci-push']);
    expect(changes(emulator).filter((what) => what.startsWith('POST'))).toHaveLength(4);
    expect((await run(cwd, emulator, 'plan', '--detailed-exitcode')).code).toBe(0);
  });
});

// What came back may be the answer to another request: its secret opens another token.
test.each([
  { why: 'IONOS', entry: registryToken('ci-push'), from: '"name":"ci-push"', to: '"name":"backup"' },
  { why: 'Docker Hub', entry: orgToken('ci-push'), from: '"label":"ci-push"', to: '"label":"backup"' },
])('an answer about a token of a wholly different name is no success: $why', async ({ entry, from, to }) => {
  const emulator = createEmulator({ seed: parseSeed(empty) });
  let secret = '';
  const served = await serve(
    {
      fetch: async (request) => {
        const isCreate = request.method === 'POST' && request.url.includes('tokens');
        const response = await emulator.fetch(request);
        if (!isCreate || response.status !== 201) return response;
        const text = await response.text();
        secret = /"(?:password|token)":"([^"]+)"/.exec(text)?.[1] ?? '';
        return new Response(text.replaceAll(from, to), response);
      },
    },
    { port: 0 },
  );
  onTestFinished(() => served.close());
  const cwd = await folderWith(manifest({ ...entry, secret: toFile }));
  const env = { IONOS_API_URL: served.url, IONOS_TOKEN: 'emulator' };
  const hubEnv = {
    DOCKER_HUB_API_URL: served.url,
    DOCKER_HUB_USERNAME: 'emulator',
    DOCKER_HUB_PASSWORD: 'emulator',
  };
  const applied = await run(cwd, { env, hubEnv }, 'apply', '--yes', '--grace', '1', '--format', 'json');
  expect(applied.code).toBe(1);
  expect(applied.json().results).toMatchObject([
    {
      status: 'failed',
      error: { code: 'OUTCOME_UNKNOWN', message: expect.stringMatching(/ci-push.*another token, backup \(/) },
    },
  ]);
  await expect(readFile(join(cwd, 'ci.json'), 'utf8')).rejects.toThrow('ENOENT');
  expect(secret).not.toBe('');
  expect(applied.stdout + applied.stderr).not.toContain(secret);
  // The token that was made under the name that was asked for is ours, and its secret is lost.
  const left = [...emulator.tokens('team-a'), ...emulator.hub.orgTokens('acme')];
  expect(left).toEqual([]);
});

test('of two runs that make a token at the same time the younger yields, whatever the service makes of the name', async () => {
  const other =
    'create: { user: emulator, uuid: 00000000-0000-4000-8000-000000000001, token_label: CI Push, scopes: [repo:read] }';
  const emulator = await servedEmulator(
    `${empty}\nquirks: { docker_hub: { lower_names: true, second_actor: [{ before: { method: POST, nth: 1 }, ${other} }] } }`,
  );
  const cwd = await folderWith(manifest({ ...personalToken('CI Push'), secret: toFile }));
  const applied = await run(cwd, emulator, 'apply', '--yes', '--grace', '1', '--format', 'json');
  expect(applied.code).toBe(1);
  expect(applied.json().results[0].error.message).toContain('a concurrent run created');
  expect(names(emulator)).toEqual(['ci push']);
});

// Only the ledger tells such tokens apart, and each belongs to the entry that it was created for.
test.each([
  { why: 'it cuts them', labels: ['ci-pu', 'ci-push-b'], hubQuirks: { cutNames: 5 } },
  { why: 'it cuts both', labels: ['ci-push-a', 'ci-push-b'], hubQuirks: { cutNames: 5 } },
  { why: 'it puts them in lower case', labels: ['ci-pu', 'CI-pu'], hubQuirks: { lowerNames: true } },
  { why: 'it trims them', labels: ['ci-pu', ' ci-pu'], hubQuirks: { trimNames: true } },
])('two entries whose names the service makes one have a token each: $why', async ({ labels, hubQuirks }) => {
  for (const together of [true, false]) {
    const emulator = await servedEmulator(empty, { hubQuirks });
    const entries = labels.map((label, index) => ({
      ...personalToken(label),
      secret: [{ file: { path: `${index}.json` } }],
    }));
    const cwd = await folderWith(manifest(...(together ? entries : entries.slice(0, 1))));
    expect((await run(cwd, emulator, 'apply', '--yes')).code).toBe(0);
    await write(cwd, ...entries);
    for (let runs = 0; runs < 2; runs += 1) {
      expect((await run(cwd, emulator, 'apply', '--yes')).code).toBe(0);
    }
    expect((await run(cwd, emulator, 'plan', '--detailed-exitcode')).code).toBe(0);
    const live = emulator.hub.personalTokens('emulator').map(({ id }) => id);
    const held = await Promise.all(
      labels.map(async (_, index) => JSON.parse(await readFile(join(cwd, `${index}.json`), 'utf8')).id),
    );
    expect(live).toHaveLength(2);
    expect([...held].sort()).toEqual([...live].sort());

    await write(cwd, entries[1] ?? {}, {
      ...personalToken(labels[0] ?? ''),
      scopes: undefined,
      state: 'absent',
    });
    expect((await run(cwd, emulator, 'apply', '--yes', '--max-deletes', '1')).code).toBe(0);
    expect(emulator.hub.personalTokens('emulator').map(({ id }) => id)).toEqual([held[1]]);
  }
});

describe('a name that IONOS takes for that of another token', () => {
  const apply = async (seed: string, tokens: readonly object[], cutNames = 0) => {
    const quirks = { lowerNames: true, cutNames };
    const emulator = await servedEmulator(seed, { quirks });
    const cwd = await folderWith(manifest(...tokens));
    const { json } = await run(cwd, emulator, 'apply', '--yes', '--grace', '1', '--format', 'json');
    return { emulator, cwd, errors: json().results.flatMap(({ error }: { error: object }) => error ?? []) };
  };

  test('of the same run is an error that names that one, and what to do', async () => {
    const entries = [registryToken('ci-pu'), registryToken('CI-pu')].map((entry, index) => ({
      ...entry,
      secret: [{ file: { path: `${index}.json` } }],
    }));
    const { emulator, cwd, errors } = await apply(empty, entries);
    const [token] = emulator.tokens('team-a');
    expect(errors).toEqual([
      expect.objectContaining({
        message: expect.stringContaining(`another token, ci-pu (${token?.id}`),
        hint: expect.stringContaining('choose a name that differs in more than case'),
      }),
    ]);
    // The advice ends it.
    const made = errors[0].message.includes('created as CI-pu') ? 1 : 0;
    await write(cwd, entries[made] ?? {}, { ...entries[1 - made], name: 'ci-other' });
    for (let runs = 0; runs < 2; runs += 1) {
      expect((await run(cwd, emulator, 'apply', '--yes')).code).toBe(0);
    }
  });

  test('that is to be renamed is an error that says how to write it', async () => {
    const seed = 'ionos: { registries: [{ name: team-a, tokens: [{ name: keep }] }] }';
    const entry = { kind: 'registry_token', registry: 'team-a', state: 'update', registry_token: 'keep' };
    const more = { allow_replace: true, secret: toFile };
    const { emulator, cwd, errors } = await apply(seed, [{ ...entry, ...more, name: 'KEEP' }]);
    expect(errors).toEqual([
      expect.objectContaining({
        message: expect.stringContaining(`another token, keep (${emulator.tokens('team-a')[0]?.id}`),
        hint: expect.stringContaining('as keep'),
      }),
    ]);
    await write(cwd, { ...entry, ...more, name: 'keep' });
    expect((await run(cwd, emulator, 'apply', '--yes')).code).toBe(0);
    expect((await run(cwd, emulator, 'plan', '--detailed-exitcode')).code).toBe(0);
  });
});
