import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { fileSink } from '../custody/sinks/fixtures.ts';
import { applied, ciEntry, createSite, killedSite, type Site } from './stub-service.ts';

/** Returns the delivered login; `undefined` if nothing was delivered. */
async function loginIn({
  folder,
}: Site): Promise<{ id: string; username: string; password: string } | undefined> {
  const text = await readFile(join(folder, 'ci.json'), 'utf8').catch(() => undefined);
  return text === undefined ? undefined : JSON.parse(text);
}

/** Returns the contents of the spool. */
async function spoolOf({ folder }: Site): Promise<readonly string[]> {
  const spool = join(folder, 'state', 'spool');
  const names = await readdir(spool).catch(() => []);
  return Promise.all(names.map((name) => readFile(join(spool, name), 'utf8')));
}

const ledgerOf = ({ folder }: Site): Promise<string> => readFile(join(folder, 'state/custody.json'), 'utf8');

/** Expects that one token is live, that its secret is delivered, and that nothing is left to do. */
async function expectDelivered(site: Site): Promise<void> {
  const [token, ...more] = site.service.tokens;
  expect(more).toEqual([]);
  expect(await loginIn(site)).toMatchObject({ id: token?.id, username: 'robot$ci', password: token?.secret });
  expect(await spoolOf(site)).toEqual([]);
  const writes = [...site.service.writes];
  const { result } = await applied(site, ciEntry(site));
  expect(result).toMatchObject({ action: 'noop', status: 'unchanged' });
  expect(site.service.writes).toEqual(writes);
}

const day = 86_400;

const ourSecret = /^(?=.*[a-z])(?=.*[A-Z])(?=.*\d)[a-zA-Z\d]{32}$/;

describe('a create of a repairable kind', () => {
  test('records a secret of ours before the request, and drops it with the response', async () => {
    const site = await createSite();
    let before: readonly string[] = [];
    site.service.onWrite = async () => {
      before = await spoolOf(site);
    };
    const { result, masked } = await applied(site, ciEntry(site));
    expect(result).toMatchObject({ status: 'applied' });
    expect(before.map((text) => JSON.parse(text).attempt.chosenSecret)).toEqual([
      expect.stringMatching(ourSecret),
    ]);
    expect(masked.map((secret) => secret.length)).toContain(32);
    expect(site.service.writes).toEqual(['create id-1']);
    expect(await loginIn(site)).toMatchObject({ password: 'theirs-1' });
    await expectDelivered(site);
  });
});

