import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, test } from 'vitest';
import type { Problem } from '../../src/core/model/errors.ts';
import { loadManifests, type Manifests } from '../../src/manifest/load.ts';
import type { LoadOptions } from '../../src/manifest/options.ts';
import { folderWith } from '../support/folder.ts';
import { load, manifest, messages, named, only, options } from './fixtures.ts';

/** Loads a folder with these files; without paths, the folder itself. */
async function loadFiles(
  files: Readonly<Record<string, string>>,
  paths: readonly string[] = [],
  more: Partial<LoadOptions> = {},
): Promise<Manifests> {
  return loadManifests(paths, { ...options, cwd: await folderWith(files), ...more });
}

function place({ source }: Problem): string {
  return `${source?.file}:${source?.line}:${source?.column}`;
}

const addresses = ({ desired }: Manifests): readonly string[] => desired.map(({ address }) => address);

describe('a good manifest', () => {
  it('becomes a desired token, canonical, with the defaults of the contract', async () => {
    const desired = only(
      await load(
        manifest(
          'scopes: [{ type: repository, name: app, actions: [push, pull] }]',
          'expiry_date: 2027-06-30T02:00:00+02:00',
          'secret: [{ file: { path: secrets/ci-push.json } }]',
        ),
        { cwd: '/manifests' },
      ),
    );
    expect(desired).toMatchObject({
      address: 'registry_token:team-a/ci-push',
      kind: 'registry_token',
      state: 'present',
      scope: 'team-a',
      name: 'ci-push',
      fields: {
        name: 'ci-push',
        scopes: [{ type: 'repository', name: 'app', actions: ['pull', 'push'] }],
        expiry_date: '2027-06-30T00:00:00Z',
      },
      createWith: 'post',
      allowReplace: false,
      protected: false,
      wait: true,
      waitTimeoutSeconds: 600,
      secret: [{ type: 'file', path: 'secrets/ci-push.json', mode: 0o600, folder: '/manifests' }],
      source: { file: '<stdin>', line: 3, column: 5 },
    });
    expect(desired).not.toHaveProperty('ref');
  });

  test.each([
    { why: 'present: by name', lines: ['state: present'], address: 'registry_token:team-a/ci-push' },
    {
      why: 'update: by the wanted name',
      lines: ['state: update', 'registry_token: old'],
      address: 'registry_token:team-a/ci-push',
    },
  ])('has an address ($why)', async ({ lines, address }) => {
    expect(only(await load(manifest(...lines))).address).toBe(address);
  });

  it('has an address by the existing token, where no name is wanted', async () => {
    const text = manifest('state: absent', 'registry_token: old').replace('    name: ci-push\n', '');
    expect(only(await load(text))).toMatchObject({
      address: 'registry_token:team-a/old',
      existing: 'old',
      fields: {},
    });
  });

  test.each([
    { state: 'present', lines: [], missing: 'name' },
    { state: 'update', lines: ['name: ci-push'], missing: 'registry_token' },
    { state: 'absent', lines: [], missing: 'registry_token' },
  ])('has to have $missing with state: $state', async ({ state, lines, missing }) => {
    const text = manifest(`state: ${state}`, ...lines).replace('    name: ci-push\n', '');
    expect(messages((await load(text)).errors)).toEqual([
      `${missing} is required for a registry_token with state: ${state}`,
    ]);
  });

  test.each([
    { state: 'present', line: 'registry_token: old' },
    { state: 'absent', line: 'status: disabled' },
  ])('is warned of $line, which means nothing with state: $state', async ({ state, line }) => {
    const more = state === 'absent' ? ['registry_token: old'] : [];
    const { warnings } = await load(manifest(`state: ${state}`, ...more, line));
    const field = line.split(':')[0];
    expect(messages(warnings)).toContain(`${field} has no effect with state: ${state}`);
  });
});

