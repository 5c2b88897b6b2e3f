import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, test } from 'vitest';
import { type Manifests, readManifests } from '../../src/manifest/load.ts';
import { folderWith } from '../support/folder.ts';
import { load, loadFiles, manifest, messages, only, options } from './fixtures.ts';

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

  it('has the address of the existing token if no name is given', async () => {
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
  ])('has a warning about $line, which has no effect with state: $state', async ({ state, line }) => {
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
      { line: 14, column: 11, path: 'tokens[1].name', message: 'invalid name: "-bad-"' },
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
    { why: 'a key without a value', line: 'expiry_date:', hint: 'remove the key, or give it a value' },
  ])('come with a hint: $why', async ({ line, hint }) => {
    const { errors } = await load(manifest(line));
    expect(errors.map((error) => error.hint)).toContain(hint);
  });

  it('list the known keys if none is near', async () => {
    const { errors } = await load(manifest('colour: red'));
    expect(errors[0]?.hint).toMatch(/^known keys: .*expiry_date/);
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

  it('are located in the defaults if the value is there', async () => {
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
      { message: 'inside { } and [ ] a reference must be quoted', source: { line: 3, column: 70 } },
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
      { code: 'MANIFEST_SYNTAX', message: expect.stringContaining('expand to too many values') },
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

  it('of invalid UTF-8 are errors', async () => {
    const { errors } = await load('', { stdin: async () => Buffer.from([0x61, 0xff]) });
    expect(errors).toMatchObject([
      { code: 'MANIFEST_SYNTAX', message: 'not UTF-8', source: { file: '<stdin>', line: 1, column: 2 } },
    ]);
  });
});

it('a directory that looks like a manifest is walked', async () => {
  const folder = await folderWith({});
  await mkdir(join(folder, 'x.yaml'));
  await writeFile(join(folder, 'x.yaml/a.yaml'), manifest());
  expect(addresses(await readManifests([], { ...options, cwd: folder }))).toEqual([
    'registry_token:team-a/ci-push',
  ]);
});
