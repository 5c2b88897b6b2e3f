import { readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { finished, program } from '../support/cli.ts';
import { servedEmulator } from '../support/emulator.ts';
import { folderWith } from '../support/folder.ts';

const hook = fileURLToPath(new URL('../support/list-loaded.cjs', import.meta.url));

const seed = 'ionos: { registries: [{ name: team-a, hostname: team-a.example.com }] }';

const entry = `  - kind: registry_token
    registry: team-a
    name: ci-push
    scopes: [{ type: repository, name: app, actions: [pull] }]
    secret: discard
    expiry_date: 2099-01-01T00:00:00Z
`;

const manifest = (tokens: string): string => `apiVersion: reconcile/v1\ntokens:\n${tokens}`;

/** Returns what the program loads for a command line: files by their names, and modules of Node. */
async function loadedBy(args: readonly string[], files: Readonly<Record<string, string>> = {}) {
  return loadedIn(await folderWith(files), args);
}

async function loadedIn(cwd: string, args: readonly string[]) {
  const { env } = await servedEmulator(seed);
  const list = join(await folderWith({}), 'loaded.json');
  const run = await finished(process.execPath, ['--require', hook, program, ...args], {
    cwd,
    env: { ...env, LOADED: list },
  });
  const loaded = JSON.parse(await readFile(list, 'utf8')) as Record<'files' | 'builtins', readonly string[]>;
  const own = loaded.files.filter((file) => file !== hook);
  return { ...run, ...loaded, own, names: own.map((file) => basename(file)) };
}

/** The files that only some runs need. */
const seldom = ['yaml.js', 'jsonc-parser.js', 'manifest-validators.js', 'state-validators.js'];

describe('the program loads only what a run needs', () => {
  it('for its version: nothing but the start', async () => {
    const { code, stdout, names, builtins } = await loadedBy(['--version']);
    expect({ code, names }).toEqual({ code: 0, names: ['reconcile.js', 'start.js'] });
    expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
    expect(builtins).not.toContain('node:net');
  });

  it('for a valid manifest: no YAML library, no validator that describes errors, no HTTP', async () => {
    const { code, names, builtins } = await loadedBy(['validate', '.'], { 't.yaml': manifest(entry) });
    expect(code).toBe(0);
    expect(names).toContain('session.js');
    expect(names.filter((name) => [...seldom, 'plan.js'].includes(name))).toEqual([]);
    expect(builtins.filter((name) => /^node:(http|tls|crypto|child_process)$/.test(name))).toEqual([]);
  });

  it('for a plan without policies: none of what compiles them', async () => {
    const { code, own, names, builtins } = await loadedBy(['plan', '.'], { 't.yaml': manifest(entry) });
    expect(code).toBe(0);
    expect(names).toContain('plan.js');
    expect(names.filter((name) => [...seldom, 'apply.js'].includes(name))).toEqual([]);
    expect(builtins).toContain('node:net');
    expect(builtins.filter((name) => /^node:(tls|child_process)$/.test(name))).toEqual([]);
    expect(await policyCompilers(own)).toEqual([]);
  });

  it('for a plan with a policy: what compiles it', async () => {
    const files = { 't.yaml': manifest(entry), 'policy.json': '{ "type": "object" }' };
    const { code, own } = await loadedBy(['plan', 't.yaml', '--policy', 'policy.json'], files);
    expect(code).toBe(0);
    expect(await policyCompilers(own)).not.toEqual([]);
  });

  it('for a plan with a record of the token: what checks records', async () => {
    const cwd = await folderWith({ 't.yaml': manifest(entry) });
    const apply = await loadedIn(cwd, ['apply', '-y', '.']);
    expect({ code: apply.code, names: apply.names }).toMatchObject({
      code: 0,
      names: expect.not.arrayContaining(['state-validators.js']),
    });
    const plan = await loadedIn(cwd, ['plan', '.']);
    expect({ code: plan.code, names: plan.names }).toMatchObject({
      code: 0,
      names: expect.arrayContaining(['state-validators.js']),
    });
  });

  it.each([
    ['the YAML library', 'yaml.js', { 't.yaml': manifest(entry.replace('name: ci', 'name: &a ci')) }, 0],
    [
      'what describes errors',
      'manifest-validators.js',
      { 't.yaml': manifest(entry.replace('name: ci', 'nam: ci')) },
      1,
    ],
    ['the JSON parser', 'jsonc-parser.js', { 't.json': longJson() }, 0],
  ])('%s once it is needed', async (_, file, files, expected) => {
    const { code, names } = await loadedBy(['validate', ...Object.keys(files)], files);
    expect({ code, loads: names.includes(file) }).toEqual({ code: expected, loads: true });
  });

  it('from the folder that the program is in', async () => {
    const { own } = await loadedBy(['validate', '.'], { 't.yaml': manifest(entry) });
    const folder = dirname(program);
    expect(own.filter((path) => ![folder, join(folder, 'chunks')].includes(dirname(path)))).toEqual([]);
  });
});

/** Returns which of these files have the code that compiles policies. */
async function policyCompilers(files: readonly string[]): Promise<readonly string[]> {
  const texts = await Promise.all(files.map(async (file) => [file, await readFile(file, 'utf8')] as const));
  return texts.filter(([, text]) => /maxDaysFromNow|strictRequired/.test(text)).map(([file]) => file);
}

/** Returns a manifest as JSON that is long enough not to be read as YAML. */
function longJson(): string {
  const tokens = Array.from({ length: 100 }, (_, index) => ({
    kind: 'registry_token',
    registry: 'team-a',
    name: `ci-${index}`,
    scopes: [{ type: 'repository', name: 'app', actions: ['pull'] }],
    secret: 'discard',
  }));
  return JSON.stringify({ apiVersion: 'reconcile/v1', tokens });
}