describe('problems', () => {
  it('are reported all at once, each located', async () => {
    const { errors, desired } = await loadFiles({
      'tokens.yaml': `apiVersion: reconcile/v1
tokens:
  - kind: registry_token
    registry: team-a
    name: ci-push
    stauts: enabled
    status: enable
    allow_replace: yes
    wait_timeout: soon
    scopes:
      - { type: repository, actions: [pull] }
  - kind: registry_token
    registry: team-a
    name: -bad-
`,
    });
    expect(desired).toEqual([]);
    expect(
      errors
        .map(({ source, message }) => ({
          line: source?.line,
          column: source?.column,
          path: source?.path,
          message,
        }))
        .sort((a, b) => Number(a.line) - Number(b.line)),
    ).toEqual([
      { line: 6, column: 5, path: 'tokens[0].stauts', message: 'unknown key stauts' },
      {
        line: 7,
        column: 13,
        path: 'tokens[0].status',
        message: 'expected "enabled" or "disabled"; found "enable"',
      },
      {
        line: 8,
        column: 20,
        path: 'tokens[0].allow_replace',
        message: 'expected true or false; found "yes"',
      },
      { line: 9, column: 19, path: 'tokens[0].wait_timeout', message: 'expected a number; found "soon"' },
      { line: 11, column: 9, path: 'tokens[0].scopes[0]', message: 'name is missing' },
      { line: 14, column: 11, path: 'tokens[1].name', message: 'the service takes no such name: "-bad-"' },
    ]);
    for (const { code, source } of errors) {
      expect(code).toBe('MANIFEST_INVALID');
      expect(source?.file).toBe('tokens.yaml');
    }
    expect(errors.find(({ source }) => source?.line === 7)?.source?.excerpt).toBe(
      `    status: enable\n${' '.repeat(12)}^`,
    );
  });

  test.each([
    { why: 'a key', line: 'stauts: enabled', hint: 'did you mean status?' },
    { why: 'a key in another case', line: 'Status: enabled', hint: 'did you mean status?' },
    { why: 'a value', line: 'status: enable', hint: 'did you mean enabled?' },
    { why: 'a key far below', line: 'secret: [{ file: { pth: a } }]', hint: 'did you mean path?' },
    { why: 'a truth of YAML 1.1', line: 'wait: yes', hint: 'YAML 1.2 has only true and false' },
    { why: 'a text that is a number', line: 'registry_token: 12', hint: 'put it in quotes' },
    { why: 'a key without a value', line: 'expiry_date:', hint: 'leave the key out, or give it a value' },
  ])('come with a hint: $why', async ({ line, hint }) => {
    const { errors } = await load(manifest(line));
    expect(errors.map((error) => error.hint)).toContain(hint);
  });

  it('list the known keys where none is near', async () => {
    const { errors } = await load(manifest('colour: red'));
    expect(errors[0]?.hint).toMatch(/^the keys known here are .*expiry_date/);
  });

  it('tell an unknown kind', async () => {
    const { errors } = await load(manifest().replace('kind: registry_token', 'kind: registry_tokn'));
    expect(errors).toMatchObject([
      {
        message: expect.stringMatching(/^expected "registry_token" or .*; found "registry_tokn"$/),
        hint: 'did you mean registry_token?',
      },
    ]);
  });

  it('stand in the defaults where the value stands there', async () => {
    const { errors } = await load(`apiVersion: reconcile/v1
defaults:
  registry_token:
    registry: team-a
    expiry_date: tomorrow
tokens:
  - { kind: registry_token, name: ci-push }
`);
    expect(errors).toMatchObject([{ source: { line: 5, path: 'defaults.registry_token.expiry_date' } }]);
  });

  it('of a duplicate key are errors', async () => {
    const { errors } = await load(manifest('status: enabled', 'status: disabled'));
    expect(errors).toMatchObject([{ code: 'MANIFEST_SYNTAX', source: { line: 7, column: 5 } }]);
  });

  it('of a reference without quotes among braces are one, that says so', async () => {
    const entry = '  - { kind: registry_token, registry: team-a, name: ci-push, token: ${env:TOKEN} }\n';
    const { errors } = await load(`apiVersion: reconcile/v1\ntokens:\n${entry}${entry}`);
    expect(errors).toMatchObject([
      { message: 'within { } and [ ] a reference has to stand in quotes', source: { line: 3, column: 70 } },
    ]);
  });

  it('of broken YAML are located', async () => {
    const { errors } = await load(manifest('status: "enabled'));
    expect(errors).toMatchObject([{ code: 'MANIFEST_SYNTAX', source: { file: '<stdin>' } }]);
  });

  it('of anchors that expand past the bound are errors', async () => {
    const level = (name: string, below: string) =>
      `${name}: &${name} [${Array.from({ length: 9 }, () => below).join(', ')}]`;
    const { errors, desired } = await load(
      [
        'apiVersion: reconcile/v1',
        level('a', 'x'),
        level('b', '*a'),
        level('c', '*b'),
        level('d', '*c'),
        level('e', '*d'),
        'tokens: *e',
        '',
      ].join('\n'),
    );
    expect(errors).toMatchObject([
      { code: 'MANIFEST_SYNTAX', message: expect.stringContaining('expand to too much') },
    ]);
    expect(desired).toEqual([]);
  });

  it('of an anchor that holds itself are errors', async () => {
    const { errors } = await load('apiVersion: reconcile/v1\ntokens: &t\n  - *t\n');
    expect(errors).toMatchObject([{ code: 'MANIFEST_SYNTAX' }]);
  });

  it('are none of common parts that many tokens share', async () => {
    const token = '  - { <<: *common, name: token-NUMBER }\n';
    const { desired, errors } = await load(
      `apiVersion: reconcile/v1\ntokens:\n  - &common { kind: registry_token, registry: a, name: token }\n${Array.from(
        { length: 300 },
        (_, index) => token.replace('NUMBER', String(index)),
      ).join('')}`,
    );
    expect(errors).toEqual([]);
    expect(desired).toHaveLength(301);
  });

  it('of texts that are no UTF-8 are errors', async () => {
    const { errors } = await load('', { stdin: async () => Buffer.from([0x61, 0xff]) });
    expect(errors).toMatchObject([
      { code: 'MANIFEST_SYNTAX', message: 'not UTF-8', source: { file: '<stdin>', line: 1, column: 2 } },
    ]);
  });
});

