import { describe, expect, test } from 'vitest';
import type { Desired } from '../../../src/core/model/desired.ts';
import type { ChangeOrigin } from '../../../src/core/model/plan.ts';
import type { Fields, Observed } from '../../../src/core/model/token.ts';
import type { PlanInput } from '../../../src/core/plan/input.ts';
import { createPlan, filterDrift } from '../../../src/core/plan/plan.ts';
import { deleteEntryFor } from '../../../src/core/plan/prune.ts';
import { formatInstant } from '../../../src/core/util/instant.ts';
import { personalEntry, personalToken } from '../docker-hub-fixtures.ts';
import { entry, entryOf, held, inputFor, now, token } from '../fixtures.ts';

const pullOnly = { scopes: [{ type: 'repository', name: 'app', actions: ['pull'] }] };
const enabled: Fields = { name: 'ci', status: 'enabled' };

/** An entry of `ci`, with what was last applied of it. */
function input(wanted: Desired, live: readonly Observed[], applied?: Fields | null): PlanInput {
  return inputFor(wanted, live, {
    record: (name) => {
      const known = live.find((listed) => listed.name === name);
      return { lastApplied: applied, ...(known && { entry: held(known) }) };
    },
  });
}

const causeIn = (...given: Parameters<typeof input>): ChangeOrigin | null | undefined =>
  createPlan([input(...given)]).changes[0]?.cause;

const wants = (status: string): Desired => entry({ name: 'ci', fields: { status } });
const is = (status: string): readonly Observed[] => [token('id-1', 'ci', { status })];

describe('the origin of a change', () => {
  test.each([
    {
      why: 'the token was disabled by hand',
      wanted: wants('enabled'),
      live: is('disabled'),
      applied: enabled,
      cause: 'drift',
    },
    {
      why: 'the manifest wants it disabled now',
      wanted: wants('disabled'),
      live: is('enabled'),
      applied: enabled,
      cause: 'manifest',
    },
    {
      why: 'a field is stated for the first time',
      wanted: wants('disabled'),
      live: is('enabled'),
      applied: { name: 'ci' },
      cause: 'manifest',
    },
    {
      why: 'one field was changed by hand, another in the manifest',
      wanted: entry({ name: 'ci', fields: { status: 'enabled', expiry_date: '2027-01-01T00:00:00Z' } }),
      live: is('disabled'),
      applied: { ...enabled, expiry_date: 'never' },
      cause: 'both',
    },
    {
      why: 'nothing is on record',
      wanted: wants('enabled'),
      live: is('disabled'),
      applied: undefined,
      cause: null,
    },
    {
      why: 'there is nothing to do',
      wanted: wants('enabled'),
      live: is('enabled'),
      applied: enabled,
      cause: null,
    },
    { why: 'the entry is new', wanted: wants('enabled'), live: [], applied: undefined, cause: 'manifest' },
    {
      why: 'the token was deleted by hand',
      wanted: wants('enabled'),
      live: [],
      applied: enabled,
      cause: 'drift',
    },
    {
      why: 'it was, and the manifest has changed',
      wanted: wants('disabled'),
      live: [],
      applied: enabled,
      cause: 'both',
    },
    {
      why: 'what was to be gone is wanted again',
      wanted: wants('enabled'),
      live: [],
      applied: null,
      cause: 'manifest',
    },
    {
      why: 'it is to be gone now',
      wanted: entry({ state: 'absent', existing: 'ci' }),
      live: is('enabled'),
      applied: enabled,
      cause: 'manifest',
    },
    {
      why: 'it was gone, and was created again',
      wanted: entry({ state: 'absent', existing: 'ci' }),
      live: is('enabled'),
      applied: null,
      cause: 'drift',
    },
  ] satisfies {
    why: string;
    wanted: Desired;
    live: readonly Observed[];
    applied: Fields | null | undefined;
    cause: ChangeOrigin | null;
  }[])('$why: $cause', ({ wanted, live, applied, cause }) => {
    expect(causeIn(wanted, live, applied)).toBe(cause);
  });

  test.each([
    { why: 'was declared before', applied: enabled, cause: 'manifest' },
    { why: 'never was', applied: undefined, cause: 'drift' },
  ] as const)('a token is pruned that $why: $cause', ({ applied, cause }) => {
    const [live] = is('enabled');
    const rule = { ...wants('enabled'), match: '*' };
    expect(live && causeIn(deleteEntryFor(rule, live), [live], applied)).toBe(cause);
  });
});

