import { describe, expect, onTestFinished, test } from 'vitest';
import { createEmulator, type Emulator } from '../../src/emulator/index.ts';
import { parseSeed } from '../../src/emulator/seed.ts';
import { serve } from '../../src/emulator/serve.ts';
import { reconcile } from '../support/cli.ts';
import { writes } from '../support/emulator.ts';
import { folderWith } from '../support/folder.ts';

const teamA = '0a000000-0000-4000-8000-000000000001';
const teamB = '0b000000-0000-4000-8000-000000000002';
const seed = `ionos: { registries: [
  { id: ${teamA}, name: team-a, tokens: [{ name: ci-used }, { name: ci-old }] },
  { id: ${teamB}, name: team-b, tokens: [{ name: deploy }] }] }
docker_hub: {
  users: [{ name: emulator, tokens: [{ token_label: ci-used }, { token_label: ci-old }] }],
  organizations: [{ name: acme, owners: [emulator], tokens: [{ label: ci-used }, { label: ci-old }] }, { name: other, owners: [emulator] }] }`;

/** What the service says instead of what it would; `undefined` lets it answer. */
type Trouble = (request: { readonly method: string; readonly path: string }) => Response | undefined;

interface Served extends Emulator {
  readonly env: Readonly<Record<string, string>>;
}

async function servedWith(trouble: Trouble): Promise<Served> {
  const emulator = createEmulator({ seed: parseSeed(seed) });
  const served = await serve(
    {
      ...emulator,
      fetch: async (request) =>
        trouble({ method: request.method, path: new URL(request.url).pathname }) ?? emulator.fetch(request),
    },
    { port: 0 },
  );
  onTestFinished(() => served.close());
  const env = {
    IONOS_API_URL: served.url,
    IONOS_TOKEN: 'emulator',
    DOCKER_HUB_API_URL: served.url,
    DOCKER_HUB_USERNAME: 'emulator',
    DOCKER_HUB_PASSWORD: 'emulator',
    // The wait before another try is drawn between none and a limit: here it is none.
    NODE_OPTIONS: '--import=data:text/javascript,Math.random=()=>0',
  };
  return { ...emulator, env };
}

const answers: Trouble = () => undefined;
const refuses =
  (path: RegExp, status: number): Trouble =>
  (request) =>
    path.test(request.path) ? new Response('{}', { status }) : undefined;

const manifest = (rules: string, ...entries: readonly string[]): string =>
  `apiVersion: reconcile/v1\nprune: [${rules}]\ntokens:\n${entries.map((entry) => `  - ${entry}\n`).join('')}`;
const registryEntry = (registry: string, name: string, more = ''): string =>
  `{ kind: registry_token, registry: ${registry}, name: ${name}${more} }`;
const ruleOf = (registry: string): string => `{ kind: registry_token, registry: ${registry}, match: "ci-*" }`;

interface Change {
  readonly address: string;
  readonly action: string;
  readonly error: { readonly code: string; readonly message: string } | null;
}

/** Plans and applies with these options; nothing may be deleted, by --keep-going neither, and the plan says why. */
async function expectNothingPruned(text: string, trouble: Trouble, options: readonly string[] = []) {
  const { env, ...emulator } = await servedWith(trouble);
  const cwd = await folderWith({ 'tokens.yaml': text });
  const plan = await reconcile(['plan', '--format', 'json', ...options], { cwd, env });
  expect(plan.code).toBe(1);
  const { changes } = JSON.parse(plan.stdout) as { readonly changes: readonly Change[] };
  expect(changes.filter(({ action }) => action === 'delete')).toEqual([]);
  const said = changes.filter(({ error }) => error?.message.startsWith('nothing is pruned in this run'));
  expect(said).toHaveLength(1);
  expect((await reconcile(['apply', '--yes', ...options], { cwd, env })).code).toBe(1);
  const going = await reconcile(['apply', '--yes', '--keep-going', ...options], { cwd, env });
  expect(going.code).not.toBe(0);
  expect(writes(emulator).filter((request) => request.startsWith('DELETE'))).toEqual([]);
  return { said, changes, emulator };
}

const shards = ['1/2', '2/2'].map((shard) => ({ shard }));

