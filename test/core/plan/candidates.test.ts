import { describe, expect, it, test } from 'vitest';
import type { CreateAttempt } from '../../../src/core/model/custody-record.ts';
import { indexTokens } from '../../../src/core/model/token-index.ts';
import { findSuccessor } from '../../../src/core/plan/candidates.ts';
import { orgEntry, orgToken, personalEntry, personalToken } from '../docker-hub-fixtures.ts';
import { attempt, decide, entry, held, inputFor, now, sink, token } from '../fixtures.ts';
import { made, plan } from './recorded.ts';
import { decisions } from './table.ts';

describe('the recorded successor of a token that the manifest names by ID', () => {
  const own = token('new', 'ci');
  const find = (recorded: Parameters<typeof held>[1], live = own) =>
    findSuccessor({
      ...inputFor(entry({ id: 'gone', name: 'ci' }), [live], {
        record: (name) => (name === 'ci' ? { entry: held(live, { name: 'ci', ...recorded }) } : {}),
      }),
      live: indexTokens([live]),
    });

  test('is found if its name and creation time match the record', () => {
    expect(find({})?.id).toBe('new');
  });

  test.each([
    {
      why: 'though the one of its former name holds it, under this address',
      record: { id: 'gone', address: 'registry_token:team-a/ci' },
      superseded: ['gone'],
    },
    {
      why: 'though that has replaced the one that has replaced it',
      record: { id: 'between', superseded: [{ id: 'gone', name: 'old', created: 1 }] },
      superseded: ['between'],
    },
  ])('is that of the record of its name, $why', ({ record, superseded }) => {
    const old = [token('gone', 'old'), token('between', 'old')] as const;
    const records = new Map([
      ['old', held(old[0], record)],
      ['ci', held(own, { superseded: superseded.map((id) => ({ id, name: 'old', created: 1 })) })],
    ]);
    const input = inputFor(entry({ id: 'gone', name: 'ci' }), [...old, own], {
      record: (name) => {
        const known = records.get(name);
        return known ? { entry: known } : {};
      },
    });
    expect(findSuccessor({ ...input, live: indexTokens([own]) })?.id).toBe('new');
  });

  test.each([
    { why: 'of another creation time', recorded: { created: 1 }, live: own },
    {
      why: 'of no recorded creation time, on a service that shows one',
      recorded: { created: null },
      live: own,
    },
    { why: 'of another name', recorded: {}, live: token('new', 'victim') },
  ])('is left alone if it is $why', ({ recorded, live }) => {
    expect(find(recorded, live)).toBeUndefined();
  });
});

const read = ['repo:read'];
const nothing = () => ({});