describe('an empty text is an error, not the same as nothing', () => {
  test.each([
    { field: 'expiry_date', says: 'is empty' },
    { field: 'registry', says: 'is empty' },
    { field: 'name', says: 'is empty' },
    { field: 'api_url', says: 'is empty' },
    { field: 'username', says: 'is empty' },
    { field: 'password', says: 'is empty' },
    { field: 'token', says: 'is empty' },
    { field: 'certificate_fingerprint', says: 'is empty' },
    { field: 'status', says: 'expected "enabled" or "disabled"' },
    { field: 'create_with', says: 'expected "post" or "put"' },
    { field: 'replace_order', says: 'expected "create_first" or "delete_first"' },
    { field: 'state', says: 'expected "present"' },
    { field: 'secret', says: 'expected "discard"' },
  ])('$field', async ({ field, says }) => {
    const entry = { kind: 'registry_token', registry: 'team-a', name: 'ci-push', [field]: '' };
    for (const document of [
      { apiVersion: 'reconcile/v1', tokens: [entry] },
      {
        apiVersion: 'reconcile/v1',
        ...(field !== 'name' && { defaults: { registry_token: { [field]: '' } } }),
        tokens: [field === 'name' ? entry : { kind: 'registry_token', registry: 'team-a', name: 'ci-push' }],
      },
    ]) {
      const { errors } = await load(JSON.stringify(document));
      expect(messages(errors).join()).toContain(says);
    }
  });

  it('in what a variable leads to as well', async () => {
    const env = { RECONCILE_VAR_END: '' };
    const { errors } = await load(manifest('expiry_date: "${env:RECONCILE_VAR_END}"'), { env });
    expect(messages(errors)).toEqual(['is empty']);
  });
});

describe('defaults', () => {
  const defaults = (values: string, token: string) => `apiVersion: reconcile/v1
defaults:
  registry_token: ${values}
tokens:
  - { kind: registry_token, name: ci-push, ${token} }
`;
  test.each([
    {
      why: 'stand in for what a token leaves out',
      values: '{ registry: team-a, wait_timeout: 120 }',
      token: '',
      result: { scope: 'team-a', waitTimeoutSeconds: 120 },
    },
    {
      why: 'give way to the token',
      values: '{ registry: team-a, wait_timeout: 120 }',
      token: 'registry: team-b, wait_timeout: 5',
      result: { scope: 'team-b', waitTimeoutSeconds: 5 },
    },
    {
      why: 'are not merged below the first level',
      values: '{ registry: team-a, scopes: [{ type: repository, name: a, actions: [pull] }] }',
      token: 'scopes: [{ type: repository, name: b, actions: [pull] }]',
      result: { fields: { name: 'ci-push', scopes: [{ type: 'repository', name: 'b', actions: ['pull'] }] } },
    },
  ])('$why', async ({ values, token, result }) => {
    expect(only(await load(defaults(values, token)))).toMatchObject(result);
  });

  it('hold for their document alone', async () => {
    const { errors } = await load(
      `${defaults('{ registry: team-a }', '')}---\napiVersion: reconcile/v1\ntokens: [{ kind: registry_token, name: other }]\n`,
    );
    expect(messages(errors)).toEqual(['registry is required for a registry_token with state: present']);
  });

  it("can't say the kind", async () => {
    const { errors } = await load(defaults('{ registry: team-a, kind: registry_token }', ''));
    expect(messages(errors)).toEqual(["kind can't be a default"]);
  });
});