// Harbor counts whole days from the creation.
describe('an expiry that the service rounds is not drift', () => {
  const day = 86_400;
  const created = now - 10 * day;
  const place = { scope: 'project/team-a', place: 'the project team-a' };
  const at = (days: number): string => formatInstant(created + days * day);
  const robot = (expires_at: string): Desired =>
    entryOf('harbor_robot', { ...place, name: 'ci' }, { name: 'ci', expires_at });
  const live = (expires_at: string): Observed => ({
    ...token('7', 'ci', {}, { created }),
    fields: { name: 'ci', description: '', access: [], disable: false, expires_at },
  });

  test.each([
    { why: 'the manifest has another', wanted: at(60), applied: at(30.5), shown: at(30), cause: 'manifest' },
    { why: 'another was set by hand', wanted: at(30.5), applied: at(30.5), shown: at(20), cause: 'drift' },
    { why: 'both have another', wanted: at(60), applied: at(30.5), shown: at(20), cause: 'both' },
  ])('$why: $cause', ({ wanted, applied, shown, cause }) => {
    expect(causeIn(robot(wanted), [live(shown)], { name: 'ci', expires_at: applied })).toBe(cause);
  });
});

// The end of a life was known from the start: it is no alarm.
describe('a token that has expired by itself', () => {
  const yesterday = '2025-12-31T00:00:00Z';
  const dated: Fields = { token_label: 'ci', expires_at: yesterday };
  const cause = (wanted: Desired, applied?: Fields) => {
    const expired = personalToken('id-1', 'ci', { expires_at: yesterday }, { expired: true });
    const input = inputFor(wanted, [expired], {
      record: () => ({ lastApplied: applied, entry: held(expired) }),
    });
    return createPlan([input]).changes[0];
  };

  test('and is still listed is not drift', () => {
    const silent = personalEntry({ name: 'ci', fields: { scopes: ['repo:read'] } });
    expect(cause(silent, { token_label: 'ci', scopes: ['repo:read'] })).toMatchObject({
      action: 'replace',
      cause: null,
    });
  });

  test('and gets another expiry is replaced because of the manifest', () => {
    const later = personalEntry({
      name: 'ci',
      allowReplace: true,
      fields: { expires_at: '2027-01-01T00:00:00Z', scopes: ['repo:read'] },
    });
    expect(cause(later, { ...dated, scopes: ['repo:read'] })).toMatchObject({
      action: 'replace',
      cause: 'manifest',
    });
  });

  // IONOS deletes what has expired.
  const gone = (wanted: Desired, applied: Fields, expires?: number | null) =>
    createPlan([
      inputFor(wanted, [], {
        record: () => ({
          lastApplied: applied,
          entry: { ...held(token('id-1', 'ci')), ...(expires !== undefined && { expires }) },
        }),
      }),
    ]).changes[0]?.cause;

  test.each([
    { why: 'had reached its end', expires: now, cause: null },
    { why: 'had a day left', expires: now + 86_400, cause: 'drift' },
    { why: 'was to live for ever', expires: null, cause: 'drift' },
    { why: 'had an end that is not known', expires: undefined, cause: 'drift' },
  ])('and is gone: it $why: $cause', ({ expires, cause }) => {
    expect(gone(wants('enabled'), enabled, expires)).toBe(cause);
  });

  test('and is gone by the applied expiry is created because the manifest has another', () => {
    const wanted = entry({ name: 'ci', fields: { expiry_date: '2027-01-01T00:00:00Z' } });
    expect(gone(wanted, { name: 'ci', expiry_date: yesterday })).toBe('manifest');
    expect(gone(wanted, { name: 'ci', expiry_date: '2026-02-01T00:00:00Z' })).toBe('both');
  });
});

test('a drift-only plan holds the drifted changes, and has its own digest', () => {
  const live = [token('id-1', 'ci', { status: 'disabled' }), token('id-2', 'other')];
  const plan = createPlan([
    input(wants('enabled'), live, enabled),
    input(entry({ name: 'other', fields: { status: 'disabled' } }), live, {
      name: 'other',
      status: 'enabled',
      ...pullOnly,
    }),
    input(entry({ name: 'new' }), live),
  ]);
  const drift = filterDrift(plan);
  expect(drift.changes.map(({ address }) => address)).toEqual(['registry_token:team-a/ci']);
  expect(drift.digest).not.toBe(plan.digest);
  expect(drift.manifestChangesOmitted).toBe(2);
});
