import { link, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, test } from 'vitest';
import type { Problem } from '../../src/core/model/errors.ts';
import { readManifests } from '../../src/manifest/load.ts';
import { tokenKinds } from '../../src/providers/registry.ts';
import { folderWith } from '../support/folder.ts';
import { loadFiles, manifest, messages, named, options } from './fixtures.ts';

interface Row {
  readonly why: string;
  /** Two tokens: what each is, and where its secret goes. `HOME` is the folder of the manifest. */
  readonly tokens: readonly (readonly [identity: string, sink: string])[];
  readonly env?: Readonly<Record<string, string>>;
  readonly prepare?: (folder: string) => Promise<unknown>;
  /** What both have. */
  readonly words?: string;
}

const one = 'kind: registry_token, registry: team-a, name: ci-one';
const two = 'kind: registry_token, registry: team-a, name: ci-two';
const elsewhere = 'kind: registry_token, registry: team-b, name: ci-two';
const personal = (label: string): string =>
  `kind: docker_hub_personal_token, token_label: "${label}", scopes: [repo:read]`;
const organization =
  'kind: docker_hub_org_token, org: acme, label: ci, resources: [{ type: TYPE_REPO, path: acme/app, scopes: [scope-image-pull] }]';
const rotating = 'rotate: { every: 30d, lifetime: 60d }';

/** What is wrong with a manifest of these tokens. */
async function problemsOf({ tokens, env = {}, prepare }: Row): Promise<readonly string[]> {
  const folder = await folderWith({ 'a/.keep': '' });
  const inFolder = (text: string): string => text.replaceAll('HOME', folder);
  const lines = tokens.map(([identity, sink]) => `  - { ${identity}, secret: [${inFolder(sink)}] }\n`);
  await writeFile(join(folder, 'tokens.yaml'), `apiVersion: reconcile/v1\ntokens:\n${lines.join('')}`);
  await prepare?.(folder);
  const variables = Object.entries(env).map(([name, value]) => [name, inFolder(value)]);
  const { errors } = await readManifests(['.'], {
    ...options,
    declarations: tokenKinds,
    cwd: folder,
    env: { HOME: folder, ...Object.fromEntries(variables) },
  });
  return messages(errors).map((text) => text.replaceAll(folder, 'HOME'));
}

const file = (path: string): string => `{ file: { path: ${path} } }`;
const docker = (config?: string): string =>
  `{ docker: { ${config === undefined ? '' : `config: ${config}`} } }`;
const kubernetes = (path: string, more = ''): string =>
  `{ file: { path: ${path}, format: kubernetes${more} } }`;

