import { fileURLToPath } from 'node:url';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, test } from 'vitest';
import auditSchema from '../../schemas/audit.schema.json' with { type: 'json' };
import { reconcile } from '../support/cli.ts';
import { servedEmulator, writes } from '../support/emulator.ts';
import { folderWith } from '../support/folder.ts';

const ajv = new Ajv2020({ strict: false });
const isAudit = ajv.compile(auditSchema);

const inDays = (days: number): string => new Date(Date.now() + days * 86_400_000).toISOString();
const pull = '[{ type: repository, name: app, actions: [pull] }]';
const later = '2099-01-01T00:00:00Z';

/** What each name says is wrong with it; `fine` ones are. */
const seed = `
ionos:
  registries:
    - name: team-a
      tokens:
        - { name: fine, expiryDate: ${later}, scopes: ${pull} }
        - { name: expiring, expiryDate: "${inDays(12)}", scopes: ${pull} }
        - { name: no-expiry, scopes: ${pull} }
        - { name: all-names, expiryDate: ${later}, scopes: [{ type: repository, name: "*", actions: [pull] }] }
        - { name: deleting, expiryDate: ${later}, scopes: [{ type: repository, name: app, actions: [pull, delete] }] }
        - { name: nobodys, expiryDate: ${later}, scopes: ${pull} }
        - { name: unknown-secret, expiryDate: ${later}, scopes: ${pull} }
        - { name: going, scopes: [{ type: repository, name: "*", actions: [delete] }] }
    - name: unnamed
      tokens: [{ name: forgotten, expiryDate: ${later}, scopes: ${pull} }]
docker_hub:
  users:
    - name: emulator
      tokens:
        - { token_label: expired, scopes: [repo:read], expires_at: 2026-01-31T00:00:00Z, created_ago: 400d }
        - { token_label: admin, scopes: [repo:admin], expires_at: ${later}, last_used_ago: 1d }
        - { token_label: idle, scopes: [repo:read], expires_at: ${later}, created_ago: 400d, last_used_ago: 200d }
        - { token_label: never-used, scopes: [repo:read], expires_at: ${later}, created_ago: 400d }
        - { token_label: off, scopes: [repo:read], expires_at: ${later}, created_ago: 400d, is_active: false }
        - { token_label: new, scopes: [repo:read], expires_at: ${later}, created_ago: 1d }
`;

const declared = (name: string, more = ''): string =>
  `  - { kind: registry_token, registry: team-a, name: ${name}${more} }\n`;
const labelled = (label: string): string =>
  `  - { kind: docker_hub_personal_token, token_label: ${label} }\n`;
const manifest = `apiVersion: reconcile/v1
tokens:
${['fine', 'expiring', 'no-expiry', 'all-names', 'deleting'].map((name) => declared(name)).join('')}${declared('unknown-secret', ', secret: [{ file: { path: secret.json } }]')}  - { kind: registry_token, registry: team-a, registry_token: going, state: absent }
${['admin', 'idle', 'never-used', '"off"', 'new'].map(labelled).join('')}  - { kind: docker_hub_personal_token, token_label: expired, state: update }
`;

interface Finding {
  readonly rule: string;
  readonly severity: string;
  readonly address: string;
  readonly source: { readonly file: string; readonly line: number } | null;
}

async function inventory() {
  const emulator = await servedEmulator(seed);
  const cwd = await folderWith({ 'tokens.yaml': manifest });
  const env = { ...emulator.env, ...emulator.hubEnv };
  const run = (...options: readonly string[]) => reconcile(['audit', ...options], { cwd, env });
  return { emulator, run };
}