describe('with --shard, prune deletes nothing unless each name of every shard is resolved', () => {
  test.each(shards)(
    '$shard: the list of registries fails, and the rule names its own by ID',
    async ({ shard }) => {
      const text = manifest(
        ruleOf(teamA),
        registryEntry('team-a', 'ci-used'),
        registryEntry('team-a', 'ci-new', ', scopes: [], secret: discard'),
      );
      const { said } = await expectNothingPruned(text, refuses(/\/registries$/, 500), ['--shard', shard]);
      expect(said[0]?.error?.code).toBe('API_UNAVAILABLE');
    },
  );

  test.each([...shards, ...['1/3', '2/3', '3/3', '4/7'].map((shard) => ({ shard }))])(
    '$shard: a registry is misspelt, so what the entry means may be what the rule covers',
    async ({ shard }) => {
      const text = manifest(
        ruleOf(teamA),
        registryEntry('team-aa', 'ci-used'),
        registryEntry('team-b', 'deploy'),
      );
      const { said } = await expectNothingPruned(text, answers, ['--shard', shard]);
      expect(said[0]?.error?.code).toBe('NOT_FOUND');
    },
  );

  test.each(shards)(
    '$shard: a registry is misspelt by ID, which is resolved without asking',
    async ({ shard }) => {
      const wrong = teamA.replace(/1$/, '7');
      await expectNothingPruned(manifest(ruleOf('team-a'), registryEntry(wrong, 'ci-used')), answers, [
        '--shard',
        shard,
      ]);
    },
  );

  test.each(shards)('$shard: an organization is misspelt', async ({ shard }) => {
    const text = manifest(
      '{ kind: docker_hub_org_token, org: acme, match: "ci-*" }',
      '{ kind: docker_hub_org_token, org: acem, label: ci-used }',
    );
    await expectNothingPruned(text, answers, ['--shard', shard]);
  });

  test.each(shards)('$shard: another rule names a registry that is not there', async ({ shard }) => {
    const text = manifest(`${ruleOf(teamA)}, ${ruleOf('team-c')}`, registryEntry('team-a', 'ci-used'));
    await expectNothingPruned(text, answers, ['--shard', shard]);
  });

  test('all is resolved: each shard prunes its own, as ever', async () => {
    const { env, ...emulator } = await servedWith(answers);
    const cwd = await folderWith({
      'tokens.yaml': manifest(
        ruleOf(teamA),
        registryEntry('team-a', 'ci-used'),
        registryEntry(teamB.toUpperCase(), 'deploy'),
      ),
    });
    const codes = await Promise.all(
      shards.map(
        async ({ shard }) => (await reconcile(['apply', '--yes', '--shard', shard], { cwd, env })).code,
      ),
    );
    expect(codes).toEqual([0, 0]);
    expect(emulator.tokens('team-a').map(({ name }) => name)).toEqual(['ci-used']);
  });
});