describe('files', () => {
  it('may hold several documents; lines are those of the file', async () => {
    const { desired, errors } = await loadFiles({ 'a.yaml': `${named('one')}---\n${named('two')}---\n` }, [
      'a.yaml',
    ]);
    expect(errors).toEqual([]);
    expect(desired.map(({ address, source }) => [address, source.line])).toEqual([
      ['registry_token:team-a/one', 3],
      ['registry_token:team-a/two', 9],
    ]);
  });

  it('of a directory are walked, sorted; dot-directories and node_modules are skipped', async () => {
    const loaded = await loadFiles({
      'b.yaml': named('tok-b'),
      'a.yml': named('tok-a'),
      'c/d/e.yaml': named('tok-e'),
      'c/a.yaml': named('tok-ca'),
      '.github/x.yaml': named('tok-hidden'),
      '.x.yaml': named('tok-dot'),
      'node_modules/p/x.yaml': named('tok-module'),
      'notes.txt': named('tok-text'),
    });
    expect(loaded.errors).toEqual([]);
    expect(loaded.desired.map(({ name, source }) => `${source.file} ${name}`)).toEqual([
      'a.yml tok-a',
      'b.yaml tok-b',
      'c/a.yaml tok-ca',
      'c/d/e.yaml tok-e',
    ]);
  });

  it('are read once, however often they are reached', async () => {
    const loaded = await loadFiles({ 'c/a.yaml': named('one') }, ['.', 'c', 'c/a.yaml', './c/../c/a.yaml']);
    expect(only(loaded).name).toBe('one');
  });

  it('may be links; a link that leads back up ends nowhere', async () => {
    const folder = await folderWith({ 'a/one.yaml': named('one') });
    await symlink('..', join(folder, 'a/up'));
    await symlink('one.yaml', join(folder, 'a/same.yaml'));
    expect(only(await loadManifests(['a'], { ...options, cwd: folder })).name).toBe('one');
  });

  it('are each looked at once, and none outside of the folder, wherever links lead', async () => {
    const folder = await folderWith({ 'a/0/one.yaml': named('one'), 'b/two.yaml': named('two') });
    // Each step can be taken in two ways: a million ways to the last one.
    for (let step = 0; step < 20; step += 1) {
      await mkdir(join(folder, `a/${step + 1}`), { recursive: true });
      await symlink(`../${step + 1}`, join(folder, `a/${step}/left`));
      await symlink(`../${step + 1}`, join(folder, `a/${step}/right`));
    }
    await symlink('../b', join(folder, 'a/out'));
    expect(only(await loadManifests(['a'], { ...options, cwd: folder })).name).toBe('one');
  });

  it('that are none of ours are not shown, as a name can lead to any file by a link', async () => {
    const folder = await folderWith({ 'login.json': '{"auth": "hunter2",\n  "b": [}\n' });
    await symlink('login.json', join(folder, 'tokens.yaml'));
    const { errors } = await loadManifests(['tokens.yaml'], { ...options, cwd: folder });
    expect(errors).not.toEqual([]);
    expect(JSON.stringify(errors)).not.toContain('hunter2');
  });

  test.each([
    { why: 'YAML of others', text: 'apiVersion: apps/v1\nkind: Deployment\n' },
    { why: 'templates that no parser takes', text: '{{- if .Values.on }}\na: {{ .Values.b }\n{{ end }}\n' },
    { why: 'duplicate keys of others', text: 'a: 1\na: 2\n' },
    { why: 'an empty file', text: '' },
    { why: 'mention of us in a text', text: 'note: apiVersion is reconcile/v1\n' },
  ])('of a directory that are no manifests are skipped: $why', async ({ text }) => {
    const loaded = await loadFiles({ 'a.yaml': manifest(), 'foreign.yaml': text });
    expect(only(loaded).name).toBe('ci-push');
    expect(loaded.warnings).toEqual([]);
  });

  test.each([
    { why: 'a misspelt key', text: manifest().replace('apiVersion', 'apiversion') },
    { why: 'none at all', text: manifest().replace(/^apiVersion.*$/m, '') },
    { why: 'half a value', text: manifest().replace('reconcile/v1', 'reconcile') },
  ])('of a directory that seem to be manifests are warned of: $why', async ({ text }) => {
    const loaded = await loadFiles({ 'a.yaml': manifest(), 'b.yaml': text });
    expect(only(loaded).name).toBe('ci-push');
    expect(loaded.warnings).toMatchObject([{ source: { file: 'b.yaml', line: 1 } }]);
  });

  test.each([
    { why: 'a dash is missing', text: manifest().replace(/$/, '\n   kind: registry_token\n') },
    { why: 'a tab indents', text: 'apiVersion: reconcile/v1\ntokens:\n\t- kind: registry_token\n' },
  ])('whose lines stand wrongly are told to be looked at there: $why', async ({ text }) => {
    const { errors } = await loadFiles({ 'a.yaml': text });
    expect(errors[0]).toMatchObject({ code: 'MANIFEST_SYNTAX', hint: expect.stringMatching(/indented/) });
  });

  it('may be written as JSON, in a directory too', async () => {
    const token = { kind: 'registry_token', registry: 'team-a', name: 'ci-push', secret: 'discard' };
    const text = JSON.stringify({ apiVersion: 'reconcile/v1', tokens: [token] });
    expect(only(await loadFiles({ 'a.yaml': text })).name).toBe('ci-push');
  });

  it('may hold other documents beside manifests, and how many were skipped is logged', async () => {
    const lines: string[] = [];
    const loaded = await loadFiles({ 'a.yaml': `kind: Deployment\n---\n${manifest()}` }, ['.'], {
      debug: (message) => {
        lines.push(message);
      },
    });
    expect(only(loaded).name).toBe('ci-push');
    expect(lines).toEqual(['1 documents without apiVersion: reconcile/v1 skipped']);
  });

  test.each([
    {
      why: 'other YAML',
      text: 'kind: Deployment\n',
      message: 'expected apiVersion: reconcile/v1; found none',
    },
    {
      why: 'another version of ours',
      text: manifest().replace('/v1', '/v9'),
      message: 'expected apiVersion: reconcile/v1; found "reconcile/v9"',
    },
    { why: 'nothing at all', text: '# nothing\n', message: 'a.yaml holds no manifest' },
  ])('that are named have to be manifests: $why', async ({ text, message }) => {
    const { errors } = await loadFiles({ 'a.yaml': text }, ['a.yaml']);
    expect(errors).toMatchObject([
      { code: 'MANIFEST_INVALID', message, source: { file: 'a.yaml', line: 1 } },
    ]);
  });

  it('of a directory that say another version of ours are errors', async () => {
    const { errors } = await loadFiles({
      'a.yaml': manifest(),
      'b.yaml': named('other').replace('/v1', '/v2'),
    });
    expect(messages(errors)).toEqual(['expected apiVersion: reconcile/v1; found "reconcile/v2"']);
  });

  test.each([
    {
      why: 'an empty directory',
      files: { 'a.txt': '' },
      paths: [],
      message: 'no manifest found in this directory',
    },
    {
      why: 'a directory of other YAML',
      files: { 'k8s/a.yaml': 'kind: Deployment\n' },
      paths: ['k8s'],
      message: 'no manifest found in k8s',
    },
    {
      why: 'a path that is not there',
      files: {},
      paths: ['gone.yaml'],
      message: 'gone.yaml: there is no such file or directory',
    },
  ])('have to be found: $why', async ({ files, paths, message }) => {
    const { errors } = await loadFiles(files, paths);
    expect(errors).toMatchObject([{ code: 'USAGE', message }]);
  });

  it('come from standard input as -', async () => {
    const desired = only(await load(manifest()));
    expect(desired.source.file).toBe('<stdin>');
    expect(desired.connection.folder).toBe('/nowhere');
  });
});