describe('a token whose create response was lost', () => {
  test('gets the recorded secret, which is delivered', async () => {
    const site = await createSite();
    site.service.faults = ['lost'];
    const { result, warnings } = await applied(site, ciEntry(site));
    expect(result).toMatchObject({ action: 'create', status: 'applied', id: 'id-1' });
    expect(warnings).toEqual([]);
    expect(site.service.writes).toEqual(['create id-1', 'set the secret of id-1']);
    expect((await loginIn(site))?.password).toMatch(ourSecret);
    await expectDelivered(site);
  });

  test('gets it again if that response is lost as well', async () => {
    const site = await createSite();
    site.service.faults = ['lost'];
    site.service.lostSets = 2;
    expect((await applied(site, ciEntry(site))).result).toMatchObject({ status: 'applied' });
    const set = 'set the secret of id-1';
    expect(site.service.writes).toEqual(['create id-1', set, set, set]);
    await expectDelivered(site);
  });

  test('gets it in the next run if no response arrives in this one', async () => {
    const site = await createSite();
    site.service.faults = ['lost'];
    site.service.lostSets = 5;
    const { result, warnings } = await applied(site, ciEntry(site));
    expect(result).toMatchObject({ status: 'failed', error: { code: 'OUTCOME_UNKNOWN' } });
    expect(result?.error?.message).toContain('id-1');
    expect(warnings).toEqual([]);
    expect(await loginIn(site)).toBeUndefined();
    expect((await applied(site, ciEntry(site))).result).toMatchObject({
      action: 'deliver',
      status: 'applied',
    });
    expect(site.service.writes.filter((write) => !write.startsWith('set'))).toEqual(['create id-1']);
    await expectDelivered(site);
  });

  test('is created again if the request had no effect', async () => {
    const site = await createSite();
    site.service.faults = ['never'];
    expect((await applied(site, ciEntry(site))).result).toMatchObject({ status: 'applied', id: 'id-2' });
    expect(site.service.writes).toEqual(['create id-1', 'create id-2']);
    expect(await ledgerOf(site)).not.toContain('chosenSecret');
    await expectDelivered(site);
  });

  test('is that of the attempt whose request arrived, and no settlement deletes it', async () => {
    const site = await createSite();
    site.service.faults = ['never', 'lost'];
    site.service.inabilities = [{ action: 'set_secret', reason: 'it is a robot account' }];
    const { result } = await applied(site, ciEntry(site));
    expect(result).toMatchObject({ status: 'failed', error: { code: 'OUTCOME_UNKNOWN' } });
    expect(site.service.writes).toEqual(['create id-1', 'create id-2']);
    site.service.inabilities = [];
    const { result: next } = await applied(site, ciEntry(site));
    expect(next).toMatchObject({ action: 'deliver', status: 'applied', id: 'id-2' });
    await expectDelivered(site);
  });

  test.each([
    { why: 'was changed since', change: { modified: true }, choices: {} },
    { why: 'has other properties', change: { fields: { scopes: [] } }, choices: {} },
    { why: 'was created before', change: { created: 1 }, choices: {} },
    { why: 'shows no proof, and proof is required', change: {}, choices: { proofOnly: true } },
  ])('stays as it is if its ownership is unknown: it $why', async ({ change, choices }) => {
    const site = await createSite();
    site.service.faults = ['lost'];
    site.service.onWrite = async (write) => {
      if (write.startsWith('create')) site.service.change('ci', change);
    };
    const { result, warnings } = await applied(site, ciEntry(site), choices);
    expect(result).toMatchObject({ status: 'failed', error: { code: 'OUTCOME_UNKNOWN' } });
    expect(result?.error?.message).toMatch(/id-1.*nothing was deleted/);
    expect(warnings).toEqual([expect.stringContaining('it was not deleted')]);
    expect(site.service.writes).toEqual(['create id-1']);
    expect(site.service.tokens).toMatchObject([{ secret: 'theirs-1' }]);
    expect(await loginIn(site)).toBeUndefined();
  });

  test('stays as it is if the credential can not set secrets, until another one can', async () => {
    const site = await createSite();
    site.service.faults = ['lost'];
    site.service.inabilities = [{ action: 'set_secret', reason: 'it is a robot account' }];
    for (const action of ['create', 'error']) {
      const { result, warnings } = await applied(site, ciEntry(site));
      expect(result).toMatchObject({ action, error: { code: 'OUTCOME_UNKNOWN' } });
      expect(result?.error?.message).toMatch(/id-1.*it is a robot account; nothing was deleted or changed/);
      expect(warnings).toEqual([]);
      expect(site.service.writes).toEqual(['create id-1']);
      expect(site.service.tokens).toMatchObject([{ secret: 'theirs-1', modified: false }]);
    }
    site.service.inabilities = [];
    expect((await applied(site, ciEntry(site))).result).toMatchObject({
      action: 'deliver',
      status: 'applied',
    });
    await expectDelivered(site);
  });
});

describe('a name that a late token of this run has taken', () => {
  test('is kept: the token gets the recorded secret', async () => {
    const site = await createSite();
    site.service.faults = ['late'];
    const { result, warnings } = await applied(site, ciEntry(site));
    expect(result).toMatchObject({ action: 'create', status: 'applied', id: 'id-1' });
    expect(warnings).toEqual([]);
    expect(site.service.writes).toEqual(['create id-1', 'conflict', 'set the secret of id-1']);
    expect(await ledgerOf(site)).not.toContain('knownIds');
    await expectDelivered(site);
  });

  test('is taken by a foreign token: nothing is deleted or changed', async () => {
    const site = await createSite();
    site.service.faults = ['late'];
    site.service.onWrite = async (write) => {
      if (write === 'conflict') site.service.change('ci', { modified: true });
    };
    const { result } = await applied(site, ciEntry(site));
    expect(result).toMatchObject({ status: 'failed', error: { code: 'OUTCOME_UNKNOWN' } });
    expect(site.service.writes).toEqual(['create id-1', 'conflict']);
    expect(site.service.tokens).toMatchObject([{ secret: 'theirs-1' }]);
  });

  test('stays if the credential can not set secrets', async () => {
    const site = await createSite();
    site.service.faults = ['late'];
    site.service.inabilities = [{ action: 'set_secret', reason: 'it is a robot account' }];
    const { result, warnings } = await applied(site, ciEntry(site));
    expect(result).toMatchObject({ status: 'failed', error: { code: 'OUTCOME_UNKNOWN' } });
    expect(warnings).toEqual([]);
    expect(site.service.writes).toEqual(['create id-1', 'conflict']);
    site.service.inabilities = [];
    await applied(site, ciEntry(site));
    await expectDelivered(site);
  });
});

