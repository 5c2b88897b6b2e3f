import { expect, test } from 'vitest';
import { clockLead } from '../../../src/core/model/clock-lead.ts';

test.each([
  { why: 'in step, at once', date: 5_000, sentAt: 5_400, readAt: 5_900, lead: { atLeast: 0, atMost: 0 } },
  { why: 'ahead', date: 65_000, sentAt: 5_400, readAt: 5_900, lead: { atLeast: 60, atMost: 60 } },
  { why: 'behind', date: 5_000, sentAt: 65_400, readAt: 65_900, lead: { atLeast: -60, atMost: -60 } },
  { why: 'read late', date: 5_000, sentAt: 5_400, readAt: 185_400, lead: { atLeast: -180, atMost: 0 } },
])('the lead of a clock that is $why', ({ date, sentAt, readAt, lead }) => {
  const { atLeast, atMost } = clockLead(date, sentAt, readAt);
  expect({ atLeast: atLeast + 0, atMost: atMost + 0 }).toEqual(lead);
});