describe('two entries for one token', () => {
  const absent = (name: string) =>
    named(name, 'state: absent', `registry_token: ${name}`).replace(`    name: ${name}\n`, '');
  test.each([
    {
      why: 'in one file',
      files: { 'a.yaml': `${manifest()}---\n${manifest()}` },
      places: ['a.yaml:3:5', 'a.yaml:9:5'],
    },
    {
      why: 'in two files',
      files: { 'a.yaml': manifest(), 'b.yaml': manifest() },
      places: ['a.yaml:3:5', 'b.yaml:3:5'],
    },
    {
      why: 'one wants it, one wants it gone',
      files: { 'a.yaml': manifest(), 'b.yaml': absent('ci-push') },
      places: ['a.yaml:3:5', 'b.yaml:3:5'],
    },
    {
      why: 'another address, the same token',
      files: { 'a.yaml': manifest(), 'b.yaml': named('new', 'state: update', 'registry_token: ci-push') },
      places: ['a.yaml:3:5', 'b.yaml:3:5'],
    },
  ])('are a conflict, reported for both: $why', async ({ files, places }) => {
    const { errors } = await loadFiles(files as Record<string, string>);
    expect(errors.map(({ code }) => code)).toEqual(['MANIFEST_CONFLICT', 'MANIFEST_CONFLICT']);
    expect(errors.map(place)).toEqual(places);
  });

  it('are a conflict, too, where both write one file, by whatever folder', async () => {
    const secret = (path: string) => `secret: [{ file: { path: ${path} } }]`;
    const folder = await folderWith({
      'a.yaml': named('one', secret('a/x.json')),
      'b.yaml': named('two', secret('b/x.json')),
      'c.yaml': named('three', 'secret: [{ docker: { config: c } }]'),
      'd.yaml': named('four', secret('c/config.json')),
      'e.yaml': named('five', 'secret: [{ docker: { config: d } }]'),
      'f.yaml': named('six', 'secret: [{ docker: { config: d } }]').replace('team-a', 'team-b'),
      'g.yaml': named('seven', secret('a/link.json')),
      'h.yaml': named('eight', secret('a/real.json')),
      'a/.keep': '',
      'a/real.json': '{}',
    });
    await symlink('a', join(folder, 'b'));
    await symlink('real.json', join(folder, 'a/link.json'));
    const { errors } = await loadManifests(['.'], { ...options, cwd: folder });
    const inConflict = ['a.yaml', 'b.yaml', 'c.yaml', 'd.yaml', 'g.yaml', 'h.yaml'];
    expect(errors.map(({ source }) => source?.file)).toEqual(inConflict);
  });

  it('are none where their registries differ', async () => {
    const { errors } = await loadFiles({
      'a.yaml': manifest(),
      'b.yaml': manifest().replace('team-a', 'team-b'),
    });
    expect(errors).toEqual([]);
  });
});

