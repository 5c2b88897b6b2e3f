import { describe, expect, test } from 'vitest';
import type { Observed } from '../../../src/core/model/token.ts';
import { isByOtherProgram, ownershipOf } from '../../../src/core/plan/ownership.ts';
import { registryTokenRules } from '../../../src/providers/ionos/fields.ts';
import { attempt } from '../fixtures.ts';
import { made, plan } from './recorded.ts';

const evidence = { grace: 30, proofOnly: false, knownCreators: new Set<string>() };
const ownership = (token: Observed, listed: readonly Observed[] = [token]) =>
  ownershipOf(token, [attempt()], registryTokenRules, evidence, listed);

describe('a token without a mark, of a service that shows the marks', () => {
  const unmarked = made('7', {}, { createdBy: null, showsMarks: true });
  const marked = made(
    '8',
    {},
    { createdBy: null, showsMarks: true, requestMark: 'reconcile/1.2.0 (nonce-1)' },
  );

  test('is never deleted: a person may have created it meanwhile, with all the same properties', () => {
    expect(ownership(unmarked)).toBe('unknown');
    expect(plan([unmarked], { openAttempts: [attempt()] })).toMatchObject({
      action: 'error',
      error: { code: 'OUTCOME_UNKNOWN' },
    });
  });

  test('is foreign if it differs from the request', () => {
    const other = made('7', { status: 'disabled' }, { createdBy: null, showsMarks: true });
    expect(ownership(other)).toBe('foreign');
  });

  test('is foreign beside the token that has the mark of the attempt', () => {
    expect(ownership(unmarked, [unmarked, marked])).toBe('foreign');
    expect(ownership(marked, [unmarked, marked])).toBe('ours');
  });
});

describe('a token without a mark, of a version that drops the marks', () => {
  const dropped = (id: string, fields = {}): Observed =>
    made(id, fields, { createdBy: null, showsMarks: false });

  test('is ours by evidence, if no other fits as well', () => {
    expect(ownership(dropped('7'))).toBe('ours');
    expect(ownership(dropped('7'), [dropped('7'), dropped('8', { status: 'disabled' })])).toBe('ours');
    expect(ownership(dropped('7'), [dropped('7'), dropped('8')])).toBe('unknown');
  });
});

test('a mark is searched for in linear time, whatever a service shows', () => {
  const requestMark = 'reconcile/'.repeat(100_000);
  expect(isByOtherProgram(made('7', {}, { createdBy: null, showsMarks: true, requestMark }))).toBe(true);
});
