import { expect, test } from 'vitest';
import { checkRotation } from '../../src/manifest/rotation.ts';
import { organizationToken } from '../../src/providers/docker-hub/organization-token.ts';
import { now } from '../core/fixtures.ts';
import { kindFor } from '../support/stand-in/provider/kind.ts';
import { load, manifest, messages, named, only } from './fixtures.ts';

const rotate = 'rotate: { every: 30d, lifetime: 45d, before_expiry: 7d, overlap: 24h }';

test('a rotation is read in seconds', async () => {
  expect(only(await load(manifest(rotate))).rotation).toEqual({
    base: 'ci-push',
    every: 2_592_000,
    lifetime: 3_888_000,
    beforeExpiry: 604_800,
    overlap: 86_400,
  });
});

test('overlap and before_expiry may be left out', async () => {
  expect(only(await load(manifest('rotate: { every: 4w, lifetime: 90d }'))).rotation).toMatchObject({
    beforeExpiry: 0,
    overlap: 86_400,
  });
});

test('what every generation has in common may be a default', async () => {
  const text = manifest().replace('tokens:', `defaults: { registry_token: { ${rotate} } }\ntokens:`);
  expect(only(await load(text)).rotation?.base).toBe('ci-push');
});

test.each([
  { why: 'no unit', text: 'rotate: { every: 30, lifetime: 45d }', path: 'every', says: /expected a string/ },
  { why: 'no duration', text: 'rotate: { every: often, lifetime: 45d }', path: 'every', says: /matches/ },
  { why: 'nothing at all', text: 'rotate: { every: 0d, lifetime: 45d }', path: 'every', says: /matches/ },
  { why: 'no lifetime', text: 'rotate: { every: 30d }', path: '', says: /lifetime is missing/ },
  {
    why: 'an unknown key',
    text: 'rotate: { every: 30d, lifetime: 45d, after: 1d }',
    path: 'after',
    says: /after/,
  },
  {
    why: 'a lifetime below every and overlap together',
    text: 'rotate: { every: 30d, lifetime: 30d, overlap: 1d }',
    path: 'lifetime',
    says: /lifetime \(30d\) must be at least every \(30d\) plus overlap \(1d\)/,
  },
  {
    why: 'an overlap that every is not longer than',
    text: 'rotate: { every: 1d, lifetime: 45d, overlap: 24h }',
    path: 'every',
    says: /every \(1d\) must be longer than overlap \(1d\)/,
  },
  {
    why: 'the usual overlap that every is not longer than',
    text: 'rotate: { every: 12h, lifetime: 45d }',
    path: 'every',
    says: /overlap \(1d, the default\)/,
  },
  {
    why: 'a before_expiry that makes a token at each run',
    text: 'rotate: { every: 30d, lifetime: 45d, overlap: 1d, before_expiry: 44d }',
    path: 'before_expiry',
    says: /each run would create a new token/,
  },
  {
    why: 'a lifetime that the service takes no token of',
    text: 'rotate: { every: 10m, lifetime: 30m, overlap: 5m }',
    path: 'lifetime',
    says: /less than an hour ahead/,
  },
])('a rotation is refused with $why', async ({ text, path, says }) => {
  const { errors } = await load(manifest(text));
  expect(errors).toHaveLength(1);
  expect(errors[0]?.message).toMatch(says);
  expect(errors[0]?.source?.path).toBe(`tokens[0].rotate${path === '' ? '' : `.${path}`}`);
});

test.each([
  { line: 'expiry_date: 2027-06-30T00:00:00Z', path: 'expiry_date' },
  { line: 'protected: true', path: 'protected' },
  { line: 'state: update\n    registry_token: old', path: 'state' },
])('rotate and $line don’t go together', async ({ line, path }) => {
  const { errors } = await load(manifest(rotate, line));
  expect(errors.map(({ source }) => source?.path)).toEqual([`tokens[0].${path}`]);
  expect(errors[0]?.message).toContain("rotate can't be combined");
});

test('a name of a generation is the family’s, and no other entry may declare it', async () => {
  const text = `${manifest(rotate)}  - { kind: registry_token, registry: team-a, name: ci-push-202601010000 }\n`;
  const { errors } = await load(text);
  expect(errors.map(({ code }) => code)).toEqual(['MANIFEST_CONFLICT', 'MANIFEST_CONFLICT']);
  expect((await load(text.replace('202601010000', '20260101'))).errors).toEqual([]);
});

test('a family is named by its name, and not by the ID of one of its tokens', async () => {
  const id = 'registry_token: 6a7c2a3e-90f1-4f0c-8f4f-4b9a5e6c1d2e';
  const text = manifest(rotate, 'state: absent', id).replace('    name: ci-push\n', '');
  const { errors } = await load(text);
  expect(messages(errors)).toEqual(['registry_token identifies one token, but rotate manages a family']);
});

test('replace_order says nothing about a family', async () => {
  const { warnings } = await load(manifest(rotate, 'replace_order: delete_first'));
  expect(messages(warnings)).toContain(
    'replace_order has no effect with rotate: the next generation always comes first',
  );
});

test('an ID means one token alone', async () => {
  const text = `apiVersion: reconcile/v1
tokens:
  - { kind: docker_hub_org_token, org: acme, label: ci, id: a7a5ef25-8889-43a0-8cc7-f2a94268e861, ${rotate} }
`;
  const { errors } = await load(text, { declarations: [organizationToken] });
  expect(messages(errors)).toEqual(['id identifies one token, but rotate manages a family']);
});

test('expires_at and rotate don’t go together either', async () => {
  const text = `apiVersion: reconcile/v1
tokens:
  - { kind: docker_hub_org_token, org: acme, label: ci, expires_at: never, ${rotate} }
`;
  const { errors } = await load(text, { declarations: [organizationToken] });
  expect(errors[0]?.message).toContain('expires_at and rotate');
});

test.each([
  { length: 50, count: 0 },
  { length: 51, count: 1 },
])('a name of $length characters leaves room for the mark, or does not', async ({ length, count }) => {
  const { errors } = await load(named(`a${'b'.repeat(length - 1)}`, rotate));
  expect(errors).toHaveLength(count);
  for (const { message } of errors) expect(message).toContain('too long for rotate');
});

test('a family may be declared absent as a whole', async () => {
  const text = manifest(rotate, 'state: absent', 'registry_token: ci-push').replace(
    '    name: ci-push\n',
    '',
  );
  expect(only(await load(text))).toMatchObject({ state: 'absent', rotation: { base: 'ci-push' } });
});

test.each([
  {
    why: 'enough for both tokens',
    rotate: { every: '24h', lifetime: '49h', overlap: '12h' },
    says: [],
  },
  {
    why: 'less than every and overlap together',
    rotate: { every: '24h', lifetime: '47h', overlap: '12h' },
    says: [/^lifetime \(47h, which the service may shorten to 1d\) must be at least every/],
  },
  {
    why: 'less than before_expiry leaves of it',
    rotate: { every: '30h', lifetime: '71h', before_expiry: '30h', overlap: '18h' },
    says: [/^before_expiry \(30h\) leaves less than overlap \(18h\) of the lifetime \(71h, which/],
  },
])('a service that counts in days keeps $why', ({ rotate, says }) => {
  const found = checkRotation({ project: 'team-a', name: 'ci', rotate }, kindFor({}), now);
  expect(found.map(({ message }) => message)).toEqual(says.map((text) => expect.stringMatching(text)));
});
