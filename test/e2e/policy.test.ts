import { readdir, readFile } from 'node:fs/promises';
import { join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { loadManifests } from '../../src/library.ts';
import { reconcile } from '../support/cli.ts';
import { servedEmulator } from '../support/emulator.ts';
import { folderWith } from '../support/folder.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const policies = join(root, 'examples/policies');
const expiry = join(policies, 'expiry.yaml');
const leastPrivilege = join(policies, 'least-privilege.yaml');

const inDays = (days: number): string => new Date(Date.now() + days * 86_400_000).toISOString();

/** Where errors stand, as `file:line`. */
function places(errors: readonly { source?: { file: string; line: number } }[]): readonly string[] {
  return errors.map(({ source }) => `${source?.file}:${source?.line}`);
}

const threeLong = `apiVersion: reconcile/v1
tokens:
  - { kind: registry_token, registry: team-a, name: forever, expiry_date: never, secret: discard }
  - { kind: registry_token, registry: team-a, name: fine, expiry_date: "${inDays(30)}", secret: discard }
  - { kind: docker_hub_personal_token, token_label: silent, scopes: [repo:read], secret: discard }
  - { kind: docker_hub_org_token, org: acme, label: long, expires_at: "${inDays(91)}", secret: discard }
  - { kind: registry_token, registry: team-a, state: absent, registry_token: gone }
`;

test.each([['validate'], ['plan'], ['apply', '-y']])(
  'three breaches of a policy are three located errors of %s, and no request',
  async (...command) => {
    const emulator = await servedEmulator('ionos:\n  registries: [{ name: team-a }]\n');
    const env = { ...emulator.env, ...emulator.hubEnv };
    const cwd = await folderWith({ 'tokens.yaml': threeLong });
    const json = await reconcile([...command, '--policy', expiry, '--format', 'json'], { cwd, env });
    expect(json.code).toBe(1);
    const { errors } = JSON.parse(json.stdout);
    expect(places(errors)).toEqual(['tokens.yaml:3', 'tokens.yaml:5', 'tokens.yaml:6']);
    expect(errors).toMatchObject([
      { code: 'MANIFEST_INVALID', source: { path: 'tokens[0].expiry_date', column: 75 } },
      { code: 'MANIFEST_INVALID', source: { path: 'tokens[2]', column: 5 } },
      { code: 'MANIFEST_INVALID', source: { path: 'tokens[3].expires_at', column: 71 } },
    ]);
    for (const { message } of errors) expect(message).toContain('(policy: tokens expire within 90 days)');
    for (const line of [3, 5, 6]) expect(json.stderr).toContain(`tokens.yaml:${line}:`);
    expect(emulator.requests).toEqual([]);
  },
);

test('manifests that satisfy their policies are planned as without', async () => {
  const emulator = await servedEmulator('ionos:\n  registries: [{ name: team-a }]\n');
  const cwd = await folderWith({
    'tokens.yaml': `apiVersion: reconcile/v1
tokens:
  - { kind: registry_token, registry: team-a, name: fine, expiry_date: "${inDays(89)}", secret: discard }
`,
  });
  const args = ['plan', '--detailed-exitcode', '--policy', expiry, '--policy', leastPrivilege];
  expect((await reconcile(args, { cwd, env: emulator.env })).code).toBe(2);
});

test('a rotation whose tokens live longer than the policy allows is refused, and one that renews them in time is not', async () => {
  const rotating = (rotate: string): string => `apiVersion: reconcile/v1
tokens:
  - { kind: registry_token, registry: team-a, name: ci-a, secret: discard, rotate: ${rotate} }
  - { kind: docker_hub_personal_token, token_label: b, scopes: [repo:read], secret: discard, rotate: ${rotate} }
  - { kind: docker_hub_org_token, org: acme, label: c, secret: discard, rotate: ${rotate} }
`;
  const cwd = await folderWith({
    'long.yaml': rotating('{ every: 9000d, lifetime: 9999d }'),
    'short.yaml': rotating('{ every: 60d, lifetime: 90d }'),
  });
  const validate = (file: string) =>
    reconcile(['validate', file, '--policy', expiry, '--format', 'json'], { cwd });
  const long = await validate('long.yaml');
  expect(long.code).toBe(1);
  expect(
    JSON.parse(long.stdout).errors.map(({ source }: { source: { path: string } }) => source.path),
  ).toEqual(['tokens[0].rotate.lifetime', 'tokens[1].rotate.lifetime', 'tokens[2].rotate.lifetime']);
  expect((await validate('short.yaml')).code).toBe(0);
});

describe('least privilege', () => {
  test('is broken by deletes, administrators and all names at once', async () => {
    const cwd = await folderWith({
      'tokens.yaml': `apiVersion: reconcile/v1
tokens:
  - kind: registry_token
    registry: team-a
    name: ci
    scopes:
      - { type: repository, name: app, actions: [pull, push] }
      - { type: repository, name: app, actions: [pull, delete] }
      - { type: repository, name: "*", actions: [pull] }
      - { type: repository, name: web, actions: ["*"] }
  - kind: docker_hub_personal_token
    token_label: ci
    scopes:
      - repo:write
      - repo:admin
  - kind: docker_hub_org_token
    org: acme
    label: ci
    resources:
      - { type: TYPE_REPO, path: acme/app, scopes: [scope-image-push] }
      - { type: TYPE_REPO, path: acme/app, scopes: [scope-image-delete] }
`,
    });
    const { code, stdout } = await reconcile(['validate', '--policy', leastPrivilege, '--format', 'json'], {
      cwd,
    });
    expect(code).toBe(1);
    expect(places(JSON.parse(stdout).errors)).toEqual(
      [8, 9, 10, 15, 21].map((line) => `tokens.yaml:${line}`),
    );
  });

  test('is broken by robots and tokens of GitLab that may do more than pull and push, or in all projects', async () => {
    const cwd = await folderWith({
      'tokens.yaml': `apiVersion: reconcile/v1
defaults:
  harbor_robot: { expires_at: never, secret: discard }
  gitlab_deploy_token: { project: team-a/app, expires_at: never, secret: discard }
  gitlab_access_token: { project: team-a/app, expires_at: 2099-01-01, secret: discard }
tokens:
  - kind: harbor_robot
    project: team-a
    name: ci
    access:
      - repository:push
      - repository:pull
      - repository:delete
  - kind: harbor_robot
    level: system
    name: copy
    permissions:
      - { kind: project, namespace: team-a, access: [repository:pull, tag:create] }
      - { kind: project, namespace: "*", access: [repository:pull] }
      - { kind: project, namespace: team-b, access: [robot:create] }
      - { kind: system, namespace: /, access: [scan:read] }
  - { kind: gitlab_deploy_token, name: a, scopes: [read_registry, write_registry] }
  - { kind: gitlab_deploy_token, name: b, scopes: [read_registry, read_repository] }
  - { kind: gitlab_access_token, name: c, scopes: [write_registry], access_level: developer }
  - { kind: gitlab_access_token, name: d, scopes: [api], access_level: developer }
  - { kind: gitlab_access_token, name: e, scopes: [read_registry], access_level: maintainer }
  - { kind: gitlab_access_token, name: f, scopes: [read_registry] }
  - { kind: gitlab_access_token, name: g, state: update, scopes: [read_registry] }
`,
    });
    const { code, stdout } = await reconcile(['validate', '--policy', leastPrivilege, '--format', 'json'], {
      cwd,
    });
    expect(code).toBe(1);
    expect(places(JSON.parse(stdout).errors)).toEqual(
      [13, 19, 20, 21, 23, 25, 26, 27].map((line) => `tokens.yaml:${line}`),
    );
    for (const error of JSON.parse(stdout).errors) expect(error).toHaveProperty('hint');
  });

  test('is broken by two of the examples: one that pulls everything, and defaults that do', async () => {
    const { stdout } = await reconcile(
      ['validate', 'examples', '--policy', 'examples/policies/least-privilege.yaml', '--format', 'json'],
      { cwd: root },
    );
    expect(
      JSON.parse(stdout).errors.map(({ source }: { source: { file: string; path: string } }) => [
        source.file,
        source.path,
      ]),
    ).toEqual([
      ['examples/ionos/present.yaml', 'tokens[2].scopes[0].name'],
      ['examples/sinks/sinks.yaml', 'defaults.registry_token.scopes[0].name'],
    ]);
  });
});

test('policies that can not be used are told together with what is wrong with the manifests', async () => {
  const cwd = await folderWith({
    'tokens.yaml': threeLong,
    'typo.yaml': 'properties: { expiry_date: { maxDayFromNow: 90 } }\n',
  });
  const args = ['--policy', 'none.yaml', '--policy', '.', '--policy', 'typo.yaml', '--policy', expiry];
  const { code, stdout } = await reconcile(['plan', 'tokens.yaml', '--format', 'json', ...args], { cwd });
  expect(code).toBe(1);
  expect(JSON.parse(stdout).errors).toMatchObject([
    { code: 'USAGE', message: "the policy none.yaml can't be used: no such file or directory" },
    { code: 'USAGE', message: "the policy . can't be used: it is a directory" },
    { code: 'USAGE', message: "the policy typo.yaml can't be used: maxDayFromNow is not a keyword" },
    { code: 'MANIFEST_INVALID' },
    { code: 'MANIFEST_INVALID' },
    { code: 'MANIFEST_INVALID' },
  ]);
});

test('the library takes policies, too', async () => {
  const cwd = await folderWith({ 'tokens.yaml': threeLong });
  const { errors } = await loadManifests(['tokens.yaml'], { cwd, policies: [expiry] });
  expect(places(errors)).toEqual(['tokens.yaml:3', 'tokens.yaml:5', 'tokens.yaml:6']);
});

test('the example of the documentation prints what the documentation says', async () => {
  const text = await readFile(join(root, 'docs/policies.md'), 'utf8');
  const [policy = '', manifest = ''] = [...text.matchAll(/```yaml\n(.*?)```/gs)].map(
    ([, block]) => block ?? '',
  );
  const [, printed = ''] = /\n\n```\n(.*?)```/s.exec(text) ?? [];
  const cwd = await folderWith({ 'policy/web.yaml': policy, 'tokens.yaml': manifest });
  const { code, stderr } = await reconcile(['plan', 'tokens.yaml', '--policy', 'policy/web.yaml'], { cwd });
  const timeless = (output: string): string => output.replace(/\d{4}-\d\d-\d\dT[\d:]+Z/g, 'then');
  expect(code).toBe(1);
  expect(printed).not.toBe('');
  expect(timeless(stderr)).toBe(timeless(printed));
});

test('the library compiles policies with what it loads when there is one', async () => {
  const library = join(root, 'dist/library');
  const texts = new Map<string, string>();
  for (const file of [
    'index.js',
    ...(await readdir(join(library, 'chunks'))).map((name) => `chunks/${name}`),
  ]) {
    texts.set(file, await readFile(join(library, file), 'utf8'));
  }
  const atOnce = new Set<string>();
  const load = (file: string): void => {
    if (atOnce.has(file)) return;
    atOnce.add(file);
    const imports = /^(?:import|export|})[^;'"]*["'](\.{1,2}\/[^"']+)["'];/gm;
    for (const [, target = ''] of (texts.get(file) ?? '').matchAll(imports)) {
      load(posix.join(posix.dirname(file), target));
    }
  };
  load('index.js');
  const compilers = [...texts].filter(([, text]) => /maxDaysFromNow|strictRequired/.test(text));
  expect(compilers).not.toEqual([]);
  expect(compilers.map(([file]) => file).filter((file) => atOnce.has(file))).toEqual([]);
  expect([...atOnce].filter((file) => !texts.has(file))).toEqual([]);
});