describe('references', () => {
  const env = { RECONCILE_VAR_TEAM: 'team-b', RECONCILE_VAR_EMPTY: '', HOME: '/home/me' };
  test.each([
    { why: 'a variable', registry: '${env:RECONCILE_VAR_TEAM}', scope: 'team-b' },
    { why: 'within a text', registry: 'x-${env:RECONCILE_VAR_TEAM}-y', scope: 'x-team-b-y' },
    { why: 'a default that is not needed', registry: '${env:RECONCILE_VAR_TEAM:-team-c}', scope: 'team-b' },
    { why: 'a default for a missing one', registry: '${env:RECONCILE_VAR_NONE:-team-c}', scope: 'team-c' },
    { why: 'a default for an empty one', registry: '${env:RECONCILE_VAR_EMPTY:-team-c}', scope: 'team-c' },
    { why: 'a literal ${', registry: 'a$${env:HOME}', scope: 'a${env:HOME}' },
    { why: 'a lone $', registry: 'a$b', scope: 'a$b' },
  ])('are resolved in any text: $why', async ({ registry, scope }) => {
    const text = manifest().replace('team-a', () => `'${registry}'`);
    expect(only(await load(text, { env })).scope).toBe(scope);
  });

  test.each([
    {
      why: 'another variable',
      registry: '${env:HOME}',
      code: 'MANIFEST_INVALID',
      message: 'only ${env:RECONCILE_VAR_…} is allowed in registry',
    },
    {
      why: 'another variable, with a default',
      registry: '${env:HOME:-x}',
      code: 'MANIFEST_INVALID',
      message: 'only ${env:RECONCILE_VAR_…} is allowed in registry',
    },
    {
      why: 'a file',
      registry: '${file:secret.txt}',
      code: 'MANIFEST_INVALID',
      message: 'only ${env:RECONCILE_VAR_…} is allowed in registry',
    },
    {
      why: 'a missing one',
      registry: '${env:RECONCILE_VAR_NONE}',
      code: 'REFERENCE_MISSING',
      message: 'the environment variable RECONCILE_VAR_NONE is not set',
    },
    {
      why: 'none that is known',
      registry: '${vault:x}',
      code: 'MANIFEST_INVALID',
      message: '${vault:x} is no reference',
    },
    {
      why: 'one without an end',
      registry: '${env:HOME',
      code: 'MANIFEST_INVALID',
      message: '${env:HOME is no reference',
    },
  ])(
    'are refused outside of the credentials, located, their values unseen: $why',
    async ({ registry, code, message }) => {
      const { errors } = await load(
        manifest().replace('team-a', () => `'${registry}'`),
        { env },
      );
      expect(errors).toMatchObject([
        { code, message, source: { line: 4, column: 15, path: 'tokens[0].registry' } },
      ]);
      expect(JSON.stringify(errors)).not.toContain('/home/me');
    },
  );

  test.each(['username', 'password', 'token', 'certificate_fingerprint'])(
    'are kept for later in %s',
    async (field) => {
      const loaded = await load(manifest(`${field}: '\${env:HOME}'`), { env });
      expect(only(loaded).connection).toMatchObject({
        [field]: '${env:HOME}',
        sources: { [field]: { line: 6, path: `tokens[0].${field}` } },
      });
      expect(loaded.warnings).toEqual([]);
    },
  );

  it('are not for a field that only has the name of a credential', async () => {
    const { errors } = await load(manifest("scopes: [{ type: '${env:HOME}', name: app, actions: [pull] }]"), {
      env,
    });
    expect(messages(errors)).toEqual(['only ${env:RECONCILE_VAR_…} is allowed in type']);
  });

  test.each([
    { why: 'out of the folder', path: '../secret.txt', refused: true },
    { why: 'to the root', path: '/etc/passwd', refused: true },
    { why: 'out and back in', path: '../manifests/secret.txt', refused: false },
    { why: 'inside', path: 'keys/secret.txt', refused: false },
    { why: 'out, to a folder that is allowed', path: '/run/secrets/ionos', refused: false },
    { why: 'a folder that only begins alike', path: '/run/secrets-of-others/ionos', refused: true },
  ])('to files may not lead out: $why', async ({ path, refused }) => {
    const { errors } = await load(manifest(`token: '\${file:${path}}'`), {
      cwd: '/manifests',
      allowFileReferences: ['/run/secrets'],
    });
    expect(messages(errors)).toEqual(
      refused ? [`the file reference ${path} leads out of the manifests' folder`] : [],
    );
  });
});

