import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { finished, program, reconcile } from '../support/cli.ts';
import { folderWith } from '../support/folder.ts';

const manifest = `apiVersion: reconcile/v1
tokens:
  - { kind: registry_token, registry: team-a, name: ci-push, secret: discard }
  - { kind: registry_token, registry: team-b, name: deploy, secret: discard, rotate: { every: 30d, lifetime: 60d } }
  - { kind: docker_hub_org_token, org: acme, label: "two\\nlines", secret: discard }
  - { kind: docker_hub_org_token, org: acme, label: 'pull $(touch ran)', secret: discard }
`;

test.each([
  { line: ['pl'], words: ['plan'] },
  { line: ['spool', ''], words: ['list', 'deliver', 'drop'] },
  { line: ['plan', '--form'], words: ['--format'] },
  { line: ['plan', '--format', 'j'], words: ['json'] },
  { line: ['apply', '--target', 'registry_token:team-a'], words: ['registry_token:team-a/ci-push'] },
  {
    line: ['plan', '--replace', ''],
    words: [
      'registry_token:team-a/ci-push',
      'registry_token:team-b/deploy',
      'docker_hub_org_token:acme/pull $(touch ran)',
    ],
  },
  { line: ['rotate', ''], words: ['registry_token:team-b/deploy'] },
  { line: ['list', '--org', ''], words: ['acme'] },
  { line: ['list', '--registry=team-b'], words: ['--registry=team-b'] },
  { line: ['init', '--ci=g'], words: ['--ci=github', '--ci=gitlab'] },
  { line: ['he'], words: ['help'] },
  { line: ['help', 'ro'], words: ['rotate'] },
  { line: ['list', '--registry', ''], words: ['team-a', 'team-b'] },
  { line: ['list', '--kind', 'docker_hub_o'], words: ['docker_hub_org_token'] },
  { line: ['list', '--level', ''], words: ['system'] },
  { line: ['export', '--level=s'], words: ['--level=system'] },
  { line: ['list', '-o', ''], words: ['wide', 'name'] },
  { line: ['audit', '--fail-on', ''], words: ['low', 'medium', 'high'] },
  { line: ['state', 'show', '--log-level', 'e'], words: ['error'] },
  { line: ['explain', 'registry_token.sco'], words: ['registry_token.scopes'] },
  { line: ['completion', ''], words: ['bash', 'zsh', 'fish'] },
  { line: ['plan', ''], words: [] },
])('$line is completed to $words', async ({ line, words }) => {
  const cwd = await folderWith({ 'tokens.yaml': manifest });
  const { code, stdout } = await reconcile(['__complete', '--', ...line], { cwd });
  expect(code).toBe(0);
  expect(stdout.split('\n').filter((word) => word !== '')).toEqual(words);
});

test.each([
  { what: 'an address beyond its colon', word: 'registry_token:team-a', rest: 'team-a/ci-push' },
  {
    what: 'a name as a word that no shell takes for more',
    word: 'docker_hub_org_token:a',
    rest: 'acme/pull\\ \\$\\(touch\\ ran\\)',
  },
])('bash completes $what', async ({ word, rest }) => {
  const cwd = await folderWith({ 'tokens.yaml': manifest });
  await writeFile(join(cwd, 'reconcile'), `#!/bin/sh\nexec ${process.execPath} ${program} "$@"\n`);
  await chmod(join(cwd, 'reconcile'), 0o755);
  const script = `export PATH="$PWD:$PATH"
    source <(reconcile completion bash)
    COMP_LINE='reconcile apply --target ${word}'; COMP_POINT=\${#COMP_LINE}
    _reconcile
    printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { stdout, stderr } = await finished('bash', ['--norc', '--noprofile', '-c', script], { cwd });
  expect({ stdout, stderr }).toEqual({ stdout: `${rest}\n`, stderr: '' });
});

test.each(['bash', 'zsh', 'fish'])('%s is given a script', async (shell) => {
  const { code, stdout } = await reconcile(['completion', shell], { cwd: '/' });
  expect(code).toBe(0);
  expect(stdout).toContain('reconcile __complete --');
});

test('another shell is refused with those that there are, and the way in is not advertised', async () => {
  for (const shell of ['csh', 'constructor']) {
    const { code, stderr } = await reconcile(['completion', shell], { cwd: '/' });
    expect(code).toBe(1);
    expect(stderr).toContain('supported shells: bash, zsh, fish');
  }
  expect((await reconcile(['--help'], { cwd: '/' })).stdout).not.toContain('__complete');
});

test.each([
  { line: ['help', 'spool', 'list'], shows: /^Usage: reconcile spool list / },
  { line: ['help', 'plan'], shows: /^Usage: reconcile plan / },
  { line: ['help'], shows: /^Usage: reconcile \[options\] \[command\]/ },
])('$line shows the help of just that', async ({ line, shows }) => {
  const { code, stdout, stderr } = await reconcile(line, { cwd: '/' });
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toMatch(shows);
});

test.each([
  { line: ['help', 'aply'], tells: "error: unknown command 'aply'\n    → did you mean apply?\n" },
  { line: ['help', 'spool', 'lst'], tells: "error: unknown command 'lst'\n    → did you mean list?\n" },
  // The spelling of other tools.
  {
    line: ['apply', '-auto-approve'],
    tells: "error: unknown option '-auto-approve'\n    → did you mean -y?\n",
  },
  {
    line: ['apply', '--auto-approve'],
    tells: "error: unknown option '--auto-approve'\n    → did you mean -y?\n",
  },
  { line: ['plan', '-out=x'], tells: "error: unknown option '-out'\n    → did you mean --out?\n" },
  { line: ['plan', '-taget=x'], tells: "error: unknown option '-taget'\n    → did you mean --target?\n" },
  {
    line: ['apply', '--dry-run'],
    tells: "error: unknown option '--dry-run'\n    → did you mean reconcile plan?\n",
  },
  { line: ['init', 'here'], tells: /→ run reconcile init --help for usage\n$/ },
  { line: ['spool', 'list', '--nope'], tells: /→ run reconcile spool list --help for usage\n$/ },
])('what is wrong with $line is told, and where help is', async ({ line, tells }) => {
  const { code, stdout, stderr } = await reconcile(line, { cwd: '/' });
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr).toMatch(tells);
});

test('a bare command line shows the help, and version prints the version', async () => {
  const [bare, help, version, option] = await Promise.all(
    [[], ['--help'], ['version'], ['--version']].map((line) => reconcile(line, { cwd: '/' })),
  );
  expect(bare).toEqual({ code: 0, stdout: help?.stdout, stderr: '' });
  expect(version).toEqual({ code: 0, stdout: option?.stdout, stderr: '' });
});

test('the help lists commands by what they are for, options by what they are about, and shows examples, in 80 columns', async () => {
  const help = async (...words: readonly string[]): Promise<string> =>
    (await reconcile([...words, '--help'], { cwd: '/', env: { COLUMNS: '80' } })).stdout;
  expect((await help()).match(/^\S.*:$/gm)).toEqual(
    expect.arrayContaining(['Getting started:', 'Daily use:', 'Other commands:']),
  );
  const plan = await help('plan');
  expect(plan.match(/^\S.*:$/gm)).toEqual([
    'Arguments:',
    'Options:',
    'Which tokens:',
    'Manifests:',
    'Custody:',
    'Network:',
    'Output:',
    'Examples:',
  ]);
  for (const line of plan.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
});
