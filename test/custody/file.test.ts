import { chmod, mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, test } from 'vitest';
import { ReconcileError } from '../../src/core/errors.ts';
import type { Observed } from '../../src/core/model.ts';
import type { Secret } from '../../src/core/secret.ts';
import { createCustodian, readSinks } from '../../src/custody/custodian.ts';
import type { Delivery } from '../../src/custody/delivery.ts';
import { checkFile, heldToken, writeFileSink } from '../../src/custody/sinks/file.ts';
import { folderWith } from '../support/folder.ts';
import { delivery, fileSink } from './delivery.ts';

async function modeOf(path: string): Promise<string> {
  return ((await stat(path)).mode & 0o777).toString(8);
}

/** A delivery for which the disk is full half-way. */
const halfway: Delivery = {
  ...delivery,
  get secret(): Secret {
    throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
  },
};

describe('the content of a file', () => {
  it('as json is an object that says which token it belongs to', async () => {
    const folder = await folderWith({});
    await writeFileSink(fileSink(folder, 'token.json'), delivery);
    const text = await readFile(join(folder, 'token.json'), 'utf8');
    expect(text.endsWith('}\n')).toBe(true);
    expect(JSON.parse(text)).toEqual({
      kind: 'registry_token',
      address: 'registry_token:team-a/ci-push',
      id: 'id-1',
      name: 'ci-push',
      registry: 'team-a.cr.example.com',
      username: 'ci-push',
      password: 'hunter2',
      expires_at: '2027-06-30T00:00:00Z',
      created_at: '2026-01-01T00:00:00Z',
    });
  });

  it('as raw is the password and nothing else, no newline', async () => {
    const folder = await folderWith({});
    await writeFileSink(fileSink(folder, 'token', { format: 'raw' }), delivery);
    expect(await readFile(join(folder, 'token'), 'utf8')).toBe('hunter2');
  });
});

describe('the mode of a file', () => {
  test.each([
    { why: 'nobody else may read it', mode: 0o600, umask: 0o022, result: '600' },
    { why: 'whatever the umask leaves open', mode: 0o600, umask: 0o000, result: '600' },
    { why: 'whatever the umask takes away', mode: 0o640, umask: 0o077, result: '640' },
    { why: 'all of it, if that is meant', mode: 0o644, umask: 0o777, result: '644' },
  ])('is its own: $why', async ({ mode, umask, result }) => {
    const folder = await folderWith({});
    const before = process.umask(umask);
    onTestFinished(() => {
      process.umask(before);
    });
    await writeFileSink(fileSink(folder, 'token.json', { mode }), delivery);
    expect(await modeOf(join(folder, 'token.json'))).toBe(result);
  });

  it('is its own over an old file that others may read', async () => {
    const folder = await folderWith({ 'token.json': 'old' });
    await chmod(join(folder, 'token.json'), 0o644);
    await writeFileSink(fileSink(folder, 'token.json'), delivery);
    expect(await modeOf(join(folder, 'token.json'))).toBe('600');
  });
});

describe('writing', () => {
  it('replaces the old content, and leaves nothing beside it', async () => {
    const folder = await folderWith({ 'token.json': 'old' });
    await writeFileSink(fileSink(folder, 'token.json', { format: 'raw' }), delivery);
    expect(await readFile(join(folder, 'token.json'), 'utf8')).toBe('hunter2');
    expect(await readdir(folder)).toEqual(['token.json']);
  });

  it('keeps the old file when it fails, and leaves nothing beside it', async () => {
    const folder = await folderWith({ 'token.json': 'old' });
    await expect(writeFileSink(fileSink(folder, 'token.json'), halfway)).rejects.toMatchObject({
      code: 'SINK_FAILED',
      message: "the secret can't be written to token.json: the disk is full",
    });
    expect(await readFile(join(folder, 'token.json'), 'utf8')).toBe('old');
    expect(await readdir(folder)).toEqual(['token.json']);
  });

  it('follows a link inside of the folder, and keeps it', async () => {
    const folder = await folderWith({ 'real/token.json': 'old' });
    await symlink('real/token.json', join(folder, 'token.json'));
    await writeFileSink(fileSink(folder, 'token.json', { format: 'raw' }), delivery);
    expect(await readFile(join(folder, 'real/token.json'), 'utf8')).toBe('hunter2');
  });
});

