import { describe, expect, test } from 'vitest';
import { expiryField, nameFieldOf } from '../../src/core/model/field-rules.ts';
import type { Fields } from '../../src/core/model/token.ts';
import type { Client } from '../../src/providers/provider.ts';
import { connect, failOnSpecViolations, mark } from './connect.ts';
import { organization, personal } from './docker-hub-subjects.ts';
import { accessTokens, deployTokens, groupAccessTokens, groupDeployTokens } from './gitlab-subjects.ts';
import { projectRobots, systemRobots } from './harbor-subjects.ts';
import { ionos } from './ionos-subject.ts';
import { standIn, standInWithLimits } from './stand-in-subject.ts';
import { type Contents, type Subject, start, uuid, withSortedLists } from './subject.ts';

const subjects: readonly Subject[] = [
  ionos,
  personal,
  organization,
  projectRobots,
  systemRobots,
  deployTokens,
  groupDeployTokens,
  accessTokens,
  groupAccessTokens,
  standIn,
  standInWithLimits,
];

failOnSpecViolations();

const { signal } = new AbortController();

/** Which of these keys an object has, whatever they stand in. */
function found(keys: readonly string[], value: unknown): readonly string[] {
  if (typeof value !== 'object' || value === null) return [];
  return [
    ...keys.filter((key) => Object.hasOwn(value, key)),
    ...Object.values(value).flatMap((inner) => found(keys, inner)),
  ];
}

/** Returns a method that the kind declares. */
function required<T>(method: T | undefined): T {
  if (method === undefined) throw new TypeError('the client lacks a method that its kind declares');
  return method;
}

/** What holds for some kinds only stands with those, and is no skipped test of the others. */
const testIf = (holds: boolean) => (holds ? test : () => undefined);
const describeIf = (holds: boolean) => (holds ? describe : () => undefined);

