import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { reconcile } from '../support/cli.ts';
import { servedEmulator, writes } from '../support/emulator.ts';
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
const make = 'kind: registry_token, registry: team-a, name: ci-push, secret: discard';
const rename =
  'kind: registry_token, registry: team-a, state: update, registry_token: deploy, name: other, secret: discard';

/** A checkout with this manifest in `tokens/`, and what GitHub Actions sets. */
async function checkout(tokens: readonly string[]) {
  const root = await folderWith({ 'repo/tokens/team-a.yaml': manifest(tokens) });
  const cwd = join(root, 'repo');
  const summary = join(root, 'summary.md');
  const outputs = join(root, 'outputs');
  const env = {
    GITHUB_ACTIONS: 'true',
    GITHUB_WORKSPACE: cwd,
    GITHUB_STEP_SUMMARY: summary,
    GITHUB_OUTPUT: outputs,
  };
  return {
    root,
    cwd,
    env,
    read: { summary: () => readFile(summary, 'utf8'), outputs: () => readFile(outputs, 'utf8') },
  };
}

const commands = (stderr: string): readonly string[] =>
  stderr.split('\n').filter((line) => /^::(?:error|warning|notice) /.test(line));

describe('a plan as Markdown', () => {
  test('is one document on stdout, also where there is no plan', async () => {
    const emulator = await servedEmulator(seed);
    const { cwd } = await checkout([disable]);
    const planned = await reconcile(['plan', '--format', 'markdown'], { cwd, env: emulator.env });
    expect(planned).toMatchObject({ code: 0, stderr: '' });
    expect(planned.stdout).toMatch(/^### Plan: 1 to patch\.\n\n\| \| token \| declared at \|\n/);
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
      expect(stderr).toContain(`--format markdown: expected one of text, json\n`);
    }
  });
});