describe('prune deletes nothing unless all scopes that the manifests name are listed', () => {
  test.each([
    { why: 'the registry of a declared token answers 500', trouble: refuses(/0b0{6}.*tokens$/, 500) },
    { why: 'it answers 403', trouble: refuses(/0b0{6}.*tokens$/, 403) },
    { why: 'it is not there', trouble: refuses(/0b0{6}.*tokens$/, 404) },
    {
      why: 'its listing lacks what it announces',
      trouble: ({ path }: { readonly path: string }) =>
        /0b0{6}.*tokens$/.test(path)
          ? Response.json({ items: [], total: 3, offset: 0, limit: 100 })
          : undefined,
    },
    {
      why: 'its listing is none',
      trouble: ({ path }: { readonly path: string }) =>
        /0b0{6}.*tokens$/.test(path) ? new Response('<html>', { status: 200 }) : undefined,
    },
  ])('$why', async ({ trouble }) => {
    const text = manifest(
      ruleOf('team-a'),
      registryEntry('team-a', 'ci-used'),
      registryEntry('team-b', 'deploy'),
    );
    await expectNothingPruned(text, trouble);
  });

  test('the registry of a rule, where another rule could be carried out', async () => {
    const text = manifest(`${ruleOf('team-a')}, ${ruleOf('team-b')}`, registryEntry('team-a', 'ci-used'));
    await expectNothingPruned(text, refuses(/0b0{6}.*tokens$/, 500));
  });

  test('an organization, where the rule is about registries', async () => {
    const text = manifest(
      ruleOf('team-a'),
      registryEntry('team-a', 'ci-used'),
      '{ kind: docker_hub_org_token, org: nowhere, label: ci }',
    );
    await expectNothingPruned(text, answers);
  });

  test('a registry that an entry leads to by an address of its own', async () => {
    const text = manifest(
      ruleOf(teamA),
      registryEntry(teamA, 'ci-used', ', api_url: "http://127.0.0.1:1/containerregistries"'),
    );
    await expectNothingPruned(text, answers);
  });

  test('also what --target leaves aside: what is declared there counts', async () => {
    const text = manifest(
      ruleOf(teamA),
      registryEntry('team-aa', 'ci-used'),
      registryEntry('team-a', 'deploy', ', scopes: [], secret: discard'),
    );
    await expectNothingPruned(text, answers, ['--target', `*${teamA}/*`]);
  });

  test('and a rule that can not reach what it aims at, beside one that can', async () => {
    const text = manifest(`${ruleOf('team-c')}, ${ruleOf(teamA)}`, registryEntry('team-a', 'ci-used'));
    await expectNothingPruned(text, answers, ['--target', `*${teamA}/*`]);
  });

  test('and what it leaves aside without credentials', async () => {
    const text = manifest(
      ruleOf('team-a'),
      registryEntry('team-a', 'ci-used'),
      '{ kind: docker_hub_personal_token, token_label: ci, username: someone, password: "${env:NOT_SET}" }',
    );
    const { said } = await expectNothingPruned(text, answers, ['--target', 'registry_token:*']);
    expect(said[0]?.error?.message).toContain('NOT_SET');
  });

  test('a target that no rule reaches is carried out all the same', async () => {
    const { env, ...emulator } = await servedWith(refuses(/0b0{6}.*tokens$/, 500));
    const cwd = await folderWith({
      'tokens.yaml': manifest(
        ruleOf('team-a'),
        registryEntry('team-a', 'new', ', scopes: [], secret: discard'),
        registryEntry('team-b', 'deploy'),
      ),
    });
    const options = ['--yes', '--target', 'registry_token:team-a/new'];
    expect((await reconcile(['apply', '-y', ...options], { cwd, env })).code).toBe(0);
    expect(emulator.tokens('team-a').map(({ name }) => name)).toContain('new');
  });

  test('with --keep-going the other changes are made', async () => {
    const text = manifest(
      ruleOf('team-a'),
      registryEntry('team-a', 'ci-used'),
      registryEntry('team-a', 'new', ', scopes: [], secret: discard'),
      registryEntry('team-b', 'deploy'),
    );
    const { emulator } = await expectNothingPruned(text, refuses(/0b0{6}.*tokens$/, 500));
    expect(
      emulator
        .tokens('team-a')
        .map(({ name }) => name)
        .sort(),
    ).toEqual(['ci-old', 'ci-used', 'new']);
  });

  test('all reasons are told, those of entries and those of rules', async () => {
    const text = manifest(`${ruleOf('team-a')}, ${ruleOf('team-c')}`, registryEntry('team-aa', 'ci-used'));
    const { said } = await expectNothingPruned(text, answers);
    expect(said[0]?.error?.message).toMatch(/registry team-aa.*registry team-c/);
  });

  test('the reason is told once, and stands where the rule does', async () => {
    const { env } = await servedWith(answers);
    const cwd = await folderWith({
      'tokens.yaml': manifest(
        ruleOf('team-a'),
        ...['one', 'two', 'three'].map((name) => registryEntry('team-aa', name)),
      ),
    });
    const { code, stdout } = await reconcile(['plan', '--format', 'json'], { cwd, env });
    expect(code).toBe(1);
    const { changes } = JSON.parse(stdout) as { readonly changes: readonly Change[] };
    expect(changes.find(({ address }) => address === 'registry_token:team-a/ci-*')).toMatchObject({
      action: 'error',
      id: null,
      source: { file: 'tokens.yaml', line: 2 },
      error: {
        message:
          "nothing is pruned in this run, because scopes in the manifests could not be resolved or listed: the registry team-aa was not found, or the account can't see it",
      },
    });
  });
});
