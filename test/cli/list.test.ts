import { expect, test } from 'vitest';
import { servedEmulator } from '../support/emulator.ts';
import { folderWith } from '../support/folder.ts';
import { runOnTerminal } from '../support/terminal.ts';

test('the old generation of a family is superseded as soon as the new one is delivered', async () => {
  const { env } = await servedEmulator('ionos: { registries: [{ name: team-a }] }');
  const cwd = await folderWith({
    'tokens.yaml': `apiVersion: reconcile/v1
tokens:
  - kind: registry_token
    registry: team-a
    name: ci-push
    scopes: [{ type: repository, name: app, actions: [pull] }]
    rotate: { every: 30d, lifetime: 45d, overlap: 1d }
    secret: [{ file: { path: ci-push.json } }]
`,
  });
  const run = async (...argv: string[]): Promise<string> => {
    const { code, stdout, stderr } = await runOnTerminal(argv, { cwd, env });
    expect(code, stderr).toBe(0);
    return stdout;
  };
  await run('apply', '-y');
  await run('rotate', 'registry_token:team-a/ci-push', '-y');

  expect((await run('list')).match(/superseded|held|unknown/g)).toEqual(['superseded', 'held']);
  const { tokens } = JSON.parse(await run('list', '--format', 'json'));
  expect(tokens).toMatchObject([
    { custody: 'unknown', superseded: true },
    { custody: 'held', superseded: false },
  ]);
  expect(await run('list', '--filter', 'superseded=true')).toMatch(/\n1 token\n$/);
});
