import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type LedgerEntry, recordKey } from '../../src/core/model/custody-record.ts';
import { reconcile } from '../support/cli.ts';
import { servedEmulator } from '../support/emulator.ts';
import { folderWith } from '../support/folder.ts';

const seed = `docker_hub: { users: [{ name: emulator, tokens: [
  { token_label: ci, scopes: [repo:read], created_ago: 200d },
  { token_label: backup-202601010000, scopes: [repo:read], created_ago: 100d },
  { token_label: CI-Push, scopes: [repo:read], created_ago: 50d } ] }] }`;

type Personal = ReturnType<Awaited<ReturnType<typeof servedEmulator>>['hub']['personalTokens']>[number];

/** What a forged ledger may say, and what it is forged with. */
interface Forgery {
  /** Entries by name. */
  readonly tokens: Readonly<Record<string, Partial<LedgerEntry>>>;
  readonly granted?: object;
}

/** The services with tokens of others, and a folder whose ledger anyone may have written. */
async function site(manifest: string, forge: (tokenOf: (label: string) => Personal) => Forgery) {
  const emulator = await servedEmulator(seed);
  const strangers = [...emulator.hub.personalTokens('emulator')];
  const tokenOf = (label: string): Personal => {
    const found = strangers.find((token) => token.label === label);
    if (!found) throw new Error(`no token ${label}`);
    return found;
  };
  const { tokens, granted } = forge(tokenOf);
  const kind = 'docker_hub_personal_token';
  const blank = { kind, id: null, created: null, createdBy: null, delivered: {}, retire: [], doubts: [] };
  const written = Object.entries(tokens).map(([name, more]) => [
    recordKey(kind, emulator.url, 'emulator', name),
    { ...blank, address: `${kind}:${name}`, name, ...more },
  ]);
  const ledger = {
    version: 1,
    applied: {},
    tokens: Object.fromEntries(written),
    ...(granted && { granted }),
  };
  const cwd = await folderWith({
    'tokens/tokens.yaml': manifest,
    'tokens/secrets/.gitignore': '*',
    '.reconcile/custody.json': JSON.stringify(ledger),
  });
  const run = (...args: readonly string[]) => reconcile(args, { cwd, env: emulator.hubEnv });
  /** Expects the tokens of others to be as they were. */
  const expectUntouched = (): void => {
    const left = emulator.hub.personalTokens('emulator');
    for (const stranger of strangers) expect(left).toContainEqual(stranger);
  };
  return { emulator, cwd, run, expectUntouched };
}

const manifest = (...entries: readonly string[]): string =>
  `apiVersion: reconcile/v1\ntokens:\n${entries.map((entry) => `  - ${entry}\n`).join('')}`;
const entry = (label: string, more = ''): string =>
  `{ kind: docker_hub_personal_token, token_label: ${label}, scopes: [repo:read], secret: [{ file: { path: secrets/${label}.json } }]${more} }`;
const attempt = (name: string, more: object) => ({
  nonce: 'n',
  order: null,
  key: '0'.repeat(32),
  kind: 'docker_hub_personal_token',
  address: `docker_hub_personal_token:${name}`,
  scope: { id: 'emulator', name: 'emulator' },
  name,
  id: null,
  fields: { token_label: name, scopes: ['repo:read'] },
  sinks: [],
  seen: [],
  listedAt: 0,
  deadline: Math.floor(Date.now() / 1000),
  old: null,
  settledAt: null,
  ...more,
});

