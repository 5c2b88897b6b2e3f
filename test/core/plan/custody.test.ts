import { describe, expect, it } from 'vitest';
import type { CustodyRecord, LedgerEntry } from '../../../src/core/model/custody-record.ts';
import type { FileSink } from '../../../src/core/model/sinks/file.ts';
import { custodyFromRecord } from '../../../src/core/plan/custody.ts';
import { registryTokenRules } from '../../../src/providers/ionos/fields.ts';
import { attempt, decide, emptyRecord, entry, held, inputFor, now, sink, token } from '../fixtures.ts';
import { plan, wanted } from './recorded.ts';

const raw: FileSink = { ...sink, path: 'secrets/token.txt', layout: { format: 'raw' } };

describe('custody by the ledger alone', () => {
  const live = token('id-1', 'ci');
  const renewing = attempt({ renews: true, repairId: 'id-1' });
  const ofEvidence = { grace: 0, proofOnly: false, knownCreators: new Set<string>() };
  const custodyOf = (record: Partial<CustodyRecord>) =>
    custodyFromRecord(live, { ...emptyRecord, ...record }, registryTokenRules, ofEvidence);

  it('held', () => {
    expect(custodyOf({ entry: held(live) })).toBe('held');
  });

  it('held, but its secret is being renewed: undelivered, as the sinks may have the old one', () => {
    expect(custodyOf({ entry: held(live), openAttempts: [renewing] })).toBe('undelivered');
    const pendingSecret = { attempt: renewing, id: 'id-1', respondedAt: now, encryptedOnly: false };
    expect(custodyOf({ entry: held(live), pendingSecret })).toBe('undelivered');
  });

  it('held, and the secret of another token is being renewed: held', () => {
    expect(custodyOf({ entry: held(live), openAttempts: [{ ...renewing, repairId: 'id-2' }] })).toBe('held');
  });
});

describe('custody by the ledger and the sinks', () => {
  const live = token('id-1', 'ci');
  const inSink = [{ sink, holding: { id: 'id-1' } }];

  it('held, and in all readable sinks: nothing to do', () => {
    expect(plan([live], { entry: held(live), sinkContents: inSink })).toMatchObject({
      action: 'noop',
      custody: 'held',
      warnings: [],
    });
  });

  it('held, but missing in a readable sink: a warning, and recreated only on demand', () => {
    const record = { entry: held(live), sinkContents: [{ sink, holding: 'absent' as const }] };
    expect(plan([live], record)).toMatchObject({
      action: 'noop',
      custody: 'missing',
      warnings: [expect.stringContaining('file secrets/token.json no longer has the secret')],
    });
    expect(plan([live], record, { forceReplace: true })).toMatchObject({ action: 'replace', id: 'id-1' });
  });

  it('held, and a sink names another token: it was overwritten', () => {
    const record = { entry: held(live), sinkContents: [{ sink, holding: { id: 'id-9' } }] };
    expect(plan([live], record).error).toMatchObject({
      code: 'SINK_FAILED',
      message: expect.stringContaining('overwritten'),
    });
  });

  it('gone, and the name free: recreated', () => {
    expect(plan([], { entry: held(live) })).toMatchObject({ action: 'create' });
  });

  it('gone, and the name taken by another token: an error without --replace', () => {
    const other = token('id-2', 'ci');
    expect(plan([other], { entry: held(live) }).error).toMatchObject({
      code: 'MANIFEST_CONFLICT',
      message: expect.stringContaining('another token took the name'),
    });
    expect(plan([other], { entry: held(live) }, { forceReplace: true }).action).toBe('replace');
  });

  it('nothing, but a readable sink names the live token: held', () => {
    expect(plan([live], { sinkContents: inSink })).toMatchObject({ action: 'noop', custody: 'held' });
  });

  it('nothing, and no sink knows it: unknown, with a warning', () => {
    expect(plan([live], {})).toMatchObject({
      action: 'noop',
      custody: 'unknown',
      warnings: [expect.stringContaining('file secrets/token.json')],
    });
  });
});

describe('a sink that was added', () => {
  const live = token('id-1', 'ci');
  const both = entry({ ...wanted, secret: [sink, raw] });

  it('is filled from a readable one', () => {
    const record = { entry: held(live), sinkContents: [{ sink, holding: { id: 'id-1' } }] };
    expect(decide(inputFor(both, [live], { record: () => record }))).toMatchObject({
      action: 'deliver',
      secret: ['file:secrets/token.txt'],
      custody: 'held',
    });
  });

  it('that cannot be filled is reported', () => {
    const known: LedgerEntry = { ...held(live), delivered: { 'file:secrets/token.txt': 'then' } };
    const record = { entry: known, sinkContents: [{ sink, holding: 'absent' as const }] };
    expect(decide(inputFor(both, [live], { record: () => record }))).toMatchObject({
      action: 'noop',
      custody: 'held',
      warnings: [expect.stringContaining('file secrets/token.json lacks the secret')],
    });
  });

  it('and cannot be read counts as filled without a ledger', () => {
    const record = { sinkContents: [{ sink, holding: { id: 'id-1' } }] };
    expect(decide(inputFor(both, [live], { record: () => record })).action).toBe('noop');
  });
});