describe('of a prepared inventory', () => {
  test('the faults are found, each once, and nothing else; nothing is written', async () => {
    const { emulator, run } = await inventory();
    const { code, stdout, stderr } = await run('--format', 'json');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const document = JSON.parse(stdout) as { findings: readonly Finding[] };
    expect(isAudit(document), ajv.errorsText(isAudit.errors)).toBe(true);
    expect(document.findings.map(({ rule, address }) => `${rule} ${address}`).sort()).toEqual([
      'custody registry_token:team-a/unknown-secret',
      'disabled docker_hub_personal_token:off',
      'expired docker_hub_personal_token:expired',
      'expiring registry_token:team-a/expiring',
      'no_expiry registry_token:team-a/no-expiry',
      'over_broad docker_hub_personal_token:admin',
      'over_broad registry_token:team-a/all-names',
      'over_broad registry_token:team-a/deleting',
      'undeclared registry_token:team-a/nobodys',
      'undeclared registry_token:unnamed/forgotten',
      'unused docker_hub_personal_token:idle',
      'unused docker_hub_personal_token:never-used',
    ]);
    expect(document.findings.find(({ rule }) => rule === 'expiring')?.source).toMatchObject({
      file: 'tokens.yaml',
      line: 4,
    });
    expect(writes(emulator).filter((write) => !write.endsWith('/auth/token'))).toEqual([]);
  });

  test.each([
    { options: ['--fail-on', 'high'], code: 2 },
    { options: ['--fail-on', 'low'], code: 2 },
    { options: [], code: 0 },
  ])('$options ends with $code', async ({ options, code }) => {
    const { run } = await inventory();
    expect((await run(...options)).code).toBe(code);
  });

  test('how many days count as soon, and as long ago, can be said', async () => {
    const { run } = await inventory();
    const rules = async (...options: readonly string[]): Promise<readonly string[]> => {
      const { stdout } = await run('--format', 'json', ...options);
      return (JSON.parse(stdout) as { findings: readonly Finding[] }).findings.map(({ rule }) => rule);
    };
    expect(await rules('--days', '5')).not.toContain('expiring');
    expect((await rules('--unused-days', '300')).filter((rule) => rule === 'unused')).toHaveLength(1);
  });

  test('they are told for people and for reviewers, those that matter most first', async () => {
    const { run } = await inventory();
    const text = (await run()).stdout;
    expect(text).toMatch(/^high {4}expired/);
    expect(text).toMatch(/\nAudit: 4 high, 5 medium, 3 low, among 15 live tokens\.\n$/);
    const markdown = (await run('--format', 'markdown')).stdout;
    expect(markdown.split('\n').filter((line) => /^\| (high|medium|low) /.test(line))).toHaveLength(12);
  });
});

test('a family is judged as one: overdue where its successor is, and fine while it rotates', async () => {
  const emulator = await servedEmulator('ionos: { registries: [{ name: team-a }] }');
  const cwd = await folderWith({
    'tokens.yaml': `apiVersion: reconcile/v1
tokens:
  - { kind: registry_token, registry: team-a, name: ci, scopes: ${pull}, secret: discard,
      rotate: { every: 2h, lifetime: 4h, overlap: 1h } }
`,
  });
  const audit = async (env = {}): Promise<readonly Finding[]> => {
    const { stdout } = await reconcile(['audit', '--format', 'json'], {
      cwd,
      env: { ...emulator.env, ...env },
    });
    return (JSON.parse(stdout) as { findings: readonly Finding[] }).findings;
  };
  expect((await reconcile(['apply', '-y'], { cwd, env: emulator.env })).code).toBe(0);
  expect(await audit()).toEqual([]);
  const later = fileURLToPath(new URL('../support/shift-clock.mjs', import.meta.url));
  const ahead = { NODE_OPTIONS: `--import ${later}`, RECONCILE_TEST_AHEAD: String(3 * 3600) };
  expect(await audit(ahead)).toMatchObject([{ rule: 'rotation_overdue', severity: 'high' }]);
});

test('a registry that can’t be looked at makes the audit fail, as it is not whole', async () => {
  const emulator = await servedEmulator('ionos: { registries: [{ name: team-a }] }');
  const cwd = await folderWith({
    'tokens.yaml': `apiVersion: reconcile/v1\ntokens: [{ kind: registry_token, registry: nowhere, name: ci, secret: discard }]\n`,
  });
  const { code, stderr } = await reconcile(['audit'], { cwd, env: emulator.env });
  expect(code).toBe(1);
  expect(stderr).toContain('nowhere');
});

test('where there is nothing to look at, nothing is said to be in order', async () => {
  const cwd = await folderWith({ 'tokens.yaml': 'apiVersion: reconcile/v1\ntokens: []\n' });
  const { code, stdout, stderr } = await reconcile(['audit', '--fail-on', 'high'], { cwd });
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr).toMatch(/nothing to audit/);
});
