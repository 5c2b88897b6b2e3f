import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { finished, program, reconcile } from '../support/cli.ts';
import { folderWith } from '../support/folder.ts';

const manifest = `apiVersion: reconcile/v1
tokens:
  - { kind: registry_token, registry: team-a, name: ci-push, secret: discard }
  - { kind: registry_token, registry: team-b, name: deploy, secret: discard }
`;

test.each([
  { line: ['pl'], words: ['plan'] },
  { line: ['spool', ''], words: ['list', 'deliver', 'drop'] },
  { line: ['plan', '--form'], words: ['--format'] },
  { line: ['plan', '--format', 'j'], words: ['json'] },
  { line: ['apply', '--target', 'registry_token:team-a'], words: ['registry_token:team-a/ci-push'] },
  {
    line: ['plan', '--replace', ''],
    words: ['registry_token:team-a/ci-push', 'registry_token:team-b/deploy'],
  },
  { line: ['rotate', 'registry_token:team-b'], words: ['registry_token:team-b/deploy'] },
  { line: ['list', '--registry', ''], words: ['team-a', 'team-b'] },
  { line: ['list', '--kind', 'docker_hub_o'], words: ['docker_hub_org_token'] },
  { line: ['explain', 'registry_token.sco'], words: ['registry_token.scopes'] },
  { line: ['completion', ''], words: ['bash', 'zsh', 'fish'] },
  { line: ['plan', ''], words: [] },
])('$line is completed to $words', async ({ line, words }) => {
  const cwd = await folderWith({ 'tokens.yaml': manifest });
  const { code, stdout } = await reconcile(['__complete', '--', ...line], { cwd });
  expect(code).toBe(0);
  expect(stdout.split('\n').filter((word) => word !== '')).toEqual(words);
});

test('bash completes an address beyond its colon', async () => {
  const cwd = await folderWith({ 'tokens.yaml': manifest });
  await writeFile(join(cwd, 'reconcile'), `#!/bin/sh\nexec ${process.execPath} ${program} "$@"\n`);
  await chmod(join(cwd, 'reconcile'), 0o755);
  const script = `export PATH="$PWD:$PATH"
    source <(reconcile completion bash)
    COMP_LINE='reconcile apply --target registry_token:team-a'; COMP_POINT=\${#COMP_LINE}
    _reconcile
    printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { stdout, stderr } = await finished('bash', ['--norc', '--noprofile', '-c', script], { cwd });
  expect({ stdout, stderr }).toEqual({ stdout: 'team-a/ci-push\n', stderr: '' });
});

test.each(['bash', 'zsh', 'fish'])('%s is given a script', async (shell) => {
  const { code, stdout } = await reconcile(['completion', shell], { cwd: '/' });
  expect(code).toBe(0);
  expect(stdout).toContain('reconcile __complete --');
});

test('another shell is refused with those that there are, and the way in is not advertised', async () => {
  const { code, stderr } = await reconcile(['completion', 'csh'], { cwd: '/' });
  expect(code).toBe(1);
  expect(stderr).toContain('there are bash, zsh, fish');
  expect((await reconcile(['--help'], { cwd: '/' })).stdout).not.toContain('__complete');
});

test('the help lists commands by what they are for, options by what they are about, and shows examples, in 80 columns', async () => {
  const help = async (...words: readonly string[]): Promise<string> =>
    (await reconcile([...words, '--help'], { cwd: '/' })).stdout;
  expect((await help()).match(/^\S.*:$/gm)).toEqual(
    expect.arrayContaining(['To begin:', 'From day to day:', 'To find your way:']),
  );
  const plan = await help('plan');
  expect(plan.match(/^\S.*:$/gm)).toEqual([
    ...[
      'Arguments:',
      'Output:',
      'Manifests:',
      'Network:',
      'Custody:',
      'Which tokens:',
      'Options:',
      'Examples:',
    ],
  ]);
  for (const line of plan.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
});