describe('credentials in the clear', () => {
  test.each(['password', 'token'])('are accepted with a warning: %s', async (field) => {
    const loaded = await load(manifest(`${field}: hunter2`));
    expect(only(loaded).connection).toMatchObject({ [field]: 'hunter2' });
    expect(loaded.warnings).toMatchObject([
      {
        message: `${field} stands here in the clear`,
        hint: expect.stringContaining('write a reference'),
        source: { line: 6 },
      },
    ]);
  });

  it('are not taken for such where they are references, or an ordinary user name', async () => {
    const { warnings } = await load(manifest("password: '${env:P}'", 'username: me'));
    expect(warnings).toEqual([]);
  });

  test.each([
    { why: 'a warning about it', lines: ['password: hunter2'] },
    { why: 'a wrong type', lines: ['password: [hunter2]'] },
    { why: 'an unknown key of nearly that name', lines: ['passwort: hunter2'] },
    { why: 'another mistake on the line', lines: ['<<: { password: hunter2, nme: x }'] },
    { why: 'a malformed reference', lines: ['token: "${hunter2}"'] },
    { why: 'broken YAML', lines: ['password: hunter2: x'] },
    { why: 'a duplicate key', lines: ['password: x', 'password: hunter2'] },
    { why: 'several lines', lines: ['password: "x', '  hunter2"', 'nme: x'] },
  ])('are shown in no excerpt and no message: $why', async ({ lines }) => {
    const { errors, warnings } = await load(manifest(...lines));
    expect([...errors, ...warnings]).not.toEqual([]);
    expect(JSON.stringify([...errors, ...warnings])).not.toContain('hunter2');
  });
});

describe('api_url', () => {
  const given = {
    env: { IONOS_API_URL: 'https://ionos.example.com/registries' },
    allowHosts: ['Proxy.example.com', 'proxy.example.com:8443'],
  };
  test.each([
    { why: "the service's own host", url: 'https://api.ionos.com' },
    { why: "the service's own host, another path", url: 'https://api.ionos.com/other' },
    { why: 'the host of IONOS_API_URL', url: 'https://ionos.example.com' },
    { why: 'a loopback address', url: 'http://127.0.0.1:8080' },
    { why: 'this machine', url: 'http://localhost:8080' },
    { why: 'named by --allow-host', url: 'https://proxy.example.com' },
    { why: 'named with its port', url: 'https://proxy.example.com:8443' },
  ])('is taken: $why', async ({ url }) => {
    expect(only(await load(manifest(`api_url: ${url}`), given)).connection.api_url).toBe(url);
  });

  test.each([
    {
      why: 'any other host',
      url: 'https://evil.example.com',
      message: 'the host evil.example.com is not allowed: credentials would be sent to it',
    },
    {
      why: 'a host that only begins like ours',
      url: 'https://api.ionos.com.evil.example',
      message: 'the host api.ionos.com.evil.example is not allowed: credentials would be sent to it',
    },
    {
      why: 'another port',
      url: 'https://api.ionos.com:8443',
      message: 'the host api.ionos.com:8443 is not allowed: credentials would be sent to it',
    },
    {
      why: 'credentials before the host',
      url: 'https://api.ionos.com@evil.example.com',
      message: "this address can't be used: it holds credentials",
    },
    { why: 'plain http', url: 'http://api.ionos.com', message: expect.stringContaining('only over https') },
  ])('is refused: $why', async ({ url, message }) => {
    const { errors } = await load(manifest(`api_url: ${url}`), given);
    expect(errors).toMatchObject([{ code: 'MANIFEST_INVALID', message, source: { line: 6, column: 14 } }]);
  });

  it('is refused in the defaults, too', async () => {
    const { errors } = await load(`apiVersion: reconcile/v1
defaults: { registry_token: { registry: team-a, api_url: https://evil.example.com } }
tokens: [{ kind: registry_token, name: ci-push }]
`);
    expect(errors).toMatchObject([{ source: { line: 2, path: 'defaults.registry_token.api_url' } }]);
  });
});

