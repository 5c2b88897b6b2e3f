import { describe, expect, test } from 'vitest';
import type { CreateAttempt, CustodyRecord } from '../../../src/core/model/custody-record.ts';
import { Secret } from '../../../src/core/model/secret.ts';
import type { Observed } from '../../../src/core/model/token.ts';
import { indexTokens } from '../../../src/core/model/token-index.ts';
import { withRepair } from '../../../src/core/plan/repair.ts';
import { registryTokenRules } from '../../../src/providers/ionos/fields.ts';
import {
  attempt,
  decide,
  emptyRecord,
  entry,
  type FixtureOptions,
  held,
  inputFor,
  now,
  pullApp,
  sink,
  token,
} from '../fixtures.ts';

const evidence = { grace: 30, proofOnly: false, knownCreators: new Set(['us']) };
const begun = attempt({ chosenSecret: new Secret('chosen') });
/** The token that the attempt has created. */
const created = token('id-1', 'ci', {}, { created: now - 45 });

function repaired(
  live: readonly Observed[],
  openAttempts: readonly CreateAttempt[] = [begun],
  more: Partial<CustodyRecord> = {},
  policy: Partial<typeof evidence> = {},
): CustodyRecord {
  const record = { ...emptyRecord, openAttempts, ...more };
  return withRepair(record, indexTokens(live), {
    rules: registryTokenRules,
    evidence: { ...evidence, ...policy },
  });
}

const pending = { attempt: begun, id: 'id-1', respondedAt: now - 60, encryptedOnly: false, repairs: true };

describe('the secret of an attempt is pending', () => {
  test('if its token is ours', () => {
    const other = attempt({ nonce: 'nonce-2', knownIds: ['id-1'] });
    expect(repaired([created], [other, begun])).toMatchObject({
      openAttempts: [other],
      pendingSecret: pending,
    });
  });

  test('if its repair has begun, so that the token was modified by us', () => {
    const modified = token('id-1', 'ci', {}, { created: now - 45, modified: true });
    expect(repaired([modified]).pendingSecret).toBeUndefined();
    const repairing = { ...begun, repairId: 'ID-1' };
    expect(repaired([modified], [repairing]).pendingSecret).toMatchObject({ id: 'id-1', repairs: true });
    const otherwise = { ...begun, repairId: 'id-2' };
    expect(repaired([modified], [otherwise]).pendingSecret).toBeUndefined();
  });
});

describe('the secret of an attempt is not pending', () => {
  const unchosen = attempt();
  test.each<{ why: string; live: Observed; open?: CreateAttempt; more?: Partial<CustodyRecord> }>([
    { why: 'the attempt has no secret', live: created, open: unchosen },
    { why: 'the token was listed before', live: created, open: { ...begun, knownIds: ['id-1'] } },
    { why: 'the token has another name', live: { ...created, name: 'CI' } },
    { why: 'the token was created before', live: token('id-1', 'ci', {}, { created: now - 61 }) },
    { why: 'the token was created later', live: token('id-1', 'ci', {}, { created: now + 2 }) },
    {
      why: 'another user created the token',
      live: token('id-1', 'ci', {}, { created: now - 45, createdBy: 'them' }),
    },
    { why: 'the token has other properties', live: token('id-1', 'ci', { scopes: [] }, created.origin) },
    { why: 'the token was used', live: token('id-1', 'ci', {}, { created: now - 45, lastUsed: now }) },
    { why: 'the ledger holds the token', live: created, more: { entry: held(created) } },
    {
      why: 'the token is superseded',
      live: created,
      more: { entry: held(token('id-2', 'ci'), { superseded: [{ id: 'id-1', name: 'ci', created: 1 }] }) },
    },
    {
      why: 'a sink has the secret of the token',
      live: created,
      more: { sinkContents: [{ sink, holding: { id: 'id-1' } }] },
    },
  ])('if $why', ({ live, open = begun, more = {} }) => {
    const record = repaired([live], [open], more);
    expect(record).toMatchObject({ openAttempts: [open], pendingSecret: undefined });
  });

  test('if proof is required, and there is only evidence', () => {
    expect(repaired([created], [begun], {}, { proofOnly: true }).pendingSecret).toBeUndefined();
  });

  test('if the spool has a secret of the name', () => {
    const waiting = {
      attempt: attempt({ nonce: 'nonce-2' }),
      id: 'id-2',
      respondedAt: now,
      encryptedOnly: false,
    };
    expect(repaired([created], [begun], { pendingSecret: waiting }).pendingSecret).toBe(waiting);
  });
});

describe('a repair is planned', () => {
  const desired = entry({ name: 'ci', fields: { scopes: [pullApp] } });
  const planned = (options: FixtureOptions = {}) =>
    decide(inputFor(desired, [created], { record: () => repaired([created]), ...options }));

  test('as a delivery', () => {
    expect(planned()).toMatchObject({ action: 'deliver', id: 'id-1', custody: 'undelivered' });
    expect(planned().reason).toBe(
      'the response to the create of 2025-12-31T23:59:00Z was lost; the token gets the secret that was recorded before',
    );
  });

  test('as an error if the credential can not set secrets', () => {
    const inabilities = [{ action: 'set_secret', reason: 'it is a robot account' }] as const;
    expect(planned({ inabilities })).toMatchObject({
      action: 'error',
      id: 'id-1',
      error: { code: 'OUTCOME_UNKNOWN', message: expect.stringContaining('nothing was deleted or changed') },
    });
  });
});
