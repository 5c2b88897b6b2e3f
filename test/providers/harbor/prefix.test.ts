import { describe, expect, test } from 'vitest';
import type { Json } from '../../../src/core/util/json.ts';
import type { HttpClient } from '../../../src/http/client.ts';
import { possibleShortNames } from '../../../src/providers/harbor/names.ts';
import { learnPrefix } from '../../../src/providers/harbor/prefix.ts';

/** A service that closes its settings, and responds to lists of robots with this. */
const listing = (robots: Json): HttpClient => ({
  timeoutSeconds: 30,
  send: async ({ path }) =>
    path === '/robots'
      ? { status: 200, body: robots, headers: new Headers() }
      : { status: 403, body: undefined, headers: new Headers() },
});

describe('the prefix', () => {
  test.each([
    ['no robots are listed', []],
    ['all robots are from before Harbor 2.2', [{ name: 'old', level: 'system', editable: false }]],
    [
      'a service ignores the name that is asked for',
      [
        { name: 'robot$ci', level: 'system' },
        { name: 'robot$other', level: 'system' },
      ],
    ],
  ])('is unknown if %s', async (_, robots) => {
    await expect(learnPrefix(listing(robots), async () => [])).rejects.toMatchObject({
      code: 'AUTH',
      message: expect.stringContaining('prefix'),
    });
  });
});

describe('the possible short names of a full name', () => {
  test('are those after a separator, and then all others', () => {
    expect(possibleShortNames('bot-a.b')).toEqual(['a.b', 'b', 'ot-a.b', 't-a.b']);
  });

  test('never begin with a separator', () => {
    expect(possibleShortNames('robot$')).toEqual([]);
  });
});
