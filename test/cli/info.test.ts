import { expect, test } from 'vitest';
import { textWidth } from '../../src/render/text-width.ts';
import { servedEmulator } from '../support/emulator.ts';
import { folderWith } from '../support/folder.ts';
import { runOnTerminal } from '../support/terminal.ts';

const manifest = `apiVersion: reconcile/v1
tokens:
  - kind: registry_token
    registry: team-a
    name: ci-push
    scopes: [{ type: repository, name: app, actions: [pull] }]
    secret: [{ file: { path: ci-push.json } }]
`;

test('notes, errors and results break at words on a terminal', async () => {
  const { env } = await servedEmulator('ionos: { registries: [{ name: team-a }] }');
  const cwd = await folderWith({ 'tokens.yaml': manifest });
  const inCi = { ...env, CI: 'true' };
  const { code, stdout, stderr } = await runOnTerminal(['apply', '-y'], { cwd, env: inCi, columns: 80 });
  expect(code).toBe(0);
  expect(stderr.replaceAll('\n', ' ')).toContain('is likely to be deleted with the runner: if the run dies,');
  const wrong = await runOnTerminal(['list', '--timeout', '0'], { cwd, columns: 80 });
  expect(wrong.stderr).toContain('→');
  for (const line of [stdout, stderr, wrong.stderr].join('\n').split('\n')) {
    // A path is one word, however long it is.
    if (!line.includes(cwd)) expect(textWidth(line)).toBeLessThanOrEqual(80);
  }
});
