import { describe, expect, test } from 'vitest';
import { reconcile } from '../support/cli.ts';
import { servedEmulator, writes } from '../support/emulator.ts';
import { folderWith } from '../support/folder.ts';

const seed = 'ionos: { registries: [{ name: team-a, tokens: [{ name: old }] }] }';

const manifest = (scopes: string): Readonly<Record<string, string>> => ({
  't.yaml': `apiVersion: reconcile/v1
tokens:
  - kind: registry_token
    registry: team-a
    name: old
    scopes: [${scopes}]
`,
});

const pull = '{ type: repository, name: app, actions: [pull] }';

async function site(scopes = pull) {
  const emulator = await servedEmulator(seed);
  const cwd = await folderWith(manifest(scopes));
  const run = (...args: readonly string[]) => reconcile(args, { cwd, env: emulator.env });
  const digest = async (): Promise<string> =>
    JSON.parse((await run('plan', '--format', 'json')).stdout).digest;
  return { emulator, cwd, run, digest };
}

describe('without a terminal', () => {
  test.each([
    { args: ['apply'] },
    { args: ['apply', 't.yaml'] },
    { args: ['apply', '--keep-going', '--format', 'json'] },
    { args: ['apply', 'no-such-file.yaml'] },
    { args: ['rotate', 'registry_token:team-a/old'] },
  ])('$args is a usage error, before anything is read', async ({ args }) => {
    const { emulator, run } = await site();
    const refused = await run(...args);
    expect(refused.code).toBe(1);
    expect(refused.stdout + refused.stderr).toContain('stdin is not a terminal');
    expect(emulator.requests).toEqual([]);
  });

  test('apply -y goes ahead', async () => {
    const { emulator, run } = await site();
    expect((await run('apply', '-y')).code).toBe(0);
    expect(writes(emulator)).toHaveLength(1);
  });
});

describe('apply --expect', () => {
  test('executes the plan of that digest, without asking', async () => {
    const { emulator, run, digest } = await site();
    expect((await run('apply', '--expect', await digest())).code).toBe(0);
    expect(writes(emulator)).toHaveLength(1);
  });

  test('refuses another plan, with both digests', async () => {
    const { emulator, run, digest } = await site();
    const other = `sha256:${'0'.repeat(64)}`;
    const actual = await digest();
    const refused = await run('apply', '--expect', other);
    expect(refused.code).toBe(3);
    expect(refused.stderr).toContain(`its digest is ${actual}, not ${other}`);
    expect(writes(emulator)).toEqual([]);
  });

  test('rejects a plan that has changed because the token was changed', async () => {
    const { emulator, run, digest } = await site();
    const reviewed = await digest();
    const [token] = emulator.tokens('team-a');
    emulator.patchAs('emulator', 'team-a', token?.id ?? '', {
      scopes: [{ type: 'repository', name: 'other', actions: ['pull'] }],
    });
    expect((await run('apply', '--expect', reviewed)).code).toBe(3);
    expect(writes(emulator)).toEqual([]);
  });

  test('is done with a plan that has nothing to do, whatever the digest', async () => {
    const { run } = await site('');
    expect((await run('apply', '--expect', `sha256:${'0'.repeat(64)}`)).code).toBe(0);
  });

  test.each([
    '',
    'sha256:',
    'latest',
    `sha256:${'A'.repeat(64)}`,
    '0'.repeat(64),
    ` sha256:${'0'.repeat(64)}`,
  ])('takes no malformed digest: %j', async (digest) => {
    const { emulator, run } = await site();
    const refused = await run('apply', '--expect', digest);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain('expected a plan digest');
    expect(emulator.requests).toEqual([]);
  });
});