describe('registry tokens', () => {
  test.each([
    { why: 'a digit first', name: '1abc', level: 'error' },
    { why: 'a dash at the end', name: 'abc-', level: 'error' },
    { why: 'an underscore', name: 'a_b', level: 'error' },
    { why: 'a space', name: 'a b', level: 'error' },
    { why: 'one character', name: 'a', level: 'error' },
    { why: '64 characters', name: `a${'b'.repeat(63)}`, level: 'error' },
    { why: 'upper case', name: 'CiPush', level: 'warning' },
    { why: 'two characters', name: 'ab', level: 'warning' },
    { why: '63 characters', name: `a${'b'.repeat(62)}`, level: 'none' },
    { why: 'three characters', name: 'a-1', level: 'none' },
  ])('of a name with $why: $level', async ({ name, level }) => {
    const { errors, warnings } = await load(named(`"${name}"`));
    expect([errors.length, warnings.length]).toEqual(
      level === 'error' ? [1, 0] : level === 'warning' ? [0, 1] : [0, 0],
    );
  });

  it('are warned of unknown types and actions of scopes, which are sent as they are', async () => {
    const loaded = await load(manifest('scopes: [{ type: repo, name: app, actions: [pull, pul] }]'));
    expect(only(loaded).fields['scopes']).toEqual([{ type: 'repo', name: 'app', actions: ['pul', 'pull'] }]);
    expect(loaded.warnings.map(({ message, source }) => [message, source?.path])).toEqual([
      ['"repo" is no known type of scope; it is sent as it is', 'tokens[0].scopes[0].type'],
      ['"pul" is no known action; it is sent as it is', 'tokens[0].scopes[0].actions[1]'],
    ]);
  });

  test.each([
    {
      why: 'in the past',
      expiry: '2025-01-01T00:00:00Z',
      errors: [],
      warnings: ['expiry_date: 2025-01-01T00:00:00Z is in the past'],
    },
    {
      why: 'within the hour',
      expiry: '2026-01-01T00:30:00Z',
      errors: [],
      warnings: [expect.stringContaining('less than an hour ahead')],
    },
    { why: 'never', expiry: 'never', errors: [], warnings: [] },
    { why: 'ahead', expiry: '2027-06-30T00:00:00Z', errors: [], warnings: [] },
    {
      why: 'without a zone',
      expiry: '2027-06-30T00:00:00',
      errors: ['expected an instant or never; found "2027-06-30T00:00:00"'],
      warnings: [],
    },
    {
      why: 'without a time',
      expiry: '2027-06-30',
      errors: ['expected an instant or never; found "2027-06-30"'],
      warnings: [],
    },
    {
      why: 'on no day',
      expiry: '2027-02-30T00:00:00Z',
      errors: ['expected an instant or never; found "2027-02-30T00:00:00Z"'],
      warnings: [],
    },
  ])('with an expiry $why', async ({ expiry, errors, warnings }) => {
    const loaded = await load(manifest(`expiry_date: ${expiry}`));
    expect(messages(loaded.errors)).toEqual(errors);
    expect(messages(loaded.warnings)).toEqual(warnings);
  });
});

it('a directory that looks like a manifest is walked', async () => {
  const folder = await folderWith({});
  await mkdir(join(folder, 'x.yaml'));
  await writeFile(join(folder, 'x.yaml/a.yaml'), manifest());
  expect(addresses(await loadManifests([], { ...options, cwd: folder }))).toEqual([
    'registry_token:team-a/ci-push',
  ]);
});
