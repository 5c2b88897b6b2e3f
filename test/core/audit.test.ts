import { expect, test } from 'vitest';
import { type AuditedToken, audit, type DeclaredToken } from '../../src/core/audit/rules.ts';
import type { Provenance } from '../../src/core/model/token.ts';
import { formatInstant } from '../../src/core/util/instant.ts';
import { registryTokenRules } from '../../src/providers/ionos/fields.ts';
import { now, token } from './situation.ts';

const day = 86_400;
const source = { file: 'tokens.yaml', line: 3, column: 5 };
const standard = { now, days: 30, unusedDays: 90 };

const declared = (more: Partial<DeclaredToken> = {}): DeclaredToken => ({
  address: 'registry_token:team-a/ci',
  state: 'present',
  source,
  ...more,
});

/** A token that is fine but for what is said. */
const live = (
  { ends = now + 300 * day, ...fields }: { ends?: number; status?: string } = {},
  more: { origin?: Partial<Provenance>; declared?: DeclaredToken | undefined } = {},
): AuditedToken => ({
  address: 'registry_token:team-a/ci',
  kind: 'registry_token',
  token: token('id-1', 'ci', { ...fields, expiry_date: formatInstant(ends) }, more.origin),
  rules: registryTokenRules,
  ...('declared' in more ? more.declared && { declared: more.declared } : { declared: declared() }),
});

const rules = (...tokens: readonly AuditedToken[]): readonly string[] =>
  audit(tokens, standard).map(({ rule }) => rule);

test.each([
  { what: 'nothing is wrong with it', one: live(), found: [] },
  { what: 'it ends on the last day that counts', one: live({ ends: now + 30 * day }), found: ['expiring'] },
  { what: 'it ends a second later', one: live({ ends: now + 30 * day + 1 }), found: [] },
  { what: 'it ends now', one: live({ ends: now }), found: ['expired'] },
  { what: 'nobody declares it', one: live({}, { declared: undefined }), found: ['undeclared'] },
  {
    what: 'it is declared absent, whatever else it is',
    one: live(
      { ends: now, status: 'disabled' },
      { declared: declared({ state: 'absent', custody: 'unknown' }) },
    ),
    found: [],
  },
  {
    what: 'it is switched off since long ago',
    one: live({ status: 'disabled' }, { origin: { created: now - 400 * day, changedAt: now - 90 * day } }),
    found: ['disabled'],
  },
  {
    what: 'it was switched off lately',
    one: live({ status: 'disabled' }, { origin: { created: now - 400 * day, changedAt: now - 89 * day } }),
    found: [],
  },
  {
    what: 'it was never used, and is old',
    one: live({}, { origin: { created: now - 90 * day, lastUsed: null } }),
    found: ['unused'],
  },
  {
    what: 'it was never used, and is new',
    one: live({}, { origin: { created: now - 89 * day, lastUsed: null } }),
    found: [],
  },
  {
    what: 'the service doesn’t say when it was used',
    one: live({}, { origin: { created: now - 900 * day } }),
    found: [],
  },
  ...(['missing', 'undelivered', 'unknown'] as const).map((custody) => ({
    what: `its custody is ${custody}`,
    one: live({}, { declared: declared({ custody }) }),
    found: ['custody'],
  })),
  { what: 'its custody is held', one: live({}, { declared: declared({ custody: 'held' }) }), found: [] },
  {
    what: 'its successor is due',
    one: live({}, { declared: declared({ generation: { due: now } }) }),
    found: ['rotation_overdue'],
  },
  {
    what: 'it rotates, and ends soon',
    one: live({ ends: now + day }, { declared: declared({ generation: { due: now + 1 } }) }),
    found: [],
  },
  {
    what: 'it rotates, and ends before it is as old as the manifest now wants it to become',
    one: live(
      { ends: now + 9 * day },
      { declared: declared({ generation: { due: now + 2 * day, isShort: true } }) },
    ),
    found: ['expiring'],
  },
  {
    what: 'it is an old generation that is over',
    one: live({ ends: now }, { declared: declared({ generation: {} }) }),
    found: [],
  },
])('a token of which $what: $found', ({ one, found }) => {
  expect(rules(one)).toEqual(found);
});

test('what matters most comes first', () => {
  const expired = { ...live({ ends: now }), address: 'registry_token:team-a/b' };
  const expiring = { ...live({ ends: now + day }), address: 'registry_token:team-a/a' };
  expect(rules(expiring, expired)).toEqual(['expired', 'expiring']);
});

test('what the service has made for itself is nobody’s to judge', () => {
  const one = live({ ends: now });
  expect(rules({ ...one, token: { ...one.token, generated: true } })).toEqual([]);
});
