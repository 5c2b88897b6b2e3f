import { describe, expect, test } from 'vitest';
import { indexTokens } from '../../../src/core/model/token-index.ts';
import { findSuccessor } from '../../../src/core/plan/candidates.ts';
import { entry, held, situation, token } from '../fixtures.ts';

describe('a token that the ledger has in the place of one that the manifest knows by its ID', () => {
  const own = token('new', 'ci');
  const find = (recorded: Parameters<typeof held>[1], live = own) =>
    findSuccessor({
      ...situation(entry({ id: 'gone', name: 'ci' }), [live], {
        record: (name) => (name === 'ci' ? { entry: held(live, { name: 'ci', ...recorded }) } : {}),
      }),
      live: indexTokens([live]),
    });

  test('is its successor if its name and its creation time are those on record', () => {
    expect(find({})?.id).toBe('new');
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
