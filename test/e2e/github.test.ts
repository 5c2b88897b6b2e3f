import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { reconcile } from '../support/cli.ts';
import { servedEmulator } from '../support/emulator.ts';
import { folderWith } from '../support/folder.ts';

const seed = `
ionos:
  registries:
    - id: 00000000-0000-4000-8000-000000000001
      name: team-a
      tokens: [{ name: deploy, status: enabled }]
`;

const none = { IONOS_API_URL: 'http://127.0.0.1:1', IONOS_TOKEN: 'emulator' };

function manifest(tokens: readonly string[]): string {
  return ['apiVersion: reconcile/v1', 'tokens:', ...tokens.map((token) => `  - { ${token} }`), ''].join('\n');
}

const disable = 'kind: registry_token, registry: team-a, name: deploy, status: disabled';

/** A checkout with this manifest in `tokens/`. */
async function checkout(tokens: readonly string[]) {
  const root = await folderWith({ 'repo/tokens/team-a.yaml': manifest(tokens) });
  return { cwd: join(root, 'repo') };
}

describe('a plan as Markdown', () => {
  test('is one document on stdout, also where there is no plan', async () => {
    const emulator = await servedEmulator(seed);
    const { cwd } = await checkout([disable]);
    const planned = await reconcile(['plan', '--format', 'markdown'], { cwd, env: emulator.env });
    expect(planned).toMatchObject({ code: 0, stderr: '' });
    expect(planned.stdout).toMatch(
      /^### Plan: 0 to create, 1 to patch, .*\n\n\| \| token \| declared at \|\n/,
    );
    const broken = await checkout(['kind: registry_token, registry: team-a, name: a@b']);
    const refused = await reconcile(['plan', '--format=markdown'], { cwd: broken.cwd, env: emulator.env });
    expect(refused.code).toBe(1);
    expect(refused.stdout).toMatch(/^### Failed: 1 error\n\n- <code>tokens\/team-a.yaml.*\n$/);
    expect(refused.stdout).toContain('a&#64;<wbr>b');
  });

  test('is offered by plan and apply, and by nothing else', async () => {
    const { cwd } = await checkout([disable]);
    for (const command of ['validate', 'list', 'demo']) {
      const { code, stderr } = await reconcile([command, '--format', 'markdown'], { cwd, env: none });
      expect(code).toBe(1);
      expect(stderr).toContain('Allowed choices are text, json');
    }
  });
});
