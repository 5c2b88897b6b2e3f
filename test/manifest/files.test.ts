import { mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, test } from 'vitest';
import { readManifests } from '../../src/manifest/load.ts';
import { folderWith } from '../support/folder.ts';
import { load, loadFiles, manifest, messages, named, only, options } from './fixtures.ts';

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
    expect(only(await readManifests(['a'], { ...options, cwd: folder })).name).toBe('one');
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
    expect(only(await readManifests(['a'], { ...options, cwd: folder })).name).toBe('one');
  });

  it('that are none of ours are not shown, as a name can lead to any file by a link', async () => {
    const folder = await folderWith({ 'login.json': '{"auth": "hunter2",\n  "b": [}\n' });
    await symlink('login.json', join(folder, 'tokens.yaml'));
    const { errors } = await readManifests(['tokens.yaml'], { ...options, cwd: folder });
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
  ])('with wrong indentation are located: $why', async ({ text }) => {
    const { errors } = await loadFiles({ 'a.yaml': text });
    expect(errors[0]).toMatchObject({ code: 'MANIFEST_SYNTAX', hint: expect.stringMatching(/indentation/) });
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
    { why: 'nothing at all', text: '# nothing\n', message: 'a.yaml contains no manifest' },
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
      paths: ['../gone.yaml'],
      message: '../gone.yaml: no such file or directory',
      hint: 'check the path, or run reconcile in the folder of the manifests',
    },
  ])('have to be found: $why', async ({ why: _, files, paths, ...problem }) => {
    const { errors } = await loadFiles(files, paths);
    expect(errors).toMatchObject([{ code: 'USAGE', ...problem }]);
  });

  it('come from standard input as -', async () => {
    const desired = only(await load(manifest()));
    expect(desired.source.file).toBe('<stdin>');
    expect(desired.connection.folder).toBe('/nowhere');
  });
});
