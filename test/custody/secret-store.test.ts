import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { FileSink } from '../../src/core/model/sinks/file.ts';
import { createSecretStore } from '../../src/custody/secret-store.ts';
import { folderWith } from '../support/folder.ts';
import { folderState } from '../support/folder-state.ts';
import { contextWith, delivery, fileSink } from './sinks/fixtures.ts';

test('a sink that meets a bug fails alone: the others get the secret, and the stack goes to the log only', async () => {
  const folder = await folderWith({});
  const bugs: unknown[] = [];
  const context = { ...contextWith(folder), bug: (error: unknown) => bugs.push(error) };
  const custodian = createSecretStore(
    await folderState(join(folder, 'state'), true),
    context,
    () => undefined,
    new Map(),
  );
  const sinks = [{ ...fileSink(folder, 'a.json'), layout: undefined } as unknown as FileSink];
  const attempt = {
    nonce: 'nonce-1',
    replaceOrder: null,
    key: 'a'.repeat(32),
    kind: delivery.kind,
    address: delivery.address,
    scope: { id: 'registry-1', name: 'team-a' },
    name: delivery.name,
    id: null,
    fields: {},
    sinks,
    knownIds: [],
    listedAt: 1,
    deadline: 2,
    replaces: null,
  };
  const entry = await custodian.save(attempt, {
    ...delivery,
    createdBy: null,
    created: null,
    respondedAt: 1,
  });
  const handover = await custodian.deliver(entry, [...sinks, fileSink(folder, 'b.json')], delivery.address);
  expect(handover).toMatchObject({ delivered: ['file:b.json'], failures: [{ code: 'INTERNAL' }] });
  expect(handover.failures[0]?.message).not.toContain('undefined');
  expect(bugs).toEqual([expect.any(TypeError)]);
  expect(await readFile(join(folder, 'b.json'), 'utf8')).toContain('hunter2');
});
