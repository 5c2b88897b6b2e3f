import { describe, expect, test } from 'vitest';
import { asRecorded } from '../../../../src/core/model/granted-values.ts';
import { createPlan } from '../../../../src/core/plan/plan.ts';
import { formatInstant } from '../../../../src/core/util/instant.ts';
import { entry, held, inputFor, now, token } from '../../fixtures.ts';
import { day, delivered, family, generation, own, rotation } from './fixtures.ts';

describe('the successor is due', () => {
  const edited = { ...rotation, every: 90 * day, lifetime: 120 * day, beforeExpiry: 0, overlap: 7 * day };
  test.each([
    { why: 'not yet with more than the overlap left', left: 7 * day + 1, due: false },
    { why: 'an overlap before the end, whatever lifetime says now', left: 7 * day, due: true },
  ])('$why', ({ left, due }) => {
    const newest = generation('id-2', 20 * day, { expiry_date: formatInstant(now + left) });
    const change = own([newest], delivered(newest, 20 * day), family({ rotation: edited }));
    expect(change.action).toBe(due ? 'create' : 'noop');
    if (!due) expect(change.family?.rotationDue).toBe(formatInstant(now + left - 7 * day));
  });
});

// Where `before_expiry` is longer than the life that was granted, each run would rotate.
test.each([
  { why: 'a life below before_expiry', life: 4, due: 2 },
  { why: 'a life with time for half of it', life: 12, due: 6 },
  { why: 'a life a day shorter than asked for', life: 59, due: 30 },
  { why: 'a longer one', life: 61, due: 30 },
])('a family is due by what was granted, after half of that at the earliest: $why', ({ life, due }) => {
  const day = 86_400;
  const rotation = { base: 'ci', every: 30 * day, lifetime: 60 * day, beforeExpiry: 10 * day, overlap: day };
  const made = now - day;
  const end = (seconds: number): string => new Date(seconds * 1000).toISOString().replace('.000Z', 'Z');
  const expiry_date = end(made + life * day);
  const live = token('id-1', 'ci-202512310000', { expiry_date }, { created: made });
  const granted = { expiry_date: { asked: end(made + 60 * day), granted: expiry_date } };
  const [change] = createPlan([
    inputFor(entry({ name: 'ci', rotation }), [asRecorded(live, live.name, granted)], {
      record: () => ({ entry: held(live, { delivered: {} }) }),
    }),
  ]).changes;
  expect(change).toMatchObject({
    action: 'noop',
    family: { rotationDue: end(made + due * day) },
    warnings: expect.arrayContaining([expect.stringMatching(/^expiry_date: /)]),
  });
});
