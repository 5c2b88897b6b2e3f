import { execFileSync } from 'node:child_process';
import { mkdir, symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, test } from 'vitest';
import { Secret } from '../../../src/core/model/secret.ts';
import type { SecretPayload } from '../../../src/custody/sinks/delivery.ts';
import { deliverTo, readDelivery, readSinkContent } from '../../../src/custody/sinks/index.ts';
import { folderWith } from '../../support/folder.ts';
import { contextWith, delivery, fileSink } from './fixtures.ts';

const layouts = [
  { format: 'json' },
  { format: 'env' },
  { format: 'env', prefix: 'CI_' },
  { format: 'kubernetes' },
] as const;

describe('a delivered secret', () => {
  test.each(layouts)('is known by its ID: $format $prefix', async (layout) => {
    const folder = await folderWith({});
    const sink = fileSink(folder, 'token', layout);
    expect(await readSinkContent(sink)).toBe('absent');
    await deliverTo(sink, delivery, contextWith(folder));
    expect(await readSinkContent(sink)).toMatchObject({ id: 'id-1' });
  });

  test.each(layouts)('can be read again, with what is known now: $format $prefix', async (layout) => {
    const folder = await folderWith({});
    const sink = fileSink(folder, 'token', layout);
    const given = { ...delivery, registry: 'docker.io', secret: new Secret('it\'s "hunter"\n2 ü') };
    await deliverTo(sink, given, contextWith(folder));
    const { kind, createdAt } = delivery;
    const known = { kind, address: 'now', name: 'now', registry: 'now', expiresAt: null, createdAt };
    const read = (await readDelivery(sink, known)) as SecretPayload;
    expect({ ...read, secret: read.secret.reveal() }).toEqual({
      ...known,
      id: 'id-1',
      username: 'ci-push',
      secret: given.secret.reveal(),
    });
  });

  test('is read with the user name that the service shows now, if it shows one', async () => {
    const folder = await folderWith({});
    const sink = fileSink(folder, 'token');
    await deliverTo(sink, delivery, contextWith(folder));
    const { username, ...known } = delivery;
    expect(await readDelivery(sink, known)).toMatchObject({ username });
    const shown = { ...known, username: 'robot$ci-push' };
    expect(await readDelivery(sink, shown)).toMatchObject({ username: 'robot$ci-push' });
  });

  test.each([
    { why: 'the format tells no ID', layout: { format: 'raw' } },
    { why: 'the format tells no ID, either', layout: { format: 'dockerconfigjson' } },
    {
      why: 'it takes a key',
      layout: { age: ['age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p'] },
    },
  ] as const)('is unknown if $why', async ({ layout }) => {
    const folder = await folderWith({});
    const sink = fileSink(folder, 'token', layout);
    await deliverTo(sink, delivery, contextWith(folder));
    expect(await readSinkContent(sink)).toBe('foreign');
    expect(await readDelivery(sink, delivery)).toBeUndefined();
  });
});

describe('a file names no token', () => {
  const base64 = (text: string): string => Buffer.from(text).toString('base64');
  test.each([
    { format: 'json', text: '' },
    { format: 'json', text: 'hunter2' },
    { format: 'json', text: 'null' },
    { format: 'json', text: '["id-1"]' },
    { format: 'json', text: '{"id":1}' },
    { format: 'json', text: '{"id":""}' },
    { format: 'json', text: '{"password":"hunter2"}' },
    { format: 'env', text: '' },
    { format: 'env', text: "CI_TOKEN_ID='id-1'\n" },
    { format: 'env', text: 'TOKEN_ID=id-1\n' },
    { format: 'env', text: "#TOKEN_ID='id-1'\n" },
    { format: 'env', text: "TOKEN_ID='id-1\n" },
    { format: 'kubernetes', text: '' },
    { format: 'kubernetes', text: '{' },
    { format: 'kubernetes', text: '- a' },
    { format: 'kubernetes', text: 'metadata: { annotations: { other: id-1 } }' },
    { format: 'kubernetes', text: '&a [*a]' },
    { format: 'kubernetes', text: '{ a: &a [1], metadata: *a }' },
    { format: 'kubernetes', text: `data: { .dockerconfigjson: ${base64('no json')} }` },
  ] as const)('as $format: $text', async ({ format, text }) => {
    const sink = fileSink(await folderWith({ token: text }), 'token', { format });
    expect(await readSinkContent(sink)).toBe('foreign');
    expect(await readDelivery(sink, delivery)).toBeUndefined();
  });

  it('that is encrypted, even if it looks as if it did', async () => {
    const sink = fileSink(await folderWith({ token: '{"id":"id-1"}' }), 'token', { age: ['age1'] });
    expect(await readSinkContent(sink)).toBe('foreign');
  });

  const strange: readonly { why: string; make: (path: string, outside: string) => unknown }[] = [
    { why: 'a folder', make: (path) => mkdir(path) },
    { why: 'a pipe without a writer', make: (path) => execFileSync('mkfifo', [path]) },
    { why: 'a link to a device', make: (path) => symlink('/dev/zero', path) },
    { why: 'a link to itself', make: (path) => symlink(path, path) },
    { why: 'a link to a file outside', make: (path, outside) => symlink(join(outside, 'token'), path) },
    {
      why: 'larger than a secret can be',
      make: async (path) => {
        await writeFile(path, '{"id":"id-1"}');
        await truncate(path, 2 ** 30);
      },
    },
  ];
  test.each(strange)('that is $why', async ({ make }) => {
    const outside = await folderWith({ token: '{"id":"id-1"}' });
    const folder = await folderWith({});
    await make(join(folder, 'token'), outside);
    expect(await readSinkContent(fileSink(folder, 'token'))).toBe('foreign');
  });
});

describe('a file that is not there', () => {
  test.each(['token', 'gone/token', 'file/token'])('is absent: %s', async (path) => {
    expect(await readSinkContent(fileSink(await folderWith({ file: '' }), path))).toBe('absent');
  });
});

test.each([
  {
    why: 'the address of the registry',
    text: "TOKEN_ID='id-1'\nUSERNAME='a'\nPASSWORD='b'\n",
    format: 'env',
  },
  { why: 'the password', text: '{"id":"id-1","registry":"a","username":"a","password":""}', format: 'json' },
  { why: 'the login', text: 'metadata: { annotations: { reconcile.token/id: id-1 } }', format: 'kubernetes' },
] as const)('a file that names a token, but not $why, fills no other sink', async ({ text, format }) => {
  const sink = fileSink(await folderWith({ token: text }), 'token', { format });
  expect(await readSinkContent(sink)).toMatchObject({ id: 'id-1' });
  expect(await readDelivery(sink, delivery)).toBeUndefined();
});
