import { describe, expect, test } from 'vitest';
import { oldLoginWarning } from '../../../src/core/model/login-name.ts';
import { emptyRecord, entry, sink, token } from '../fixtures.ts';
import { family } from '../plan/rotation/fixtures.ts';

const raw = { ...sink, path: 'secrets/token.txt', layout: { format: 'raw' as const } };
const live = { ...token('id-1', 'ci'), loginName: 'bot-ci' };

/** Returns a record whose readable sink holds a token under a login name. */
const naming = (username: string, id = 'id-1') => ({
  ...emptyRecord,
  sinkContents: [{ sink, holding: { id, username } }],
});

describe('a login name that the service has changed', () => {
  test('is reported with the old one and the sinks that have it', () => {
    expect(oldLoginWarning(live, naming('robot$ci'), entry({ name: 'ci' }))).toBe(
      'the service changed the login name from robot$ci to bot-ci; file secrets/token.json still has the old one; to write the new one, run reconcile apply --replace registry_token:team-a/ci',
    );
  });

  test('is written again by a rotation if the token has one', () => {
    expect(oldLoginWarning(live, naming('robot$ci'), family())).toMatch(
      /run reconcile rotate registry_token:team-a\/ci$/,
    );
  });

  test("is possibly in sinks that can't be read, too", () => {
    expect(oldLoginWarning(live, naming('robot$ci'), entry({ name: 'ci', secret: [sink, raw] }))).toContain(
      "file secrets/token.json still has the old one, and file secrets/token.txt, which can't be read, may have it as well;",
    );
  });
});

test.each([
  ['the sink has the new one', live, naming('bot-ci')],
  ['the sink has the secret of another token', live, naming('robot$ci', 'id-2')],
  ['no sink names any', live, emptyRecord],
  ['the service shows none', token('id-1', 'ci'), naming('robot$ci')],
])('a login name is not reported if %s', (_, shown, record) => {
  expect(oldLoginWarning(shown, record, entry({ name: 'ci' }))).toBeUndefined();
});