describe('after a kill', () => {
  /** Applies once, and returns the site as it was right after this write. */
  async function killedAfter(write: string, { faults }: Pick<Site['service'], 'faults'>): Promise<Site> {
    const site = await createSite();
    site.service.faults = faults;
    let killed: Site | undefined;
    site.service.onWrite = async (made) => {
      if (made === write) killed ??= await killedSite(site);
    };
    await applied(site, ciEntry(site));
    if (!killed) throw new Error(`no write ${write}`);
    return killed;
  }

  test.each([
    { write: 'create id-1', faults: [] },
    { write: 'set the secret of id-1', faults: ['lost' as const] },
    { write: 'set the secret of id-1', faults: ['late' as const] },
  ])('$write $faults: the next run sets the recorded secret, and delivers it', async ({ write, faults }) => {
    const site = await killedAfter(write, { faults });
    const [spooled] = await spoolOf(site);
    const { result } = await applied(site, ciEntry(site));
    expect(result).toMatchObject({ action: 'deliver', status: 'applied', id: 'id-1' });
    expect(site.service.writes).toEqual(['set the secret of id-1']);
    expect(await loginIn(site)).toMatchObject({ password: JSON.parse(spooled ?? '').attempt.chosenSecret });
    await expectDelivered(site);
  });

  test('a generation of a family gets the recorded secret, too', async () => {
    const rotation = { base: 'ci', every: 30 * day, lifetime: 45 * day, beforeExpiry: 7 * day, overlap: day };
    const site = await createSite();
    let killed: Site | undefined;
    site.service.onWrite = async () => {
      killed ??= await killedSite(site);
    };
    await applied(site, ciEntry(site, { rotation }));
    if (!killed) throw new Error('nothing was created');
    const { result } = await applied(killed, ciEntry(killed, { rotation }));
    expect(result).toMatchObject({ action: 'deliver', status: 'applied', id: 'id-1' });
    expect(killed.service.writes).toEqual(['set the secret of id-1']);
    expect(await loginIn(killed)).toMatchObject({ id: 'id-1', password: killed.service.tokens[0]?.secret });
  });

  test('the secret is encrypted for no sink that the entry no longer has', async () => {
    const site = await createSite();
    let killed: Site | undefined;
    site.service.onWrite = async () => {
      killed ??= await killedSite(site);
    };
    const age = ['age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p'];
    await applied(site, ciEntry(site, { secret: [fileSink(site.folder, 'ci.age', { age })] }));
    if (!killed) throw new Error('nothing was created');
    await applied(killed, ciEntry(killed));
    await expectDelivered(killed);
  });

  test('a token that someone has changed stays as it is', async () => {
    const site = await killedAfter('create id-1', { faults: [] });
    site.service.change('ci', { modified: true });
    const { result } = await applied(site, ciEntry(site), { proofOnly: true });
    expect(result).toMatchObject({ action: 'error', error: { code: 'OUTCOME_UNKNOWN' } });
    expect(site.service.writes).toEqual([]);
  });

  test('a token that does not exist is created', async () => {
    const site = await killedAfter('create id-1', { faults: [] });
    site.service.tokens.splice(0);
    expect((await applied(site, ciEntry(site))).result).toMatchObject({
      action: 'create',
      status: 'applied',
    });
    await expectDelivered(site);
  });

  test.each([
    { write: 'create id-1', faults: [] },
    { write: 'set the secret of id-1', faults: ['lost' as const] },
  ])('$write: --replace creates another token', async ({ write, faults }) => {
    const site = await killedAfter(write, { faults });
    const { result } = await applied(site, ciEntry(site), { forceReplace: true });
    expect(result).toMatchObject({ action: 'replace', status: 'applied' });
    expect(site.service.writes).toEqual(['delete id-1', 'create id-2']);
    expect(await loginIn(site)).toMatchObject({ password: 'theirs-2' });
    await expectDelivered(site);
  });

  test('an entry that is declared absent by then deletes the token', async () => {
    const site = await killedAfter('set the secret of id-1', { faults: ['lost'] });
    const absent = ciEntry(site, { state: 'absent', fields: {} });
    expect((await applied(site, absent)).result).toMatchObject({ action: 'delete', status: 'applied' });
    expect(site.service.tokens).toEqual([]);
    expect(await spoolOf(site)).toEqual([]);
  });
});