describe.each(subjects)('the provider of $name', (subject) => {
  const { provider, scope, scopeId, tokenId, scopeRef, neverExpiring } = subject;
  const { rejectsByStatus = true } = subject;
  const { rules, uniqueNames, renewal } = provider.declaration;
  const nameField = nameFieldOf(rules);
  const full = { id: tokenId(2001), fields: subject.fields };
  const fullName = String(subject.fields[nameField]);
  const isChangeable = subject.patches.length > 0;
  const [firstPatch = { fields: {}, body: undefined }] = subject.patches;
  /** A change of another field than the first one. */
  const otherPatch = subject.patches.find(
    ({ fields }) => !Object.keys(fields).some((field) => field in firstPatch.fields),
  );
  const noSuchId = tokenId(999_999);

  const scopesNamed = (...names: readonly string[]): Contents['scopes'] =>
    names.map((name, index) => ({ id: scopeId(index + 1), name }));

  /** The names of the scopes of the level that has several. */
  const scopeNames = async (client: Client): Promise<readonly string[] | undefined> => {
    const scopes = await client.scopes(signal);
    return scopes?.map(({ name }) => name).filter((name) => name.startsWith(scopeRef('')));
  };

  /** No more than it takes to make a token. */
  const small = (name: string): Fields => ({ [nameField]: name, ...subject.needed });
  const asSmall = (name: string): Fields => ({ ...subject.defaults, [nameField]: name });

  const smallTokens = (count: number): Contents['tokens'] =>
    Array.from({ length: count }, (_, index) => ({
      id: tokenId(1001 + index),
      fields: { [nameField]: `token-${index + 1}` },
    }));

  /** What a create doesn't take, a new token has as the service gives it. */
  const afterwards = Object.keys(rules).filter((field) => rules[field]?.patchAfterCreate);
  const asMade = (fields: Fields): Fields => ({
    ...fields,
    ...Object.fromEntries(afterwards.map((field) => [field, rules[field]?.defaultValue ?? null])),
  });

  const asListed = (fields: Fields): Fields =>
    Object.fromEntries(Object.entries(fields).filter(([field]) => subject.listed.includes(field)));
  const listsAll = Object.keys(rules).every((field) => subject.listed.includes(field));

  function setUp(contents: Partial<Contents> = {}, variant?: string) {
    const running = subject.start(
      { scopes: scopesNamed('team-a', 'team-b'), tokens: [], ...contents },
      variant,
    );
    return {
      running,
      client: connect(provider, running),
      asked: () => running.requests().map(({ what }) => what),
      sent: (method: string): readonly unknown[] =>
        running
          .requests()
          .filter(({ what }) => what.startsWith(`${method} `))
          .map(({ body }) => JSON.parse(body)),
    };
  }

  describeIf(subject.scopeListing !== undefined)('finding a scope', () => {
    test('by its name', async () => {
      const { client } = setUp();
      expect(await client.resolve(scopeRef('team-b'), signal)).toMatchObject({
        id: scopeId(2),
        name: scopeRef('team-b'),
      });
    });

    test('by its name, though it is on the third page', async () => {
      const names = Array.from({ length: 230 }, (_, index) => `team-${index + 1}`);
      const { client } = setUp({ scopes: scopesNamed(...names) });
      expect(await client.resolve(scopeRef('team-230'), signal)).toMatchObject({ id: scopeId(230) });
      expect(await scopeNames(client)).toHaveLength(230);
    });

    testIf(subject.resolvesIds)('by its ID, without a listing', async () => {
      const { client, asked } = setUp();
      const second = await client.resolve(scopeId(2), signal);
      expect(second.id).toBe(scopeId(2));
      expect((await client.list(second, signal)).tokens).toEqual([]);
      expect(asked()).not.toContain(subject.scopeListing);
    });

    testIf(!subject.findsScopesByName)('lists the scopes once, however many ask at once', async () => {
      const { client, asked } = setUp();
      await Promise.all([
        client.resolve(scopeRef('team-a'), signal),
        client.resolve(scopeRef('team-b'), signal),
        client.scopes(signal),
      ]);
      await client.resolve(scopeRef('team-a'), signal);
      expect(asked()).toEqual([subject.scopeListing]);
    });

    test('fails with NOT_FOUND for an unknown name', async () => {
      const { client } = setUp();
      await expect(client.resolve(scopeRef('team-c'), signal)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    });

    testIf(subject.resolvesIds)('fails with NOT_FOUND for an unknown ID, as soon as it is used', async () => {
      const { client } = setUp();
      const nowhere = await client.resolve(scopeId(999_999), signal);
      await expect(client.list(nowhere, signal)).rejects.toMatchObject({ code: 'NOT_FOUND' });
      await expect(client.details(nowhere, signal)).rejects.toMatchObject({ code: 'NOT_FOUND' });
      await expect(client.verify(nowhere, signal)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    });

    testIf(!subject.findsScopesByName)(
      'tells which are there with one list, however many are asked for',
      async () => {
        const { client, asked } = setUp();
        for (const id of [scopeId(1), scopeId(2)]) await client.verify({ id, name: id }, signal);
        expect(asked()).toEqual([subject.scopeListing]);
      },
    );

    testIf(subject.resolvesIds)('is the same in capitals as in small letters', async () => {
      const id = '0ABCDEF0-0000-4000-8000-00000000000A';
      const { client } = setUp({ scopes: [{ id, name: 'team-a' }] });
      expect((await client.resolve(scopeRef('team-a'), signal)).id).toBe(
        (await client.resolve(id, signal)).id,
      );
    });

    testIf(subject.resolvesIds)('fails with AMBIGUOUS and both IDs if two have the name', async () => {
      const { client } = setUp({ scopes: scopesNamed('team-a', 'twin', 'twin') });
      await expect(client.resolve(scopeRef('twin'), signal)).rejects.toMatchObject({
        code: 'AMBIGUOUS',
        message: expect.stringMatching(new RegExp(`${scopeId(2)}.*${scopeId(3)}`)),
      });
    });

    testIf(subject.resolvesIds)('tells why no token can be made in one that is being set up', async () => {
      const { client } = setUp({ scopes: [{ id: scopeId(1), name: 'team-a', notReady: true }] });
      expect((await client.resolve(scopeRef('team-a'), signal)).notReady).toMatch(/New/);
    });

    testIf(subject.resolvesIds)('tells the host, by name and by ID', async () => {
      const { client } = setUp();
      const byId = await client.details(await client.resolve(scopeId(1), signal), signal);
      const byName = await client.details(await client.resolve(scopeRef('team-a'), signal), signal);
      expect(byId.host).toMatch(/^team-a\./);
      expect(byName.host).toBe(byId.host);
    });

    test.each(subject.variants)('finds them all, %s', async (variant) => {
      const names = ['a-1', 'a-2', 'a-3', 'a-4', 'a-5'];
      const { client } = setUp({ scopes: scopesNamed(...names) }, variant);
      expect(await scopeNames(client)).toEqual(names.map(scopeRef));
    });
  });

  test('the scope of its tokens is there', async () => {
    const { client } = setUp();
    await expect(client.verify(scope, signal)).resolves.toBeUndefined();
  });

  describeIf(subject.scopeListing === undefined)('the one scope', () => {
    test('is there without a request', async () => {
      const { client, asked } = setUp();
      expect(await client.resolve(scope.name, signal)).toEqual(scope);
      expect(asked()).toEqual([]);
    });

    test('tells the host', async () => {
      const { client } = setUp();
      expect(await client.details(scope, signal)).toEqual({ host: 'docker.io' });
    });
  });

  describe('listing', () => {
    test('is complete over several pages', async () => {
      const { client } = setUp({ tokens: smallTokens(250) });
      const { tokens } = await client.list(scope, signal);
      expect(tokens).toHaveLength(250);
      expect(new Set(tokens.map(({ id }) => id)).size).toBe(250);
      expect(tokens.find(({ name }) => name === 'token-230')?.id).toBe(tokenId(1230));
    });

    test('of a scope without tokens is empty', async () => {
      const { client } = setUp();
      expect((await client.list(scope, signal)).tokens).toEqual([]);
    });

    test("comes with the server's clock", async () => {
      const { client } = setUp();
      expect((await client.list(scope, signal)).date).toBe(start / 1000);
    });

    test('says which tokens it shows only in part, and shows no field but those that it knows', async () => {
      const { client } = setUp({ tokens: [full] });
      const [token] = (await client.list(scope, signal)).tokens;
      expect(token?.fields).toEqual(asListed(subject.fields));
      expect(token?.partial ?? false).toBe(!listsAll);
    });

    test('shows no secret', async () => {
      const { client, running } = setUp({ tokens: smallTokens(2) });
      const { tokens } = await client.list(scope, signal);
      expect(tokens).toHaveLength(2);
      expect(tokens.flatMap(({ object }) => found(subject.hidden, object))).toEqual([]);
      for (const secret of running.secrets()) expect(JSON.stringify(tokens)).not.toContain(secret);
    });
  });

  describe('reading', () => {
    test('shows every field', async () => {
      const { client } = setUp({ tokens: [full] });
      const token = await client.read(scope, full.id, signal);
      expect(token).toMatchObject({ id: full.id, name: fullName, fields: subject.fields });
      expect(token).not.toHaveProperty('partial');
    });

    test('a missing token is undefined', async () => {
      const { client } = setUp();
      expect(await client.read(scope, noSuchId, signal)).toBeUndefined();
    });

    test.each(subject.variants)('gives the same fields and tokens, %s', async (variant) => {
      const tokens = [...smallTokens(4), full];
      const { client } = setUp({ tokens }, variant);
      const names = ['token-1', 'token-2', 'token-3', 'token-4'];
      const expected = [...names.map(asSmall), subject.fields];
      const listed = (await client.list(scope, signal)).tokens;
      expect(listed.map(({ fields }) => fields)).toEqual(expected.map(asListed));
      const read = await Promise.all(tokens.map(({ id }) => client.read(scope, id, signal)));
      expect(read.map((token) => token?.fields)).toEqual(expected);
    });
  });

  describe('making', () => {
    test('returns the secret, the user name and the token, whose object has no secret', async () => {
      const { client, running } = setUp();
      const { token, secret, username } = await client.create(scope, subject.fields, mark(), signal);
      const [password] = running.secrets();
      expect(secret.reveal()).toBe(password);
      expect(username).toBe(subject.username(fullName));
      expect(token).toMatchObject({ name: fullName, fields: asMade(subject.fields) });
      expect(JSON.stringify(token)).not.toContain(password);
      expect(found(subject.hidden, token.object)).toEqual([]);
    });

    test('returns the token like a read, which may show more', async () => {
      const { client } = setUp();
      const { token } = await client.create(scope, subject.fields, mark(), signal);
      const { id, name, fields, origin, object } = token;
      const read = await client.read(scope, id, signal);
      expect(read).toMatchObject({ id, name, origin: { ...origin, createdBy: subject.maker } });
      expect(withSortedLists(read?.object)).toMatchObject(withSortedLists(object) as object);
      expect(read?.fields).toEqual(fields);
    });

    test('tells when the token was made, and that it is as it was made', async () => {
      const { client } = setUp();
      const { token } = await client.create(scope, subject.fields, mark(), signal);
      const created = token.origin.hasNoHistory ? null : start / 1000;
      expect(token.origin).toMatchObject({ created, modified: false });
      expect(token.origin.lastUsed ?? null).toBeNull();
      expect(token).not.toHaveProperty('generated');
      expect(token).not.toHaveProperty('expired');
    });

    test('with no more than is needed leaves the rest to the service', async () => {
      const { client } = setUp();
      const { token } = await client.create(scope, small('small'), mark(), signal);
      expect(token.fields).toEqual(asSmall('small'));
    });

    testIf(neverExpiring !== undefined)('one that never expires says nothing of an expiry', async () => {
      const { client, sent } = setUp();
      const { fields, body } = neverExpiring?.('ever') ?? firstPatch;
      const { token } = await client.create(scope, fields, mark(), signal);
      expect(token.fields).toMatchObject(fields);
      expect(sent('POST')).toEqual([body]);
    });

    testIf(afterwards.length > 0)('does not say what can only be said afterwards', async () => {
      const { client, sent } = setUp();
      await client.create(scope, subject.fields, mark(), signal);
      expect(found(afterwards, sent('POST'))).toEqual([]);
    });

    testIf(subject.ownIds)('under an ID of our own', async () => {
      const { client, asked, running } = setUp();
      const { token, secret } = await client.create(scope, subject.fields, mark(uuid(4242)), signal);
      expect(token).toMatchObject({ id: uuid(4242), fields: subject.fields });
      expect(secret.reveal()).toBe(running.secrets()[0]);
      expect(asked()).toEqual([expect.stringMatching(new RegExp(`^PUT .*${uuid(4242)}$`))]);
    });

    testIf(uniqueNames)('under a name that is taken fails with API_REJECTED, asked once', async () => {
      const { client, asked } = setUp({ tokens: smallTokens(1) });
      const create = client.create(scope, small('token-1'), mark(), signal);
      await expect(create).rejects.toMatchObject({ code: 'API_REJECTED', httpStatus: 409 });
      expect(asked().filter((what) => !what.startsWith('GET '))).toHaveLength(1);
      expect((await client.list(scope, signal)).tokens).toHaveLength(1);
    });

    testIf(!uniqueNames)('under a name that is taken makes another token beside it', async () => {
      const { client, running } = setUp({ tokens: smallTokens(1) });
      const { token, secret } = await client.create(scope, small('token-1'), mark(), signal);
      const { tokens } = await client.list(scope, signal);
      expect(tokens.map(({ name }) => name)).toEqual(['token-1', 'token-1']);
      expect(tokens.map(({ id }) => id)).toEqual([tokenId(1001), token.id]);
      expect(running.secrets()[1]).toBe(secret.reveal());
    });
  });

  describeIf(isChangeable)('changing', () => {
    test.each(subject.patches)('$fields sends just that, and the rest stays', async ({ fields, body }) => {
      const { client, sent } = setUp({ tokens: [full] });
      const changed = await client.patch(scope, full.id, fields, signal);
      expect(sent(subject.changeMethod)).toEqual([body]);
      expect(changed.fields).toEqual({ ...subject.fields, ...fields });
      expect(changed.name).toBe(changed.fields[nameField]);
      const read = await client.read(scope, full.id, signal);
      expect(withSortedLists(read)).toEqual(withSortedLists(changed));
    });

    testIf(otherPatch !== undefined)('leaves what another has changed since it was listed', async () => {
      const { client, running } = setUp({ tokens: [full] });
      await client.list(scope, signal);
      await connect(provider, running).patch(scope, full.id, otherPatch?.fields ?? {}, signal);
      const changed = await client.patch(scope, full.id, firstPatch.fields, signal);
      expect(changed.fields).toEqual({ ...subject.fields, ...otherPatch?.fields, ...firstPatch.fields });
    });

    testIf(!rules[nameField] || rules[nameField].change === 'replace')(
      'keeps the name, the creation and the mark',
      async () => {
        const { client } = setUp();
        const { token } = await client.create(scope, subject.fields, mark(), signal);
        const changed = await client.patch(scope, token.id, firstPatch.fields, signal);
        const { created, requestMark } = token.origin;
        expect(changed).toMatchObject({ name: token.name, origin: { created, requestMark } });
      },
    );

    test('keeps the secret and shows none', async () => {
      const { client, running } = setUp({ tokens: [full] });
      const before = running.secrets();
      const { object } = await client.patch(scope, full.id, firstPatch.fields, signal);
      expect(running.secrets()).toEqual(before);
      expect(found(subject.hidden, object)).toEqual([]);
    });

    test('a token that is not there fails with NOT_FOUND', async () => {
      const { client } = setUp();
      const patch = client.patch(scope, noSuchId, firstPatch.fields, signal);
      await expect(patch).rejects.toMatchObject({ code: 'NOT_FOUND', httpStatus: 404 });
    });
  });

  describeIf(provider.declaration.repairable === true)('setting a secret', () => {
    const secret = 'Chosen-by-us-0123456789';
    const set = (client: Client, id: string) => required(client.setSecret)(scope, id, secret, signal);

    test('gives the token this secret, and changes nothing else', async () => {
      const { client, running } = setUp({ tokens: [full] });
      const created = await set(client, full.id);
      expect(running.secrets()).toEqual([secret]);
      expect(created.secret.reveal()).toBe(secret);
      expect(created.username).toBe(subject.username(fullName));
      expect(created.token).toMatchObject({ id: full.id, name: fullName, fields: subject.fields });
      expect(JSON.stringify(created.token)).not.toContain(secret);
    });

    test('again changes nothing', async () => {
      const { client, running } = setUp({ tokens: [full] });
      await set(client, full.id);
      await set(client, full.id);
      expect(running.secrets()).toEqual([secret]);
    });

    test('of a new token replaces the one of the response', async () => {
      const { client, running } = setUp();
      const { token } = await client.create(scope, small('small'), mark(), signal);
      await set(client, token.id);
      expect(running.secrets()).toEqual([secret]);
    });

    test('of a missing token fails with NOT_FOUND', async () => {
      const { client } = setUp();
      await expect(set(client, noSuchId)).rejects.toMatchObject({ code: 'NOT_FOUND', httpStatus: 404 });
    });
  });

  describeIf(renewal !== undefined)('renewing a secret', () => {
    const chosen = renewal?.secret === 'ours' ? 'Renewed-by-us-0123456789' : undefined;
    const renew = (client: Client, id: string) => required(client.renew)(scope, id, chosen, signal);

    test('returns the secret that is now valid', async () => {
      const { client, running } = setUp({ tokens: [full] });
      const before = running.secrets();
      const { secret, username } = await renew(client, full.id);
      expect(running.secrets()).toContain(secret.reveal());
      expect(before).not.toContain(secret.reveal());
      if (chosen) expect(secret.reveal()).toBe(chosen);
      expect(username).toBe(subject.username(fullName));
    });

    test('keeps the old secret, the ID and the expiry as the kind says', async () => {
      const { client, running } = setUp({ tokens: [full] });
      const [old] = running.secrets();
      const { token } = await renew(client, full.id);
      expect(running.secrets().includes(old ?? '')).toBe(renewal?.oldSecret === 'stays');
      expect(token.id === full.id).toBe(renewal?.keepsId);
      const expiry = expiryField(rules);
      expect(token.fields[expiry] !== subject.fields[expiry]).toBe(renewal?.movesExpiry);
      expect({ ...token.fields, [expiry]: null }).toEqual({ ...subject.fields, [expiry]: null });
      expect(await client.read(scope, token.id, signal)).toMatchObject({ fields: token.fields });
    });

    test('of a missing token fails with NOT_FOUND', async () => {
      const { client } = setUp();
      await expect(renew(client, noSuchId)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    });
  });

  test('has a method for each way to change a secret that the kind declares', () => {
    const { client } = setUp();
    expect(client.setSecret !== undefined).toBe(provider.declaration.repairable === true);
    expect(client.renew !== undefined).toBe(renewal !== undefined);
  });

  testIf(subject.start({ scopes: [], tokens: [] }).authorizations.limited !== undefined)(
    'reports what a credential cannot do',
    async () => {
      const { client, running } = setUp();
      const limited = connect(provider, running, running.authorizations.limited);
      expect(await required(client.inabilities)(signal)).toEqual([]);
      expect(await required(limited.inabilities)(signal)).toEqual([
        { action: 'set_secret', reason: expect.stringMatching(/./) },
      ]);
    },
  );

  describe('deleting', () => {
    test('takes the token away and leaves the others', async () => {
      const { client } = setUp({ tokens: [...smallTokens(2), full] });
      await client.delete(scope, full.id, signal);
      expect((await client.list(scope, signal)).tokens.map(({ name }) => name)).toEqual([
        'token-1',
        'token-2',
      ]);
    });

    test('a missing token is ignored', async () => {
      const { client } = setUp({ tokens: [full] });
      await client.delete(scope, full.id, signal);
      await expect(client.delete(scope, full.id, signal)).resolves.toBeUndefined();
    });
  });

  test.each(subject.variants)('a token is made, changed if it can be, and deleted, %s', async (variant) => {
    const { client, running } = setUp({}, variant);
    const { token, secret } = await client.create(scope, small('short-lived'), mark(), signal);
    expect(running.secrets()).toEqual([secret.reveal()]);
    if (isChangeable) {
      const changed = await client.patch(scope, token.id, firstPatch.fields, signal);
      expect(changed).toMatchObject({ id: token.id, fields: firstPatch.fields });
    }
    await client.delete(scope, token.id, signal);
    await client.delete(scope, token.id, signal);
    expect(await client.read(scope, token.id, signal)).toBeUndefined();
    if (isChangeable) {
      const tooLate = client.patch(scope, token.id, firstPatch.fields, signal);
      await expect(tooLate).rejects.toMatchObject({ code: 'NOT_FOUND' });
    }
    expect(running.secrets()).toEqual([]);
  });

  describe.each([
    ['credentials that are not accepted', 'invalid', 401],
    ['credentials without the privilege', 'unprivileged', 403],
  ] as const)('%s', (_, who, httpStatus) => {
    const changing: (typeof works)[number] = [
      'changing',
      (client) => client.patch(scope, full.id, firstPatch.fields, signal),
    ];
    const works: readonly [string, (client: Client) => Promise<unknown>][] = [
      ['listing', (client) => client.list(scope, signal)],
      ['reading', (client) => client.read(scope, full.id, signal)],
      ['making', (client) => client.create(scope, small('small'), mark(), signal)],
      ...(isChangeable ? [changing] : []),
      ['deleting', (client) => client.delete(scope, full.id, signal)],
    ];
    const finding: typeof works =
      subject.scopeListing && !subject.findsScopesByName
        ? [['finding a scope', (client) => client.resolve(scopeRef('team-a'), signal)]]
        : [];
    test.each([...finding, ...works])(
      'fail with AUTH: %s, asked once if one request is enough, and with a hint',
      async (_what, work) => {
        const { running, asked } = setUp({ tokens: [full] });
        const { [who]: given } = running.authorizations;
        const authorization = typeof given === 'string' ? given : await given();
        await expect(work(connect(provider, running, authorization))).rejects.toMatchObject({
          code: 'AUTH',
          ...(rejectsByStatus && { httpStatus }),
          hint: expect.stringMatching(/./),
        });
        if (rejectsByStatus) expect(asked()).toHaveLength(1);
      },
    );
  });
});
