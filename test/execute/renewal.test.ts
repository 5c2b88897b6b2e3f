import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Desired } from '../../src/core/model/desired.ts';
import { type ErrorCode, ReconcileError } from '../../src/core/model/errors.ts';
import { SecretRejectedError } from '../../src/core/model/secret-rejected.ts';
import { applied, ciEntry, createSite, killedSite, type Site } from './stub-service.ts';

const day = 86_400;

/** The entry of `ci`, whose secret is renewed in place. */
const renewed = (site: Site): Desired =>
  ciEntry(site, { renewal: { every: 30 * day, lifetime: 45 * day, beforeExpiry: 0 } });

const filesIn = async (folder: string): Promise<readonly string[]> => {
  const names = await readdir(folder).catch(() => []);
  return Promise.all(names.map((name) => readFile(join(folder, name), 'utf8')));
};
const spoolOf = ({ folder }: Site) => filesIn(join(folder, 'state', 'spool'));

const ledgerEntry = async ({ folder }: Site): Promise<Record<string, unknown>> => {
  const { tokens } = JSON.parse(await readFile(join(folder, 'state/custody.json'), 'utf8'));
  return Object.values(tokens)[0] as Record<string, unknown>;
};

const passwordIn = async ({ folder }: Site): Promise<string> =>
  JSON.parse(await readFile(join(folder, 'ci.json'), 'utf8')).password;

/** Returns a site whose token is live and delivered. */
async function heldSite(): Promise<Site> {
  const site = await createSite();
  expect((await applied(site, renewed(site))).result).toMatchObject({ status: 'applied', action: 'create' });
  site.service.writes.splice(0);
  return site;
}

/** Renews the secret at request. */
const renew = (site: Site) => applied(site, renewed(site), { forceReplace: true });

/** Expects one token, its secret in the sink, and nothing left to do. */
async function expectDelivered(site: Site): Promise<void> {
  const [token, ...more] = site.service.tokens;
  expect(more).toEqual([]);
  expect(await passwordIn(site)).toBe(token?.secret);
  expect(await spoolOf(site)).toEqual([]);
  const writes = [...site.service.writes];
  const { result } = await applied(site, renewed(site));
  expect(result).toMatchObject({ action: 'noop', status: 'unchanged' });
  expect(site.service.writes).toEqual(writes);
}

test('the attempt is recorded, with its secret, before anything is sent', async () => {
  const site = await heldSite();
  const seen: { readonly write: string; readonly attempts: readonly Record<string, unknown>[] }[] = [];
  site.service.onWrite = async (write) => {
    const attempts = (await spoolOf(site)).map((text) => JSON.parse(text).attempt);
    seen.push({ write, attempts });
  };
  expect((await renew(site)).result).toMatchObject({ action: 'patch', status: 'applied', id: 'id-1' });
  const secret = site.service.tokens[0]?.secret;
  const recorded = [expect.objectContaining({ renews: true, repairId: 'id-1', chosenSecret: secret })];
  expect(seen).toEqual([
    { write: 'patch id-1', attempts: recorded },
    { write: 'set the secret of id-1', attempts: recorded },
  ]);
  await expectDelivered(site);
});

test('the time of the renewal is on record', async () => {
  const site = await heldSite();
  expect(await ledgerEntry(site)).not.toHaveProperty('renewedAt');
  const before = Math.floor(site.service.clock.now() / 1000);
  await renew(site);
  expect((await ledgerEntry(site))['renewedAt']).toBeGreaterThanOrEqual(before);
});

test('the time of the renewal does not outlive the token', async () => {
  const site = await heldSite();
  await renew(site);
  site.service.tokens.splice(0);
  expect((await applied(site, renewed(site))).result).toMatchObject({ action: 'create', status: 'applied' });
  expect(await ledgerEntry(site)).toMatchObject({ id: 'id-2' });
  expect(await ledgerEntry(site)).not.toHaveProperty('renewedAt');
});

test('the new secret is masked', async () => {
  const site = await heldSite();
  const { masked } = await renew(site);
  expect(masked.map((secret) => secret.reveal())).toContain(site.service.tokens[0]?.secret);
});

describe('if the other changes are rejected', () => {
  test('the secret stays, and the attempt is removed', async () => {
    const site = await heldSite();
    const password = await passwordIn(site);
    site.service.rejectedPatches = [
      new ReconcileError({ code: 'API_REJECTED', message: 'no', httpStatus: 400 }),
    ];
    expect((await renew(site)).result).toMatchObject({ status: 'failed', error: { code: 'API_REJECTED' } });
    expect(site.service.writes).toEqual(['patch id-1']);
    expect(site.service.tokens[0]?.secret).toBe(password);
    await expectDelivered(site);
  });
});