describe('whatever the ledger says, tokens of others are neither deleted nor changed', () => {
  test.each([
    {
      why: 'an attempt on record with the ID of another name’s token',
      text: manifest(entry('ci-push'), entry('ci', ', protected: true')),
      forge: (tokenOf: (label: string) => Personal): Forgery => ({
        tokens: { 'ci-push': { doubts: [attempt('ci-push', { id: tokenOf('ci').id })] } as never },
      }),
    },
    {
      why: 'an attempt on record that could have made the token of another entry',
      text: manifest(entry('ci-push'), entry('CI-Push', ', protected: true')),
      forge: (): Forgery => ({ tokens: { 'ci-push': { doubts: [attempt('ci-push', {})] } as never } }),
    },
    {
      why: 'an attempt at a generation of an entry without rotate',
      text: manifest(entry('backup')),
      forge: (): Forgery => ({
        tokens: { backup: { doubts: [attempt('backup-202601010000', {})] } as never },
      }),
    },
    {
      why: 'an ID with a granted name that is the beginning of the entry’s',
      text: manifest(entry('ci-push', ', allow_replace: true').replace('repo:read', 'repo:write')),
      forge: (tokenOf: (label: string) => Personal): Forgery => ({
        tokens: { 'ci-push': { id: tokenOf('ci').id } },
        granted: { [tokenOf('ci').id]: { token_label: { asked: 'ci-push', granted: 'ci' } } },
      }),
    },
    {
      why: 'a granted name without an ID on record',
      text: manifest(entry('ci-push', ', allow_replace: true').replace('repo:read', 'repo:write')),
      forge: (tokenOf: (label: string) => Personal): Forgery => ({
        tokens: {},
        granted: { [tokenOf('ci').id]: { token_label: { asked: 'ci-push', granted: 'ci', created: 1 } } },
      }),
    },
    {
      why: 'an ID that is named like a generation, as the token that is held',
      text: manifest(entry('backup')),
      forge: (tokenOf: (label: string) => Personal): Forgery => ({
        tokens: { backup: { id: tokenOf('backup-202601010000').id } },
      }),
    },
  ])('$why', async ({ text, forge }) => {
    const { run, expectUntouched } = await site(text, forge);
    expect((await run('validate', 'tokens')).code).toBe(0);
    for (let index = 0; index < 3; index += 1) await run('apply', '-y', '--grace', '1', 'tokens');
    expectUntouched();
  });
});

test.each([{ name: 'backup', of: 'backup-202601010000' }])(
  'an entry that is to be gone does not take with it what the ledger calls its own: $of',
  async ({ name, of }) => {
    const text = manifest(`{ kind: docker_hub_personal_token, state: absent, token_label: ${name} }`);
    const { run, expectUntouched } = await site(text, (tokenOf) => ({
      tokens: { [name]: { id: tokenOf(of).id } },
      granted: { [tokenOf(of).id]: { token_label: { asked: name, granted: of } } },
    }));
    expect((await run('apply', '-y', 'tokens')).code).toBe(0);
    expectUntouched();
  },
);

test('a sink that names a token of another case changes nothing about its name, and the plan names it', async () => {
  const { emulator, cwd, run } = await site(manifest(), () => ({ tokens: {} }));
  const token = emulator.hub.personalTokens('emulator').find(({ label }) => label === 'CI-Push');
  await mkdir(join(cwd, 'tokens/secrets'), { recursive: true });
  await rm(join(cwd, '.reconcile'), { recursive: true });
  await writeFile(
    join(cwd, 'tokens/secrets/ci-push.json'),
    JSON.stringify({
      kind: 'docker_hub_personal_token',
      address: 'docker_hub_personal_token:ci-push',
      id: token?.id,
      name: 'ci-push',
      registry: 'docker.io',
      username: 'emulator',
      password: 'x',
    }),
  );
  await writeFile(join(cwd, 'tokens/tokens.yaml'), manifest(entry('ci-push', ', is_active: false')));
  const plan = await run('plan', 'tokens', '--format', 'json');
  expect(plan.stdout).toContain('CI-Push');
  await run('apply', '-y', 'tokens');
  expect(emulator.hub.personalTokens('emulator').map(({ label }) => label)).toContain('CI-Push');
});

test('prune spares a declared token whose name the service has changed, although the ledger is lost', async () => {
  const emulator = await servedEmulator(
    'docker_hub: { users: [{ name: emulator }] }\nquirks: { docker_hub: { cut_names: 5 } }',
  );
  const cwd = await folderWith({
    'tokens.yaml': `apiVersion: reconcile/v1
prune: [{ kind: docker_hub_personal_token, match: "ci-*" }]
tokens:
  - ${entry('ci-push-a').replace('secrets/', '')}
`,
  });
  const run = () => reconcile(['apply', '-y', '--grace', '1'], { cwd, env: emulator.hubEnv });
  expect((await run()).code).toBe(0);
  const [made] = emulator.hub.personalTokens('emulator');
  await rm(join(cwd, '.reconcile'), { recursive: true });
  await run();
  expect(emulator.hub.personalTokens('emulator').map(({ id }) => id)).toContain(made?.id);
});