describe('a token that is named by its ID', () => {
  const ci = personalToken('id-1', 'ci');
  decisions([
    {
      why: 'is found in either case',
      wanted: personalEntry({ id: 'ID-1', fields: { is_active: false } }),
      live: [ci],
      change: { action: 'patch', id: 'id-1', payload: { is_active: false } },
    },
    {
      why: 'is renamed by a patch, where it has another label',
      wanted: personalEntry({ id: 'id-1', name: 'new' }),
      live: [ci],
      change: {
        action: 'patch',
        id: 'id-1',
        fields: [{ field: 'token_label', before: 'ci', after: 'new' }],
        payload: { token_label: 'new' },
        secret: null,
      },
    },
    {
      why: 'is renamed to a label that another has: labels repeat',
      wanted: personalEntry({ id: 'id-1', name: 'taken', state: 'update' }),
      live: [ci, personalToken('id-2', 'taken')],
      change: { action: 'patch', id: 'id-1', payload: { token_label: 'taken' } },
    },
    {
      why: 'is renamed in an organization, too',
      wanted: orgEntry({ id: 'id-1', name: 'new' }),
      live: [orgToken('id-1', 'ci')],
      change: { action: 'patch', id: 'id-1', payload: { label: 'new' } },
    },
    {
      why: 'is that one of several with its label',
      wanted: personalEntry({ id: 'id-2', name: 'ci', fields: { is_active: false } }),
      live: [ci, personalToken('id-2', 'ci')],
      change: { action: 'patch', id: 'id-2' },
    },
    {
      why: 'and is not there: NOT_FOUND, though another has the label',
      wanted: personalEntry({ id: 'gone', name: 'ci' }),
      live: [ci],
      record: nothing,
      change: {
        action: 'error',
        error: {
          code: 'NOT_FOUND',
          message: 'no token gone in the account on Docker Hub',
          hint: expect.stringContaining('correct the uuid'),
        },
      },
    },
    {
      why: 'and is not there to update: noop with a warning that names the ID alone',
      wanted: personalEntry({ id: 'gone', name: 'ci', state: 'update' }),
      live: [ci],
      record: nothing,
      change: {
        action: 'noop',
        id: null,
        warnings: [
          'no token gone to update in the account on Docker Hub; state: update never creates a token',
        ],
      },
    },
    {
      why: 'is deleted where it is declared absent, and no other of its label',
      wanted: personalEntry({ id: 'id-2', name: 'ci', state: 'absent' }),
      live: [ci, personalToken('id-2', 'ci')],
      change: { action: 'delete', id: 'id-2' },
    },
    {
      why: 'and is not there to delete: noop, though another has the label',
      wanted: personalEntry({ id: 'gone', name: 'ci', state: 'absent' }),
      live: [ci],
      record: nothing,
      change: { action: 'noop', id: null, warnings: [] },
    },
    {
      why: 'alone, and would have to be replaced: its successor would not be found again',
      wanted: personalEntry({ id: 'id-1', allowReplace: true, fields: { scopes: ['repo:write'] } }),
      live: [ci],
      change: {
        action: 'error',
        id: 'id-1',
        error: {
          code: 'MANIFEST_INVALID',
          message: expect.stringContaining('only by its ID'),
          hint: 'set the name of the token beside its uuid',
        },
      },
    },
  ]);

  test.each(['present', 'update', 'absent'] as const)(
    'and was created by the service for its own use is never managed: state: %s',
    (state) => {
      const live = [personalToken('id-1', 'desktop', {}, { generated: true })];
      expect(decide(inputFor(personalEntry({ id: 'ID-1', state }), live))).toMatchObject({
        action: 'error',
        id: 'id-1',
        error: {
          code: 'MANIFEST_INVALID',
          message: expect.stringContaining("desktop (id-1) can't be managed: the service created it"),
        },
      });
    },
  );
});

describe('an entry with the ID of a replaced token', () => {
  const successor = personalToken('id-2', 'ci');
  const wanted = personalEntry({ id: 'id-1', name: 'ci' });
  const byLedger = (address: string) => () => ({
    entry: held(successor, { kind: 'docker_hub_personal_token', address }),
    sinkContents: [{ sink, holding: { id: 'id-2' } }],
  });
  const note = 'the token id-1 was replaced by id-2; update uuid, or remove it';
  decisions([
    {
      why: 'is the one of the ledger, and the plan says what to write',
      wanted,
      live: [successor],
      record: byLedger(wanted.address),
      change: { action: 'noop', id: 'id-2', custody: 'held', warnings: [note] },
    },
    {
      why: 'is changed like any other',
      wanted: personalEntry({ id: 'id-1', name: 'ci', fields: { is_active: false } }),
      live: [successor],
      record: byLedger(wanted.address),
      change: { action: 'patch', id: 'id-2', payload: { is_active: false }, warnings: [note] },
    },
    {
      why: 'is deleted like any other',
      wanted: personalEntry({ id: 'id-1', name: 'ci', state: 'absent' }),
      live: [successor],
      record: byLedger(wanted.address),
      change: { action: 'delete', id: 'id-2', warnings: [note] },
    },
    {
      why: 'is not the one of another entry: NOT_FOUND',
      wanted,
      live: [successor],
      record: byLedger('docker_hub_personal_token:other'),
      change: { action: 'error', error: { code: 'NOT_FOUND' } },
    },
    {
      why: 'is not one that is gone as well: NOT_FOUND',
      wanted,
      live: [personalToken('id-3', 'ci')],
      record: byLedger(wanted.address),
      change: { action: 'error', error: { code: 'NOT_FOUND' } },
    },
    {
      why: 'does not match while the old one lives',
      wanted,
      live: [personalToken('id-1', 'ci'), successor],
      record: byLedger(wanted.address),
      change: { id: 'id-1' },
    },
  ]);

  test('is created by a replace that an earlier run has begun, with the fields to carry over', () => {
    const begun: CreateAttempt = {
      nonce: 'nonce-1',
      replaceOrder: 'delete_first',
      key: '0'.repeat(32),
      kind: 'docker_hub_personal_token',
      address: wanted.address,
      scope: { id: 'ann', name: 'ann' },
      name: 'ci',
      id: null,
      fields: { token_label: 'ci', scopes: ['repo:write'] },
      sinks: [sink],
      knownIds: ['id-1'],
      listedAt: now - 60,
      deadline: now - 29,
      replaces: { id: 'id-1', name: 'ci', created: now - 86_400 },
    };
    expect(decide(inputFor(wanted, [], { record: () => ({ openAttempts: [begun] }) }))).toMatchObject({
      action: 'create',
      payload: { token_label: 'ci', scopes: ['repo:write'] },
    });
  });
});

