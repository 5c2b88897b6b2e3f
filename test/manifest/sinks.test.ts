import { generateHybridIdentity, generateX25519Identity, identityToRecipient } from 'age-encryption';
import { describe, expect, it, test } from 'vitest';
import type { Problem } from '../../src/core/model/errors.ts';
import type { Sink } from '../../src/core/model/sink.ts';
import { type Manifests, readManifests } from '../../src/manifest/load.ts';
import { folderWith } from '../support/folder.ts';
import { load, manifest, messages, named, only, options } from './fixtures.ts';

/** Loads a folder with these files by this path. */
async function loadFiles(
  files: Readonly<Record<string, string>>,
  paths: readonly string[],
): Promise<Manifests> {
  return readManifests(paths, { ...options, cwd: await folderWith(files) });
}

/** What `secret:` becomes where a token has this one. */
async function secretOf(yaml: string): Promise<readonly Sink[] | 'discard' | undefined> {
  return only(await load(manifest(`secret: ${yaml}`), { cwd: '/manifests' })).secret;
}

/** What is wrong with a `secret:`. */
async function problemsOf(yaml: string): Promise<readonly Problem[]> {
  return (await load(manifest(`secret: ${yaml}`), { cwd: '/manifests' })).errors;
}

const recipient = 'age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p';
const place = { folder: '/manifests', within: ['/manifests'] };