describe('in GitHub Actions', () => {
  test('a plan stands in the summary of the step and in its outputs', async () => {
    const emulator = await servedEmulator(seed);
    const { cwd, env, read } = await checkout([disable, make]);
    const variables = { ...emulator.env, ...env };
    const { code, stdout } = await reconcile(['plan', '--format', 'markdown'], { cwd, env: variables });
    expect(code).toBe(0);
    expect(await read.summary()).toBe(`${stdout}\n`);
    expect(await read.outputs()).toMatch(
      /^changed=true\ncreate=1\npatch=1\nreplace=0\ndelete=0\ndeliver=0\nnoop=0\nerror=0\ndigest=sha256:[0-9a-f]{64}\n$/,
    );
  });

  test('so does what an apply did, after what was there', async () => {
    const emulator = await servedEmulator(seed);
    const { cwd, env, read } = await checkout([disable]);
    const variables = { ...emulator.env, ...env };
    for (const changed of [true, false]) {
      expect((await reconcile(['apply', '-y'], { cwd, env: variables })).code).toBe(0);
      expect(await read.outputs()).toMatch(new RegExp(`changed=${changed}\n.*failed=0\nnot_run=0\n$`, 's'));
    }
    expect([...(await read.summary()).matchAll(/^### .*/gm)].map(([line]) => line)).toEqual([
      '### Apply: 1 patched.',
      '### Apply: 1 unchanged.',
    ]);
  });

  test('errors of a plan, refusals and warnings stand at the line of the manifest, from the root of the repository', async () => {
    const emulator = await servedEmulator(seed);
    const { cwd, env } = await checkout([
      rename,
      'kind: registry_token, registry: team-a, name: bare, secret: discard',
    ]);
    const folder = join(cwd, 'tokens');
    const { code, stdout, stderr } = await reconcile(['plan', '--format', 'json'], {
      cwd: folder,
      env: { ...emulator.env, ...env },
    });
    expect(code).toBe(1);
    expect(JSON.parse(stdout).version).toBe(1);
    expect(commands(stderr)).toEqual([
      expect.stringMatching(
        /^::warning file=tokens\/team-a\.yaml,line=4,col=\d+,title=registry_token%3Ateam-a\/bare::.*scopes/,
      ),
      expect.stringMatching(
        /^::error file=tokens\/team-a\.yaml,line=3,col=\d+,title=IMMUTABLE%3A registry_token%3Ateam-a\/other::.*%0A→ .*allow_replace/,
      ),
    ]);
  });

  test('a guard that refuses is an error there', async () => {
    const emulator = await servedEmulator(seed);
    const { cwd, env, read } = await checkout([
      'kind: registry_token, registry: team-a, state: absent, registry_token: deploy, protected: true',
    ]);
    const { code, stderr } = await reconcile(['apply', '-y'], { cwd, env: { ...emulator.env, ...env } });
    expect(code).toBe(3);
    expect(commands(stderr)).toEqual([
      expect.stringMatching(/^::error file=tokens\/team-a\.yaml,line=3,col=\d+,title=PLAN_UNSAFE::/),
    ]);
    expect(await read.summary()).toContain('> **Refused: nothing was written.**');
    expect(writes(emulator)).toEqual([]);
  });

  test('ten errors are shown, and how many more there are', async () => {
    const { cwd, env, read } = await checkout(
      Array.from(
        { length: 12 },
        (_, index) => `kind: registry_token, registry: team-a, name: t-${index}, stauts: on`,
      ),
    );
    const { code, stderr } = await reconcile(['plan', '--quiet'], { cwd, env: { ...none, ...env } });
    expect(code).toBe(1);
    const shown = commands(stderr);
    expect(shown.map((line) => line.split(' ')[0])).toEqual([...Array(10).fill('::error'), '::notice']);
    expect(shown.at(-1)).toContain('2 more errors');
    expect(await read.summary()).toContain('### Failed: 12 errors');
  });

  test('warnings are not shown to who wants none', async () => {
    const emulator = await servedEmulator(seed);
    const { cwd, env } = await checkout([make]);
    const variables = { ...emulator.env, ...env };
    expect(commands((await reconcile(['plan'], { cwd, env: variables })).stderr)).toHaveLength(1);
    expect((await reconcile(['plan', '--quiet'], { cwd, env: variables })).stderr).toBe('');
  });

  test.each([
    { why: 'a document that still fits', free: 10_000, kept: 'whole' },
    { why: 'one that fits in part', free: 700, kept: 'part' },
    { why: 'one for which there is no room', free: 10, kept: 'none' },
  ])('a summary that is nearly full takes as much as fits: $why', async ({ free, kept }) => {
    const emulator = await servedEmulator(seed);
    const { cwd, root, env } = await checkout(
      Array.from(
        { length: 9 },
        (_, index) => `kind: registry_token, registry: team-a, name: new-${index}, secret: discard`,
      ),
    );
    const before = `${'x'.repeat(1024 * 1024 - free - 1)}\n`;
    const file = join(root, 'full.md');
    await writeFile(file, before);
    const variables = { ...emulator.env, ...env, GITHUB_STEP_SUMMARY: file };
    expect((await reconcile(['plan'], { cwd, env: variables })).code).toBe(0);
    const text = await readFile(file, 'utf8');
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(1024 * 1024);
    expect(text.startsWith(before)).toBe(true);
    const added = text.slice(before.length);
    if (kept === 'none') expect(added).toBe('');
    else expect(added).toContain('### Plan');
    expect(added.includes('The rest was left out')).toBe(kept === 'part');
    expect(added.match(/<details>/g)?.length).toBe(added.match(/<\/details>/g)?.length);
  });

  test('a file that takes nothing is told of, and ends nothing', async () => {
    const emulator = await servedEmulator(seed);
    const { root, cwd, env } = await checkout([disable]);
    await mkdir(join(root, 'folder'));
    const variables = { ...emulator.env, ...env, GITHUB_STEP_SUMMARY: join(root, 'folder') };
    const { code, stderr } = await reconcile(['apply', '-y'], { cwd, env: variables });
    expect(code).toBe(0);
    expect(stderr).toContain('EISDIR');
    expect(stderr).toContain('set GITHUB_STEP_SUMMARY to a writable file');
    expect(writes(emulator)).toHaveLength(1);
  });

  test('nothing that is printed is taken for a command of the runner', async () => {
    const emulator = await servedEmulator(seed);
    const long = 'x'.repeat(60);
    const { cwd, env } = await checkout([
      `kind: registry_token, registry: "${long} ::stop-commands::t ##[stop-commands]t", name: ci-push`,
    ]);
    const variables = { ...emulator.env, ...env };
    const text = await reconcile(['plan'], { cwd, env: variables });
    const json = await reconcile(['plan', '--format', 'json'], { cwd, env: variables });
    const markdown = await reconcile(['plan', '--format', 'markdown'], { cwd, env: variables });
    expect(text.stdout).toContain('stop-commands');
    for (const { stdout, stderr } of [text, json, markdown]) {
      const others = stderr.split('\n').filter((line) => !commands(stderr).includes(line));
      expect([stdout, ...others].join('\n')).not.toMatch(/^\s*::|##\[/m);
    }
    expect(JSON.parse(json.stdout).changes[0].address).toContain('##[stop-commands]t');
  });

  test('what is read from standard input belongs to no file', async () => {
    const { cwd, env } = await checkout([]);
    const stdin = manifest(['kind: registry_token, registry: team-a, name: ci-push, stauts: on']);
    const { stderr } = await reconcile(['validate', '-'], { cwd, stdin, env: { ...none, ...env } });
    expect(commands(stderr)).toEqual([expect.stringMatching(/^::error title=MANIFEST_INVALID::/)]);
  });
});
