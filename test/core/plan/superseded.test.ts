import { describe, expect, test } from 'vitest';
import type { RetiredToken } from '../../../src/core/model/plan.ts';
import { createPlan } from '../../../src/core/plan/plan.ts';
import { type Entry, entry, type FixtureOptions, held, inputFor, now, token } from '../fixtures.ts';

const day = 86_400;
const own = token('own', 'ci');
const old = token('old', 'ci');
const recorded: RetiredToken = { id: 'old', name: 'ci', created: now - day };

/** The plan for an entry whose ledger calls one live token superseded. */
function planFor(
  live: ReturnType<typeof token>,
  retired: RetiredToken,
  given: Entry = {},
  options: FixtureOptions = {},
) {
  const desired = entry({ name: 'ci', secret: 'discard', ...given });
  const input = inputFor(desired, [own, live], {
    live: [own],
    uniqueNames: false,
    record: (name) => (name === 'ci' ? { entry: held(own, { superseded: [retired] }) } : {}),
    ...options,
  });
  return createPlan([input]);
}

describe('a token recorded as superseded is deleted', () => {
  const minute = Date.UTC(2026, 0, 1) / 1000;
  const marked = token('old', 'ci-202601010000', {}, { created: minute + 20 });
  test.each([
    { why: 'a namesake, created at the recorded time', live: old, retired: recorded },
    {
      why: 'a namesake of a service that shows no creation time',
      live: token('old', 'ci', {}, { created: null }),
      retired: { ...recorded, created: null },
    },
    {
      why: 'a generation of a family that has stopped to rotate',
      live: marked,
      retired: { ...recorded, name: marked.name, created: minute + 20 },
    },
    {
      why: 'what the entry names as the old one',
      live: token('old', 'former'),
      retired: { ...recorded, name: 'former' },
      given: { state: 'update', existing: 'former' } as const,
    },
    {
      why: 'what the entry names as the old one by its ID',
      live: token('old', 'former'),
      retired: { ...recorded, name: 'former' },
      given: { state: 'update', existing: 'OLD' } as const,
    },
  ])('if it is $why', ({ live, retired, given }) => {
    const { changes } = planFor(live, retired, given);
    expect(changes.filter(({ action }) => action === 'delete').map(({ id }) => id)).toEqual(['old']);
  });
});

describe('a token recorded as superseded is left alone, with a warning', () => {
  test.each([
    {
      why: 'created at another time: an ID alone can be made up',
      live: old,
      retired: { ...recorded, created: now - 2 * day },
      reason: 'it was created at 2025-12-31T00:00:00Z, not at 2025-12-30T00:00:00Z',
    },
    {
      why: 'without a recorded time, on a service that shows one',
      live: old,
      retired: { ...recorded, created: null },
      reason: 'not at an unknown time',
    },
    {
      why: 'of an unknown time, with a recorded one',
      live: token('old', 'ci', {}, { created: null }),
      retired: recorded,
      reason: 'it was created at an unknown time',
    },
    {
      why: 'that has another name now',
      live: token('old', 'renamed'),
      retired: recorded,
      reason: 'it is now named renamed, not ci',
    },
    {
      why: 'of a name that is not one of the entry',
      live: token('old', 'victim'),
      retired: { ...recorded, name: 'victim' },
      reason: 'its name does not belong to this entry',
    },
    {
      why: 'of the family of another name',
      live: token('old', 'other-202601010000'),
      retired: { ...recorded, name: 'other-202601010000' },
      reason: 'its name does not belong to this entry',
    },
    {
      why: 'whose name only begins like a generation',
      live: token('old', 'ci-2026'),
      retired: { ...recorded, name: 'ci-2026' },
      reason: 'its name does not belong to this entry',
    },
  ])('if it is a token $why', ({ live, retired, reason }) => {
    const { changes } = planFor(live, retired);
    expect(changes).toMatchObject([{ id: 'own', warnings: [expect.stringContaining(reason)] }]);
    expect(changes[0]?.warnings[0]).toContain('is left alone');
  });

  test('also if the entry is declared absent', () => {
    const victim = token('old', 'victim');
    const retired = { ...recorded, name: 'victim' };
    const { changes } = planFor(victim, retired, { state: 'absent', existing: 'ci' });
    expect(changes).toMatchObject([{ action: 'delete', id: 'own' }]);
  });

  test('also if the ledger records it as held by an absent entry', () => {
    const victim = token('old', 'victim');
    const options = { record: () => ({ entry: held(victim, { name: 'ci' }) }) };
    const { changes } = planFor(victim, recorded, { state: 'absent', existing: 'ci' }, options);
    expect(changes).toMatchObject([{ action: 'delete', id: 'own' }]);
  });
});