// What comes second would take the place of a secret that is nowhere else.
describe('two tokens may not have one place for their secrets', () => {
  test.each<Row>([
    {
      why: 'a file and a link to it',
      tokens: [
        [one, file('a/real.json')],
        [two, file('a/link.json')],
      ],
      prepare: async (folder) => {
        await writeFile(join(folder, 'a/real.json'), '');
        await symlink('real.json', join(folder, 'a/link.json'));
      },
      words: 'the file',
    },
    {
      why: 'two hard links to one file',
      tokens: [
        [one, file('a/one.json')],
        [two, file('two.json')],
      ],
      prepare: async (folder) => {
        await writeFile(join(folder, 'a/one.json'), '');
        await link(join(folder, 'a/one.json'), join(folder, 'two.json'));
      },
      words: 'the file',
    },
    {
      why: 'a file that is yet to be made, in a folder that is reached by a link',
      tokens: [
        [one, file('a/x.json')],
        [two, file('b/x.json')],
      ],
      prepare: (folder) => symlink('a', join(folder, 'b')),
      words: 'the file',
    },
    {
      why: 'a configuration that is yet to be made, in a folder below a link',
      tokens: [
        [one, docker('a/new')],
        [two, docker('b/new')],
      ],
      prepare: (folder) => symlink('a', join(folder, 'b')),
      words: 'the docker login for',
    },
    {
      why: 'one docker login',
      tokens: [
        [one, docker()],
        [two, docker()],
      ],
      words: 'the docker login for',
    },
    {
      why: 'one docker login, by the default and by its path',
      tokens: [
        [one, docker()],
        [two, docker('HOME/.docker')],
      ],
      words: 'the docker login for',
    },
    {
      why: 'one docker login, by DOCKER_CONFIG and by its path',
      tokens: [
        [one, docker()],
        [two, docker('a')],
      ],
      env: { DOCKER_CONFIG: 'HOME/a' },
      words: 'the docker login for',
    },
    {
      why: 'the login of Docker Hub, for two personal tokens',
      tokens: [
        [personal('ci one'), docker()],
        [personal('ci two'), docker()],
      ],
      words: 'the docker login for',
    },
    {
      why: 'the login of Docker Hub, for a personal token and one of an organization',
      tokens: [
        [personal('ci one'), docker()],
        [organization, docker()],
      ],
      words: 'the docker login for',
    },
    {
      why: 'one docker login, for two families',
      tokens: [
        [`${one}, ${rotating}`, docker()],
        [`${two}, ${rotating}`, docker()],
      ],
      words: 'the docker login for',
    },
    {
      why: 'one Secret by its name, in two files of a folder',
      tokens: [
        [one, kubernetes('a/x.yaml', ', name: pull')],
        [two, kubernetes('a/y.yaml', ', name: pull')],
      ],
      words: 'the Kubernetes Secret pull',
    },
    {
      why: 'one Secret by its name and namespace',
      tokens: [
        [one, kubernetes('a/x.yaml', ', name: pull, namespace: ci')],
        [elsewhere, kubernetes('a/y.yaml', ', name: pull, namespace: ci')],
      ],
      words: 'the Kubernetes Secret ci/pull',
    },
    {
      why: 'one Secret by the names that are made of labels',
      tokens: [
        [personal('CI Push (eu)'), kubernetes('a/x.yaml')],
        [personal('ci push eu'), kubernetes('a/y.yaml')],
      ],
      words: 'the Kubernetes Secret ci-push-eu',
    },
    {
      why: 'one Secret, by a name and by a label',
      tokens: [
        [personal('CI Push (eu)'), kubernetes('a/x.yaml')],
        [one, kubernetes('a/y.yaml', ', name: ci-push-eu')],
      ],
      words: 'the Kubernetes Secret ci-push-eu',
    },
    {
      why: 'one Secret that one program is given',
      tokens: [
        [one, '{ command: { run: [kubectl, apply, -f, "-"], format: kubernetes, name: pull } }'],
        [two, '{ command: { run: [kubectl, apply, -f, "-"], format: kubernetes, name: pull } }'],
      ],
      words: 'the Kubernetes Secret pull',
    },
  ])('$why', async (row) => {
    const problems = await problemsOf(row);
    expect(problems).toHaveLength(2);
    for (const problem of problems) {
      expect(problem).toContain(row.words);
      expect(problem).toContain('is also declared at tokens.yaml:');
    }
  });
});

describe('two tokens may have', () => {
  test.each<Row>([
    {
      why: 'one configuration, for two hosts',
      tokens: [
        [one, docker()],
        [elsewhere, docker()],
      ],
    },
    {
      why: 'one host, in two configurations',
      tokens: [
        [one, docker()],
        [two, docker('a')],
      ],
    },
    {
      why: 'one Secret, in the folders of two clusters',
      tokens: [
        [one, kubernetes('a/x.yaml', ', name: pull')],
        [two, kubernetes('x.yaml', ', name: pull')],
      ],
    },
    {
      why: 'one name of a Secret, in two namespaces',
      tokens: [
        [one, kubernetes('a/x.yaml', ', name: pull, namespace: ci')],
        [two, kubernetes('a/y.yaml', ', name: pull, namespace: dev')],
      ],
    },
    {
      why: 'one program',
      tokens: [
        [one, '{ command: { run: [./keep], format: json } }'],
        [two, '{ command: { run: [./keep], format: json } }'],
      ],
    },
    {
      why: 'files of like names, where case tells them apart',
      tokens: [
        [one, file('a/x.json')],
        [two, file('a/X.json')],
      ],
    },
    {
      why: 'one file, where one of them is to be gone',
      tokens: [
        [one, file('a/x.json')],
        ['kind: registry_token, registry: team-a, state: absent, registry_token: old', file('a/x.json')],
      ],
    },
  ])('$why', async (row) => {
    expect(await problemsOf(row)).toEqual([]);
  });
});

function place({ source }: Problem): string {
  return `${source?.file}:${source?.line}:${source?.column}`;
}

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

  it('are also a conflict if both write one file, whatever its folder', async () => {
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
    const { errors } = await readManifests(['.'], { ...options, cwd: folder });
    const inConflict = ['a.yaml', 'b.yaml', 'c.yaml', 'd.yaml', 'g.yaml', 'h.yaml'];
    expect(errors.map(({ source }) => source?.file)).toEqual(inConflict);
  });

  it('are not a conflict if their registries differ', async () => {
    const { errors } = await loadFiles({
      'a.yaml': manifest(),
      'b.yaml': manifest().replace('team-a', 'team-b'),
    });
    expect(errors).toEqual([]);
  });
});