describe('several tokens of one label', () => {
  const used = { origin: { created: now - 7200, lastUsed: now - 3600 } };
  const namesakes = [personalToken('id-1', 'ci'), personalToken('id-2', 'ci', {}, used)];
  const ambiguous = {
    code: 'AMBIGUOUS',
    message:
      '2 live tokens in the account on Docker Hub are named ci: ' +
      'id-1 (created 2025-12-31T00:00:00Z, never used); id-2 (created 2025-12-31T22:00:00Z, last used 2025-12-31T23:00:00Z)',
    hint: expect.stringContaining('uuid'),
  };
  decisions([
    {
      why: 'are AMBIGUOUS, and the error tells when each was made and used',
      wanted: personalEntry({ name: 'ci' }),
      live: namesakes,
      record: nothing,
      change: { action: 'error', id: null, error: ambiguous },
    },
    {
      why: 'are not updated',
      wanted: personalEntry({ name: 'ci', state: 'update', fields: { is_active: false } }),
      live: namesakes,
      record: nothing,
      change: { action: 'error', error: ambiguous },
    },
    {
      why: 'are not deleted',
      wanted: personalEntry({ name: 'ci', state: 'absent' }),
      live: namesakes,
      record: nothing,
      change: { action: 'error', error: ambiguous },
    },
    {
      why: 'are ambiguous even if one is ours',
      wanted: personalEntry({ name: 'ci' }),
      live: namesakes,
      change: { action: 'error', error: ambiguous },
    },
    {
      why: 'say nothing of what the service does not tell',
      wanted: personalEntry({ name: 'ci' }),
      live: ['id-1', 'id-2'].map((id) => personalToken(id, 'ci', {}, { origin: { created: null } })),
      record: nothing,
      change: { error: { message: expect.stringMatching(/: id-1 \(never used\); id-2 \(never used\)$/) } },
    },
    {
      why: 'are one where all but one were made by the service for itself',
      wanted: personalEntry({ name: 'ci', fields: { scopes: read } }),
      live: [personalToken('id-1', 'ci', {}, { generated: true }), personalToken('id-2', 'ci')],
      record: nothing,
      change: { action: 'noop', id: 'id-2' },
    },
  ]);
});

describe('names that are not unique', () => {
  const own = token('id-1', 'ci');
  const other = token('id-2', 'ci');

  it('a foreign token beside our own is AMBIGUOUS', () => {
    const change = plan([own, other], { entry: held(own) }, { uniqueNames: false });
    expect(change.error?.code).toBe('AMBIGUOUS');
  });

  it('an orphan of our attempt beside our own is ignored', () => {
    const unresolved = [{ ...attempt(), resolvedAt: null }];
    const change = plan(
      [own, made('id-2')],
      { entry: held(own, { unresolved: unresolved }), sinkContents: [{ sink, holding: { id: 'id-1' } }] },
      { uniqueNames: false },
    );
    expect(change).toMatchObject({ action: 'noop', id: 'id-1', custody: 'held' });
  });
});