describe('a sink', () => {
  test.each([
    {
      why: 'a file, with the defaults of the contract',
      yaml: '[{ file: { path: a.json } }]',
      sink: { type: 'file', path: 'a.json', layout: { format: 'json' }, mode: 0o600, age: [], ...place },
    },
    {
      why: 'a file, with all there is',
      yaml: `[{ file: { path: a.yaml, format: kubernetes, name: login, namespace: ci, mode: "0640", age: [${recipient}] } }]`,
      sink: {
        type: 'file',
        path: 'a.yaml',
        layout: { format: 'kubernetes', name: 'login', namespace: 'ci' },
        mode: 0o640,
        age: [recipient],
        ...place,
      },
    },
    {
      why: 'a command, with the defaults of the contract',
      yaml: '[{ command: { run: [gh, secret, set, CI] } }]',
      sink: {
        type: 'command',
        run: ['gh', 'secret', 'set', 'CI'],
        layout: { format: 'raw' },
        timeoutSeconds: 60,
        folder: '/manifests',
      },
    },
    {
      why: 'a command, with all there is',
      yaml: '[{ command: { run: [./put, ""], format: env, prefix: CI_, timeout: 0.5 } }]',
      sink: {
        type: 'command',
        run: ['./put', ''],
        layout: { format: 'env', prefix: 'CI_' },
        timeoutSeconds: 0.5,
        folder: '/manifests',
      },
    },
    { why: "docker's own place", yaml: '[{ docker: {} }]', sink: { type: 'docker', ...place } },
    { why: "docker's own place, in short", yaml: '[docker: ]', sink: { type: 'docker', ...place } },
    {
      why: 'a docker configuration elsewhere',
      yaml: '[{ docker: { config: docker } }]',
      sink: { type: 'docker', config: 'docker', ...place },
    },
  ])('is read: $why', async ({ yaml, sink }) => {
    expect(await secretOf(yaml)).toStrictEqual([sink]);
  });

  it('is absent if the secret is discarded', async () => {
    expect(await secretOf('discard')).toBe('discard');
  });

  test.each([
    { yaml: '[]', message: 'expected at least one item' },
    { yaml: '[{}]', message: 'expected one of file, command, docker' },
    { yaml: '[{ docker: {}, file: { path: a } }]', message: 'expected one of file, command, docker' },
    { yaml: '[{ fle: { path: a } }]', message: 'unknown key fle' },
    { yaml: '[{ file: { path: a, mode: 600 } }]', message: 'expected a string; found 600' },
    {
      yaml: '[{ file: { path: a, mode: "0999" } }]',
      message: expect.stringContaining('expected a string that matches'),
    },
    { yaml: '[{ file: { path: "" } }]', message: 'is empty' },
    {
      yaml: '[{ file: { path: a, format: yaml } }]',
      message: expect.stringContaining('or "kubernetes"; found "yaml"'),
    },
    {
      yaml: `[{ file: { path: a, age: ${recipient} } }]`,
      message: expect.stringContaining('expected a list'),
    },
    { yaml: '[{ file: { path: a, age: [] } }]', message: 'expected at least one item' },
    { yaml: '[{ command: { run: gh secret set } }]', message: expect.stringContaining('expected a list') },
    { yaml: '[{ command: { run: [] } }]', message: 'expected at least one item' },
    { yaml: '[{ command: { run: [gh, 1] } }]', message: 'expected a string; found 1' },
    { yaml: '[{ command: {} }]', message: 'run is missing' },
    {
      yaml: '[{ command: { run: [gh], timeout: 0 } }]',
      message: 'expected a number greater than 0; found 0',
    },
    {
      yaml: '[{ command: { run: [gh], timeout: 3601 } }]',
      message: 'expected a number of at most 3600; found 3601',
    },
    { yaml: '[{ command: { run: [gh], mode: "0600" } }]', message: 'unknown key mode' },
    { yaml: '[{ docker: docker }]', message: 'expected a mapping; found "docker"' },
    { yaml: '[{ docker: { config: "" } }]', message: 'is empty' },
  ])('may not be $yaml', async ({ yaml, message }) => {
    expect(messages(await problemsOf(yaml))).toContainEqual(message);
  });

  test.each([
    {
      yaml: '[{ file: { path: a, prefix: CI_ } }]',
      message: "prefix applies only to the format env; this sink's format is json",
      at: 'file.prefix',
    },
    {
      yaml: '[{ command: { run: [a], name: x } }]',
      message: "name applies only to the format kubernetes; this sink's format is raw",
      at: 'command.name',
    },
    {
      yaml: '[{ file: { path: a, format: env, namespace: x } }]',
      message: "namespace applies only to the format kubernetes; this sink's format is env",
      at: 'file.namespace',
    },
    {
      yaml: '[{ file: { path: a, format: env, prefix: 1_ } }]',
      message: 'a shell variable can\'t begin with "1_"',
      at: 'file.prefix',
    },
    {
      yaml: '[{ file: { path: a, format: env, prefix: "a=b;" } }]',
      message: 'a shell variable can\'t begin with "a=b;"',
      at: 'file.prefix',
    },
    {
      yaml: '[{ file: { path: a, format: kubernetes, name: A_b } }]',
      message: 'not a valid Kubernetes name: "A_b"',
      at: 'file.name',
    },
    {
      yaml: '[{ file: { path: a, format: kubernetes, namespace: a.b } }]',
      message: 'not a valid Kubernetes name: "a.b"',
      at: 'file.namespace',
    },
    { yaml: '[{ command: { run: [" ", a] } }]', message: 'the program is empty', at: 'command.run[0]' },
    {
      yaml: '[{ command: { run: [a, "b\\0"] } }]',
      message: "an argument can't contain a NUL character",
      at: 'command.run[1]',
    },
    {
      yaml: '[{ file: { path: "a\\0" } }]',
      message: "a path can't contain a NUL character",
      at: 'file.path',
    },
    {
      yaml: '[{ docker: { config: ~/.docker } }]',
      message: '~/.docker: ~ is not expanded to your home folder',
      at: 'docker.config',
    },
  ])('may not be $yaml, which the schema lets through', async ({ yaml, message, at }) => {
    expect(await problemsOf(yaml)).toMatchObject([
      { code: 'MANIFEST_INVALID', message, source: { path: `tokens[0].secret[0].${at}` } },
    ]);
  });
});

