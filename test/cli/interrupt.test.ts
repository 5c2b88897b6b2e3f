import { expect, test } from 'vitest';
import { ReconcileError } from '../../src/core/model/errors.ts';
import { servedEmulator } from '../support/emulator.ts';
import { folderWith } from '../support/folder.ts';
import { runOnTerminal } from '../support/terminal.ts';

const manifest =
  'apiVersion: reconcile/v1\ntokens: [{ kind: registry_token, registry: team-a, registry_token: a, state: absent }]\n';

test.each([
  { argv: ['list'], message: 'interrupted' },
  { argv: ['audit'], message: 'interrupted' },
  { argv: ['export'], message: 'interrupted' },
  { argv: ['plan'], message: 'interrupted' },
  { argv: ['apply', '-y'], message: 'interrupted; nothing new was started' },
])('an interrupted $argv speaks of changes only if it makes any', async ({ argv, message }) => {
  const { env } = await servedEmulator('ionos: { registries: [{ name: team-a }] }');
  const cwd = await folderWith({ 'tokens.yaml': manifest });
  const interrupt = AbortSignal.abort(new ReconcileError({ code: 'INTERRUPTED', message: 'interrupted' }));
  expect(await runOnTerminal(argv, { cwd, env, interrupt })).toMatchObject({
    code: 130,
    stderr: `error: ${message}\n`,
  });
});
