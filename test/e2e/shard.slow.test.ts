import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { finished, reconcile } from '../support/cli.ts';
import { servedEmulator } from '../support/emulator.ts';
import { folderWith } from '../support/folder.ts';

const registries = Array.from({ length: 40 }, (_, index) => ({
  id: `00000000-0000-4000-8000-${String(index).padStart(12, '0')}`,
  name: `team-${index}`,
}));
/** Each registry has an old token that is to be pruned. */
const seed = `ionos: { registries: [${registries
  .map(({ id, name }) => `{ id: ${id}, name: ${name}, tokens: [{ name: ci-old }] }`)
  .join(', ')}] }
docker_hub: { users: [{ name: emulator }] }`;
const tokens = Array.from({ length: 500 }, (_, index) => {
  const { id, name } = registries[index % registries.length] as (typeof registries)[number];
  // By name and by ID: it is the same registry.
  return `  - { kind: registry_token, registry: ${index % 3 === 0 ? id : name}, name: ci-${index}, secret: discard }\n`;
});
const manifest = `apiVersion: reconcile/v1
prune:
${registries.map(({ name }) => `  - { kind: registry_token, registry: ${name}, match: ci-old }\n`).join('')}tokens:
${tokens.join('')}  - { kind: docker_hub_personal_token, token_label: ci, scopes: [repo:read], secret: [{ file: { path: secrets/ci.json } }] }
`;

interface Change {
  readonly address: string;
  readonly action: string;
}

async function site() {
  const emulator = await servedEmulator(seed);
  const cwd = await folderWith({ 'tokens.yaml': manifest });
  await mkdir(join(cwd, 'secrets'));
  const env = { ...emulator.env, ...emulator.hubEnv };
  const changes = async (...options: readonly string[]): Promise<readonly Change[]> => {
    const { stdout, stderr } = await reconcile(['plan', '--format', 'json', ...options], { cwd, env });
    expect(stderr).toBe('');
    return (JSON.parse(stdout) as { changes: readonly Change[] }).changes;
  };
  return { emulator, cwd, env, changes };
}

const scopeOf = ({ address }: Change): string => address.slice(0, address.lastIndexOf('/'));

describe('of eight shards', () => {
  test('each plans its own registries, all of them everything, and nothing is in two', async () => {
    const { changes } = await site();
    const whole = await changes();
    expect(whole).toHaveLength(500 + 40 + 1);
    const shards = await Promise.all(
      Array.from({ length: 8 }, (_, index) => changes('--shard', `${index + 1}/8`)),
    );
    const key = ({ address, action }: Change): string => `${action} ${address}`;
    expect(shards.flat().map(key).sort()).toEqual(whole.map(key).sort());
    expect(shards.every((shard) => shard.length > 0)).toBe(true);

    const ninth = await changes('--shard', '9/9');
    expect(new Set(ninth.map(scopeOf)).size).toBeLessThanOrEqual(new Set(whole.map(scopeOf)).size / 5);
  });

  test('each applies its own, with a state directory of its own, and together they leave nothing to do', async () => {
    const { emulator, cwd, env, changes } = await site();
    const runs = await Promise.all(
      Array.from({ length: 3 }, (_, index) =>
        reconcile(['apply', '-y', '--shard', 'auto/3'], {
          cwd,
          env: { ...env, JOB_COMPLETION_INDEX: String(index) },
        }),
      ),
    );
    expect(runs.map(({ code, stderr }) => ({ code, stderr }))).toEqual(
      Array(3).fill({ code: 0, stderr: '' }),
    );
    for (const { name } of registries) {
      const live = emulator.tokens(name).map((token) => token.name);
      expect(live).not.toContain('ci-old');
      expect(new Set(live).size).toBe(live.length);
    }
    expect((await readdir(join(cwd, '.reconcile'))).sort()).toEqual(['shard-1', 'shard-2', 'shard-3']);
    const left = await Promise.all([1, 2, 3].map((index) => changes('--shard', `${index}/3`)));
    expect(left.flat().filter(({ action }) => action !== 'noop')).toEqual([]);
  });

  test('one is no error that an address is aimed at which belongs to another', async () => {
    const { changes } = await site();
    const address = `registry_token:${registries[0]?.id}/ci-0`;
    const aimed = await Promise.all(
      [1, 2].map((index) => changes('--shard', `${index}/2`, '--target', address)),
    );
    expect(aimed.map(({ length }) => length).sort()).toEqual([0, 1]);
  });

  test('a registry that is not there is an error of one of them', async () => {
    const { cwd, env } = await site();
    const one = await folderWith({
      'tokens.yaml':
        'apiVersion: reconcile/v1\ntokens: [{ kind: registry_token, registry: nowhere, name: ci, secret: discard }]\n',
    });
    expect(one).not.toBe(cwd);
    const codes = await Promise.all(
      [1, 2, 3].map(
        async (index) => (await reconcile(['plan', '--shard', `${index}/3`], { cwd: one, env })).code,
      ),
    );
    expect(codes.sort()).toEqual([0, 0, 1]);
  });
});