describe('a file is refused, by the check and by the write', () => {
  const rows: readonly {
    why: string;
    path: string;
    prepare?: (folder: string, outside: string) => Promise<unknown>;
    message: string;
    hint?: string;
  }[] = [
    {
      why: 'its folder is missing',
      path: 'gone/token.json',
      message: 'its folder is missing',
      hint: 'mkdir -p gone',
    },
    { why: 'its folder is a file', path: 'file/token.json', message: 'its folder is no folder' },
    {
      why: 'a directory is in its place',
      path: 'token.json',
      prepare: (folder) => mkdir(join(folder, 'token.json')),
      message: 'is no file',
    },
    { why: 'its path leads out', path: '../token.json', message: 'out of the manifests' },
    {
      why: 'its folder is a link that leads out',
      path: 'secrets/token.json',
      prepare: (folder, outside) => symlink(outside, join(folder, 'secrets')),
      message: 'out of the manifests',
    },
    {
      why: 'it is a link to a file outside',
      path: 'token.json',
      prepare: async (folder, outside) => {
        await writeFile(join(outside, 'victim'), 'old');
        await symlink(join(outside, 'victim'), join(folder, 'token.json'));
      },
      message: 'out of the manifests',
    },
    {
      why: 'a link leads into .git',
      path: 'secrets/token.json',
      prepare: async (folder) => {
        await mkdir(join(folder, '.git/hooks'), { recursive: true });
        await symlink('.git/hooks', join(folder, 'secrets'));
      },
      message: '.git or .github',
    },
  ];
  test.each(rows)('$why', async ({ path, prepare, message, hint }) => {
    const outside = await folderWith({});
    const folder = await folderWith({ file: '' });
    await prepare?.(folder, outside);
    const sink = fileSink(folder, path);
    const before = [await readdir(folder, { recursive: true }), await readdir(outside)];

    const problem = await checkFile(sink);
    expect(problem).toMatchObject({ code: 'SINK_FAILED', message: expect.stringContaining(message) });
    if (hint !== undefined) expect(problem?.hint).toContain(hint);
    await expect(writeFileSink(sink, delivery)).rejects.toThrow(ReconcileError);
    expect([await readdir(folder, { recursive: true }), await readdir(outside)]).toEqual(before);
  });
});

describe('the check', () => {
  test.each([
    { why: 'a new file', files: {} },
    { why: 'a file that is there', files: { 'token.json': 'old' } },
  ])('passes and writes nothing: $why', async ({ files }) => {
    const folder = await folderWith(files as Record<string, string>);
    expect(await checkFile(fileSink(folder, 'token.json'))).toBeUndefined();
    expect(await readdir(folder)).toEqual(Object.keys(files));
  });

  it('passes where the folder is reached by a link', async () => {
    const real = await folderWith({});
    const linked = join(await folderWith({}), 'linked');
    await symlink(real, linked);
    expect(await checkFile(fileSink(linked, 'token.json'))).toBeUndefined();
  });
});

describe('the token that a file holds', () => {
  test.each([
    { why: 'json that we wrote', text: '{"id":"id-1","password":"hunter2"}', format: 'json', id: 'id-1' },
    { why: 'json without an ID', text: '{"password":"hunter2"}', format: 'json', id: undefined },
    { why: 'json of another shape', text: '["id-1"]', format: 'json', id: undefined },
    { why: 'an ID that is no text', text: '{"id":1}', format: 'json', id: undefined },
    { why: 'no json', text: 'hunter2', format: 'json', id: undefined },
    { why: 'a raw file, which can not tell', text: '{"id":"id-1"}', format: 'raw', id: undefined },
  ] as const)('$why: $id', async ({ text, format, id }) => {
    const folder = await folderWith({ token: text });
    expect(await heldToken(fileSink(folder, 'token', { format }))).toBe(id);
  });

  it('is none where there is no file', async () => {
    expect(await heldToken(fileSink(await folderWith({}), 'token.json'))).toBeUndefined();
  });
});

describe('a custodian', () => {
  const live: Observed = { id: 'id-1', name: 'ci-push', fields: {}, object: {} };

  it('announces a secret before it goes anywhere, and names the sinks that have it', async () => {
    const folder = await folderWith({});
    const announced: string[] = [];
    const custodian = createCustodian(({ address }) => {
      announced.push(address);
    }, new Map());
    const sinks = [fileSink(folder, 'a.json'), fileSink(folder, 'b', { format: 'raw' })];
    expect(await custodian.deliver(sinks, delivery)).toEqual(['file:a.json', 'file:b']);
    expect(announced).toEqual(['registry_token:team-a/ci-push']);
    expect((await readdir(folder)).sort()).toEqual(['a.json', 'b']);
  });

  it('delivers to the other sinks where one fails, and fails', async () => {
    const folder = await folderWith({});
    const custodian = createCustodian(() => undefined, new Map());
    const sinks = [fileSink(folder, 'gone/a.json'), fileSink(folder, 'b.json')];
    await expect(custodian.deliver(sinks, delivery)).rejects.toMatchObject({ code: 'SINK_FAILED' });
    expect(await readdir(folder)).toEqual(['b.json']);
  });

  test.each([
    { why: 'a file holds it, by its ID', text: '{"id":"id-1"}', custody: 'held' },
    { why: 'the file holds another one', text: '{"id":"id-2"}', custody: 'unknown' },
    { why: 'the file holds nothing that can tell', text: 'hunter2', custody: 'unknown' },
  ])('knows the custody of a live token: $why', async ({ text, custody }) => {
    const folder = await folderWith({ 'token.json': text });
    const sinks = [fileSink(folder, 'token.json')];
    const custodian = createCustodian(() => undefined, await readSinks(sinks));
    expect(custodian.custody(sinks, live)).toBe(custody);
  });
});
