import { describe, expect, test } from 'vitest';
import type { CreateAttempt, LedgerEntry } from '../../../src/core/model/custody-record.ts';
import { now, pullApp, token } from '../fixtures.ts';
import { plan } from './recorded.ts';

const address = 'registry_token:team-a/ci';
const live = token('id-1', 'ci', { scopes: [pullApp] });

/** The first half of a replace that deletes first: it is on record, and the old token may be deleted. */
const begun: CreateAttempt = {
  nonce: 'nonce-1',
  replaceOrder: 'delete_first',
  key: '0'.repeat(32),
  kind: 'registry_token',
  address,
  scope: { id: 'registry-1', name: 'team-a' },
  name: 'ci',
  id: null,
  fields: { name: 'ci', scopes: [pullApp] },
  sinks: [],
  knownIds: ['id-1'],
  listedAt: now - 60,
  deadline: now + 60,
  replaces: { id: 'id-1', name: 'ci', created: now - 86_400 },
};

const held: LedgerEntry = {
  address,
  kind: 'registry_token',
  name: 'ci',
  id: 'id-1',
  created: now - 86_400,
  createdBy: null,
  delivered: { 'file:secrets/token.json': '2025-01-01T00:00:00Z' },
  superseded: [],
  unresolved: [],
};

describe('a live token that an earlier run began to replace', () => {
  test.each([
    { why: 'an open attempt', record: { entry: held, openAttempts: [begun] } },
    {
      why: 'an unresolved attempt, as a takeover leaves it',
      record: { entry: { ...held, unresolved: [{ ...begun, resolvedAt: null }] } },
    },
    {
      why: 'an attempt that has the ID in capitals',
      record: {
        entry: held,
        openAttempts: [{ ...begun, replaces: { id: 'ID-1', name: 'ci', created: now - 86_400 } }],
      },
    },
    {
      why: 'an attempt long ago, in a state that others can take over',
      record: {
        entry: held,
        openAttempts: [{ ...begun, listedAt: now - 7200, sendBy: now - 7100, deadline: now - 7000 }],
      },
    },
  ])('is replaced, though its fields are as declared: $why', ({ record }) => {
    expect(plan([live], record)).toMatchObject({
      action: 'replace',
      id: 'id-1',
      replaceOrder: 'delete_first',
      reason: 'an earlier run began to replace it, and may have deleted it',
      error: null,
    });
  });

  test.each([
    {
      why: 'the attempt is settled',
      record: { entry: { ...held, unresolved: [{ ...begun, resolvedAt: now - 1 }] } },
    },
    {
      why: 'the attempt creates first',
      record: { entry: held, openAttempts: [{ ...begun, replaceOrder: 'create_first' as const }] },
    },
    {
      why: 'the attempt is for another entry',
      record: { entry: held, openAttempts: [{ ...begun, address: 'registry_token:team-b/ci' }] },
    },
    {
      why: 'the attempt replaces another token',
      record: {
        entry: held,
        openAttempts: [{ ...begun, replaces: { id: 'id-9', name: 'ci', created: now - 86_400 } }],
      },
    },
    {
      why: 'its request can no longer take effect',
      record: { entry: held, openAttempts: [{ ...begun, listedAt: now - 7200, deadline: now - 7000 }] },
    },
    {
      why: 'the attempt replaces none',
      record: { entry: held, openAttempts: [{ ...begun, replaces: null }] },
    },
  ])('is not replaced for that reason if $why', ({ record }) => {
    expect(plan([live], record).reason).not.toContain('began to replace');
  });
});