test('where the number of shards changes, the ledgers go along', async () => {
  const { cwd, env, changes } = await site();
  for (const index of [1, 2]) {
    expect((await reconcile(['apply', '-y', '--shard', `${index}/2`], { cwd, env })).code).toBe(0);
  }
  const ledgers = [1, 2].map((index) => join(cwd, `.reconcile/shard-${index}/custody.json`));
  const script = fileURLToPath(new URL('../../examples/shards/merge-ledgers.mjs', import.meta.url));
  const merged = await finished(process.execPath, [script, ...ledgers], { cwd });
  expect(merged).toMatchObject({ code: 0, stderr: '' });
  for (const index of [1, 2, 3]) {
    await mkdir(join(cwd, `.reconcile/shard-${index}`), { recursive: true });
    await writeFile(join(cwd, `.reconcile/shard-${index}/custody.json`), merged.stdout);
  }
  const held = await Promise.all([1, 2, 3].map((index) => changes('--shard', `${index}/3`)));
  expect(held.flat()).toHaveLength(500 + 1);
  for (const change of held.flat()) expect(change).toMatchObject({ action: 'noop', custody: 'held' });
});

test('a saved plan is carried out for the shard that it was made for', async () => {
  const { cwd, env, changes } = await site();
  const run = (...args: readonly string[]) => reconcile(args, { cwd, env });
  expect((await run('plan', '--shard', '2/8', '--out', 'plan.json')).code).toBe(0);
  expect((await run('apply', '--shard', '3/8', '--plan', 'plan.json')).code).toBe(1);
  expect((await run('apply', '--plan', 'plan.json')).code).toBe(0);
  expect((await changes('--shard', '2/8')).filter(({ action }) => action !== 'noop')).toEqual([]);
  expect(await readdir(join(cwd, '.reconcile'))).toEqual(['shard-2']);
});

test.each([
  { shard: '0/8', says: /from 1 to 8/ },
  { shard: '9/8', says: /from 1 to 8/ },
  { shard: '1/0', says: /for example 3\/8 or auto\/8/ },
  { shard: 'a/b', says: /for example 3\/8 or auto\/8/ },
  { shard: '3', says: /for example 3\/8 or auto\/8/ },
  { shard: 'auto/8', says: /JOB_COMPLETION_INDEX/ },
  { shard: 'auto/8', index: '8', says: /JOB_COMPLETION_INDEX is 8/ },
  { shard: 'auto/8', index: 'x', says: /JOB_COMPLETION_INDEX/ },
])('--shard $shard is refused', async ({ shard, index, says }) => {
  const cwd = await folderWith({ 'tokens.yaml': manifest });
  const env = index === undefined ? {} : { JOB_COMPLETION_INDEX: index };
  const { code, stderr } = await reconcile(['plan', '--shard', shard], { cwd, env });
  expect(code).toBe(1);
  expect(stderr).toMatch(says);
});