describe('if the service has certainly rejected the secret', () => {
  const rejection = (httpStatus: number, code: ErrorCode = 'API_REJECTED') =>
    new SecretRejectedError({ code, message: 'no', httpStatus });

  test.each([400, 401, 403, 409, 422])(
    'with a %i, the attempt is removed, and the old secret stays',
    async (status) => {
      const site = await heldSite();
      const password = await passwordIn(site);
      site.service.rejectedSets = [rejection(status)];
      expect((await renew(site)).result).toMatchObject({
        status: 'failed',
        error: {
          code: 'API_REJECTED',
          message: expect.stringContaining('the old one stays valid'),
          hint: expect.stringContaining('reconcile rotate registry_token:team-a/ci'),
        },
      });
      expect(site.service.tokens[0]?.secret).toBe(password);
      await expectDelivered(site);
    },
  );

  test('as the token is gone, it is created', async () => {
    const site = await heldSite();
    site.service.onWrite = async (write) => {
      if (write === 'patch id-1') site.service.tokens.splice(0);
    };
    site.service.rejectedSets = [rejection(404, 'NOT_FOUND')];
    await renew(site);
    await applied(site, renewed(site));
    await expectDelivered(site);
  });

  test('as the token is not found, and is still listed, that is a failure', async () => {
    const site = await heldSite();
    const password = await passwordIn(site);
    site.service.rejectedSets = [rejection(404, 'NOT_FOUND')];
    expect((await renew(site)).result).toMatchObject({ status: 'failed', error: { code: 'NOT_FOUND' } });
    expect(site.service.tokens[0]?.secret).toBe(password);
    await expectDelivered(site);
  });

  test('after an earlier run may have set it, the attempt stays', async () => {
    const site = await heldSite();
    site.service.lostSets = 5;
    await renew(site);
    site.service.rejectedSets = [rejection(403)];
    expect((await applied(site, renewed(site))).result).toMatchObject({
      status: 'failed',
      error: { code: 'OUTCOME_UNKNOWN' },
    });
    expect(await spoolOf(site)).toHaveLength(1);
    await applied(site, renewed(site));
    await expectDelivered(site);
  });
});

describe('the attempt stays, and the next run finishes it', () => {
  const rejection = (httpStatus: number) =>
    new ReconcileError({ code: 'API_REJECTED', message: 'no', httpStatus });

  test.each([403, 404, 429])('if the secret was set, and the response is a %i', async (status) => {
    const site = await heldSite();
    site.service.rejectedSets = [rejection(status)];
    expect((await renew(site)).result).toMatchObject({
      status: 'failed',
      error: { code: 'OUTCOME_UNKNOWN' },
    });
    expect((await applied(site, renewed(site))).result).toMatchObject({
      action: 'deliver',
      status: 'applied',
    });
    await expectDelivered(site);
  });

  test.each([429, 500])('if the response to the other changes is a %i', async (status) => {
    const site = await heldSite();
    site.service.rejectedPatches = [rejection(status)];
    expect((await renew(site)).result).toMatchObject({ status: 'failed' });
    expect(await spoolOf(site)).toHaveLength(1);
    expect((await applied(site, renewed(site))).result).toMatchObject({
      action: 'deliver',
      status: 'applied',
    });
    await expectDelivered(site);
  });
});

describe('if the response to the secret is lost', () => {
  test('the same secret is sent again', async () => {
    const site = await heldSite();
    site.service.lostSets = 2;
    expect((await renew(site)).result).toMatchObject({ action: 'patch', status: 'applied' });
    const set = 'set the secret of id-1';
    expect(site.service.writes).toEqual(['patch id-1', set, set, set]);
    await expectDelivered(site);
  });

  test('each time, the next run delivers it', async () => {
    const site = await heldSite();
    site.service.lostSets = 5;
    const { result } = await renew(site);
    expect(result).toMatchObject({ status: 'failed', error: { code: 'OUTCOME_UNKNOWN' } });
    expect(result?.error?.message).toMatch(/^the secret of ci \(id-1\) in team-a can't be renewed/);
    const secret = site.service.tokens[0]?.secret;
    expect((await applied(site, renewed(site))).result).toMatchObject({
      action: 'deliver',
      status: 'applied',
    });
    expect(site.service.tokens[0]?.secret).toBe(secret);
    await expectDelivered(site);
  });
});

describe('after a kill', () => {
  test.each(['patch id-1', 'set the secret of id-1'])('right after %s, the next run delivers', async (at) => {
    const site = await heldSite();
    let killed: Site | undefined;
    site.service.onWrite = async (write) => {
      if (write === at) killed ??= await killedSite(site);
    };
    await renew(site);
    if (!killed) throw new Error(`nothing was killed at ${at}`);
    const { result } = await applied(killed, renewed(killed));
    expect(result).toMatchObject({ action: 'deliver', status: 'applied', id: 'id-1' });
    expect(killed.service.writes).not.toContain('create id-2');
    expect(killed.service.writes).not.toContain('delete id-1');
    const [token] = killed.service.tokens;
    expect(Date.parse(String(token?.fields['expiry_date']))).toBeGreaterThan(Date.now() + 40 * day * 1000);
    const login = JSON.parse(await readFile(join(killed.folder, 'ci.json'), 'utf8').catch(() => '{}'));
    const original = JSON.parse(await readFile(join(site.folder, 'ci.json'), 'utf8'));
    expect([login.password, original.password]).toContain(token?.secret);
    expect(await spoolOf(killed)).toEqual([]);
  });

  test('the token is gone: another one is created, and the attempt does not stay', async () => {
    const site = await heldSite();
    site.service.lostSets = 5;
    await renew(site);
    site.service.tokens.splice(0);
    await applied(site, renewed(site));
    await expectDelivered(site);
  });
});
