import { expect, test } from 'vitest';
import { servedEmulator } from '../support/emulator.ts';
import { folderWith } from '../support/folder.ts';
import { runOnTerminal } from '../support/terminal.ts';

const manifest = `apiVersion: reconcile/v1
tokens:
  - kind: registry_token
    registry: team-a
    name: ci-push
    scopes: [{ type: repository, name: app, actions: [pull] }]
    secret: [{ command: { run: [sh, -c, "cat > /dev/null; echo sealed >&2; exit 3"] } }]
`;

test('a sink that fails is reported once, with its secret in the spool and what to do', async () => {
  const { env } = await servedEmulator('ionos: { registries: [{ name: team-a }] }');
  const cwd = await folderWith({ 'tokens.yaml': manifest });
  const run = async (...argv: string[]) => {
    const { code, stdout, stderr } = await runOnTerminal(argv, { cwd, env });
    return { code, text: (stdout + stderr).replaceAll(/\s+/g, ' ') };
  };
  const applied = await run('apply', '-y');
  expect(applied.code).toBe(4);
  expect(applied.text).toContain("the secret can't be written to command sh -c");
  expect(applied.text.match(/the secret is kept/g)).toHaveLength(1);
  expect(applied.text).toContain(
    '→ fix the error that the program reports and run again; the next reconcile apply',
  );

  expect((await run('spool', 'list')).text).toContain('secret');
  const delivered = await run('spool', 'deliver');
  expect(delivered.code).toBe(1);
  expect(delivered.text).toContain('0 delivered, 1 failed and kept in the spool.');
  expect(delivered.text).toContain('→ fix the error that the program reports and run again');
});