describe('a recipient of age', () => {
  test.each([
    { why: 'X25519', make: generateX25519Identity },
    { why: 'the post-quantum hybrid', make: generateHybridIdentity },
  ])('is taken: $why', async ({ make }) => {
    const made = await identityToRecipient(await make());
    expect(await secretOf(`[{ file: { path: a, age: [${made}] } }]`)).toMatchObject([{ age: [made] }]);
  });

  test.each([
    { why: 'mistyped', text: recipient.replace('ql3', 'ql4') },
    { why: 'cut short', text: recipient.slice(0, -1) },
    { why: 'of a plugin', text: 'age1yubikey1q2w7u3vpya839jxxuq8g0sedh3d740d4xvn639sqhr95ejj8vu3hyfumptt' },
    { why: 'an SSH key', text: 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5' },
  ])('is refused: $why', async ({ text }) => {
    expect(await problemsOf(`[{ file: { path: a, age: [${recipient}, ${text}] } }]`)).toMatchObject([
      { message: 'this is not an age recipient', source: { path: 'tokens[0].secret[0].file.age[1]' } },
    ]);
  });

  const key = 'AGE-SECRET-KEY-1JCWHUEX4AKYVZY3UCPG648CQUYD9535XTKKKNWSRVA79S354LELQCPTF02';
  test.each([
    { why: 'in its place', yaml: `[{ file: { path: a, age: [${key}] } }]`, message: /age private key/ },
    { why: 'without a list', yaml: `[{ file: { path: a, age: ${key} } }]`, message: /age private key/ },
    { why: 'with another mistake', yaml: `[{ file: { path: a, agee: [${key}] } }]`, message: /agee/ },
    { why: 'in broken YAML', yaml: `[{ file: { path: a, age: [${key} } }]`, message: /./ },
  ])('that is a private key is rejected and never shown: $why', async ({ yaml, message }) => {
    const problems = await problemsOf(yaml);
    expect(problems[0]?.message).toMatch(message);
    expect(JSON.stringify(problems)).not.toContain(key.slice(15));
  });
});

describe('the paths of sinks', () => {
  test.each([
    {
      why: 'out of the folder',
      path: '../token.json',
      message: "../token.json: a secret can't be written outside the manifests' folder",
    },
    {
      why: 'to the root',
      path: '/etc/token.json',
      message: "/etc/token.json: a secret can't be written outside the manifests' folder",
    },
    {
      why: 'into .git',
      path: '.git/token.json',
      message: ".git/token.json: a secret can't be written to .git or .github",
    },
    {
      why: 'into .github, in another case, far below',
      path: 'a/.GitHub/b/token.json',
      message: "a/.GitHub/b/token.json: a secret can't be written to .git or .github",
    },
  ])('may not lead $why', async ({ path, message }) => {
    const { errors } = await load(manifest(`secret: [{ file: { path: ${path} } }]`), { cwd: '/manifests' });
    expect(errors).toMatchObject([{ message, source: { path: 'tokens[0].secret[0].file.path' } }]);
  });

  test.each([
    {
      config: '../docker',
      message: "../docker: a secret can't be written outside the manifests' folder",
    },
    { config: '.git/docker', message: ".git/docker: a secret can't be written to .git or .github" },
  ])('may not be the docker configuration in $config', async ({ config, message }) => {
    expect(await problemsOf(`[{ docker: { config: ${config} } }]`)).toMatchObject([
      { message, source: { path: 'tokens[0].secret[0].docker.config' } },
    ]);
  });

  it('may lead out to a folder named by --allow-sink-dir', async () => {
    const loaded = await load(manifest('secret: [{ file: { path: /run/out/token.json } }]'), {
      cwd: '/manifests',
      allowSinkDirs: ['/run/out'],
    });
    expect(only(loaded).secret).toMatchObject([
      { path: '/run/out/token.json', within: ['/manifests', '/run/out'] },
    ]);
  });

  it('is relative to the manifest, and inside the folder of the PATH argument', async () => {
    const sink = 'secret: [{ file: { path: ../secrets/token.json } }]';
    expect((await loadFiles({ 'team/a.yaml': manifest(sink) }, ['.'])).errors).toEqual([]);
    expect((await loadFiles({ 'team/a.yaml': manifest(sink) }, ['team'])).errors).toHaveLength(1);
    expect((await loadFiles({ 'team/a.yaml': manifest(sink) }, ['team/a.yaml'])).errors).toHaveLength(1);
  });

  test.each([
    {
      why: 'two tokens',
      text: `${named('one', 'secret: [{ file: { path: a.json } }]')}---\n${named('two', 'secret: [{ file: { path: a.json } }]')}`,
      errors: ['the file a.json is also declared', 'the file a.json is also declared'],
    },
    {
      why: 'one token, twice',
      text: manifest('secret: [{ file: { path: a.json } }, { file: { path: ./a.json, format: raw } }]'),
      errors: ['two sinks write to the same file'],
    },
    {
      why: 'two tokens, by two spellings',
      text: `${named('one', 'secret: [{ file: { path: b/../a.json } }]')}---\n${named('two', 'secret: [{ file: { path: a.json } }]')}`,
      errors: ['is also declared', 'is also declared'],
    },
    {
      why: 'two tokens by way of the defaults',
      text: `apiVersion: reconcile/v1
defaults: { registry_token: { registry: team-a, secret: [{ file: { path: a.json } }] } }
tokens: [{ kind: registry_token, name: one }, { kind: registry_token, name: two }]
`,
      errors: ['the file a.json is also declared', 'the file a.json is also declared'],
    },
  ])('may not be one file for $why', async ({ text, errors }) => {
    expect(messages((await load(text)).errors)).toEqual(
      errors.map((words) => expect.stringContaining(words)),
    );
  });

  test.each([
    {
      why: 'command twice',
      yaml: '[{ command: { run: [a, b] } }, { command: { run: [a, b] } }]',
      message: 'two sinks run the same command',
    },
    {
      why: 'login twice',
      yaml: '[{ docker: { config: a } }, docker: , { docker: { config: ./a } }]',
      message: 'two sinks log in to the same configuration',
    },
  ])('may not be one $why for one token', async ({ yaml, message }) => {
    const problems = await problemsOf(yaml);
    expect(messages(problems)).toEqual([message]);
  });

  test.each([
    {
      why: 'one command with two contents',
      yaml: '[{ command: { run: [a], format: env, prefix: A_ } }, { command: { run: [a], format: env, prefix: B_ } }]',
    },
    {
      why: 'one file beside a command and docker',
      yaml: '[{ file: { path: a } }, { command: { run: [a] } }, { docker: {} }]',
    },
  ])('may be $why', async ({ yaml }) => {
    expect(await problemsOf(yaml)).toEqual([]);
  });

  it('may be one command and one docker configuration for several tokens, each of another registry', async () => {
    const text = `apiVersion: reconcile/v1
defaults: { registry_token: { secret: [{ docker: {} }, { command: { run: [a] } }] } }
tokens: [{ kind: registry_token, registry: team-a, name: one }, { kind: registry_token, registry: team-b, name: two }]
`;
    expect((await load(text)).errors).toEqual([]);
  });
});

describe('a misleading path', () => {
  test.each([
    { path: 'secrets\\ci.json', says: 'a backslash does not separate folders here' },
    { path: 'ci.json ', says: "can't begin or end with white space" },
    { path: ' ci.json', says: "can't begin or end with white space" },
    { path: 'ci.json\u00a0', says: "can't begin or end with white space" },
  ])('$path is an error', async ({ path, says }) => {
    for (const sink of [{ file: { path } }, { docker: { config: path } }]) {
      const tokens = [{ kind: 'registry_token', registry: 'team-a', name: 'ci-push', secret: [sink] }];
      const { errors } = await load(JSON.stringify({ apiVersion: 'reconcile/v1', tokens }));
      expect(errors.map(({ message }) => message).join()).toContain(says);
    }
  });
});
