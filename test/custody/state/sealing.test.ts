import { generateIdentity } from 'age-encryption';
import { describe, expect, it } from 'vitest';
import type { CreateAttempt } from '../../../src/core/model/custody-record.ts';
import { Secret } from '../../../src/core/model/secret.ts';
import type { JsonObject } from '../../../src/core/util/json.ts';
import { neverAborted } from '../../../src/core/util/never-aborted.ts';
import { createSealing, type Sealing } from '../../../src/custody/state/sealing.ts';
import { openState, type State } from '../../../src/custody/state/state.ts';
import { MemoryRemote, memoryBranch } from '../../support/memory-branch.ts';
import { fileSink } from '../sinks/fixtures.ts';
import { gitStore, identity, sealing } from './git/store-fixtures.ts';
import { attempt, key, made } from './records.ts';
import { opening, take } from './store-contract.ts';

const spoolFile = `spool/${key}.nonce-1.json`;
const wait = { lockTimeoutSeconds: 0, signal: neverAborted };

/** Opens the state in a branch as a run does: to write, or only to read. */
async function open(
  remote: MemoryRemote,
  {
    willWrite,
    key: used = sealing,
    base,
  }: { readonly willWrite: boolean; readonly key?: Sealing; readonly base?: string },
): Promise<State> {
  const branch = memoryBranch(remote);
  const store = await opening(async () =>
    gitStore({ branch, sealing: used, ...(base !== undefined && { base }) }),
  )();
  if (willWrite) await take(store);
  return openState(store, willWrite ? wait : undefined);
}

const keyless = await createSealing(undefined);
const otherIdentity = await generateIdentity();
const otherKey = await createSealing({ text: otherIdentity, from: '--state-key other.txt' });

describe('a secret in a branch', () => {
  it('is encrypted, and readable with the key', async () => {
    const remote = new MemoryRemote();
    const { spool, store } = await open(remote, { willWrite: true });
    const chosen = {
      ...attempt,
      nonce: 'nonce-2',
      chosenSecret: new Secret('chosen-by-us'),
      repairId: 'id-2',
    };
    await spool.recordAttempt(chosen);
    await spool.made(attempt, made);
    await store.release();
    const all = remote.history.flatMap(({ files }) => [...files.values()]).join('');
    expect(all).not.toContain('hunter2');
    expect(all).not.toContain('chosen-by-us');
    expect(all).not.toContain('AGE-SECRET-KEY');
    expect(JSON.parse(remote.commit?.files.get(spoolFile) ?? '')).toMatchObject({
      sealedTo: sealing.recipient,
      attempt: { name: 'ci' },
      made: { id: 'id-1', secret: expect.stringMatching(/^-----BEGIN AGE ENCRYPTED FILE-----/) },
    });
    const entries = (await open(remote, { willWrite: true })).spool.entries();
    const revealed = entries.map((each) => (each.attempt.chosenSecret ?? each.made?.secret)?.reveal());
    expect(revealed.sort()).toEqual(['chosen-by-us', 'hunter2']);
  });

  it('is delivered by another run with the key', async () => {
    const remote = new MemoryRemote();
    const first = await open(remote, { willWrite: true });
    await first.spool.made(attempt, made);
    await first.store.release();
    const { spool } = await open(remote, { willWrite: true });
    expect(spool.entries()).toEqual([{ attempt, made }]);
    expect(spool.entries()[0]?.made?.secret?.reveal()).toBe('hunter2');
  });

  it.each([
    { why: 'no key', key: keyless },
    { why: 'another key', key: otherKey },
  ])('is not needed for reading the rest: $why', async ({ key: used }) => {
    const remote = new MemoryRemote();
    const first = await open(remote, { willWrite: true });
    await first.spool.made(attempt, made);
    await first.spool.recordAttempt({
      ...attempt,
      nonce: 'nonce-2',
      chosenSecret: new Secret('chosen-by-us'),
    });
    await first.store.release();
    const { spool, problems } = await open(remote, { willWrite: false, key: used });
    expect(problems).toEqual([]);
    expect(spool.entries()).toEqual([
      {
        attempt,
        made: {
          ...made,
          secret: null,
          sealed: {
            text: expect.stringMatching(/^-----BEGIN AGE ENCRYPTED FILE-----/),
            recipient: sealing.recipient,
          },
        },
      },
      { attempt: { ...attempt, nonce: 'nonce-2', chosenSecret: expect.any(Secret) }, made: null },
    ]);
  });

  it.each([
    { why: 'no key', key: keyless, message: 'and there is no key' },
    {
      why: 'another key',
      key: otherKey,
      message: `but --state-key other.txt is the key of ${otherKey.recipient}`,
    },
  ])('stays encrypted in a run with $why, which knows the right key', async ({ key: used, message }) => {
    const remote = new MemoryRemote();
    const first = await open(remote, { willWrite: true });
    await first.spool.made(attempt, made);
    await first.store.release();
    const { spool, store } = await open(remote, { willWrite: true, key: used });
    const [entry] = spool.entries();
    const problem = entry?.made?.sealed?.problem;
    expect(problem).toMatchObject({
      code: 'STATE_KEY',
      message: expect.stringContaining(sealing.recipient ?? ''),
    });
    expect(problem?.message).toContain(message);
    // Such a run can't vouch for the entry, and so doesn't write it again.
    const renamed = { ...attempt, name: 'ci-2' };
    if (entry?.made) await expect(spool.made(renamed, entry.made)).rejects.toBe(problem);
    await store.release();
    const [kept] = (await open(remote, { willWrite: true })).spool.entries();
    expect([kept?.attempt.name, kept?.made?.secret?.reveal()]).toEqual(['ci', 'hunter2']);
  });

  it('is not written without a key', async () => {
    const remote = new MemoryRemote();
    const { spool } = await open(remote, { willWrite: true, key: keyless });
    await expect(spool.recordAttempt(attempt)).rejects.toMatchObject({ code: 'STATE_KEY' });
    await expect(spool.made(attempt, made)).rejects.toMatchObject({
      code: 'STATE_KEY',
      hint: expect.stringContaining('RECONCILE_STATE_KEY'),
    });
    expect(remote.history.flatMap(({ files }) => [...files.values()]).join('')).not.toContain('hunter2');
  });
});

/** The members of an entry's file. */
interface EntryFile {
  readonly attempt: JsonObject;
  readonly made: JsonObject;
  readonly sealedTo: string;
  readonly mark: string;
}

/** Returns the file of an entry with the names of version 1, whose entries had no mark. */
function asVersion1(entry: Omit<EntryFile, 'mark' | 'sealedTo'>): JsonObject {
  const { replaceOrder = null, knownIds = [], replaces = null, ...attempt } = entry.attempt;
  const { respondedAt = 0, ...made } = entry.made;
  return {
    ...entry,
    version: 1,
    attempt: { ...attempt, order: replaceOrder, seen: knownIds, old: replaces },
    made: { ...made, madeAt: respondedAt },
  };
}

describe('an entry of the spool in a branch', () => {
  /** A branch with one entry, changed by someone who can push but has no key. */
  const changed = async (change: (entry: EntryFile) => unknown): Promise<MemoryRemote> => {
    const remote = new MemoryRemote();
    const first = await open(remote, { willWrite: true });
    await first.spool.made(attempt, made);
    await first.store.release();
    const { files = new Map() } = remote.commit ?? {};
    const entry = JSON.parse(files.get(spoolFile) ?? '');
    remote.set({
      id: 'f'.repeat(40),
      files: new Map([...files, [spoolFile, JSON.stringify(await change(entry))]]),
    });
    return remote;
  };

  it.each<{ what: string; change: (entry: EntryFile) => unknown }>([
    {
      what: 'with a damaged secret',
      change: (entry) => ({ ...entry, made: { ...entry.made, secret: 'x' } }),
    },
    {
      what: 'with a secret of someone else, encrypted to the key',
      change: async (entry) => ({
        ...entry,
        made: { ...entry.made, secret: await sealing.seal(new Secret('planted')) },
      }),
    },
    {
      what: 'with another token to replace',
      change: (entry) => ({
        ...entry,
        attempt: {
          ...entry.attempt,
          replaces: { id: 'id-2', name: 'other', created: 1 },
        },
      }),
    },
    { what: 'without a mark', change: ({ mark: _, ...entry }) => entry },
    { what: 'without a recipient', change: ({ sealedTo: _, ...entry }) => entry },
    { what: 'of version 1', change: ({ mark: _, ...entry }) => asVersion1(entry) },
    {
      what: 'of version 1, with a secret in the clear',
      change: ({ attempt, made }) => asVersion1({ attempt, made: { ...made, secret: 'planted' } }),
    },
  ])('$what stops the run: it was not written with the key', async ({ change }) => {
    const remote = await changed(change);
    const rejected = { code: 'STATE_BROKEN', message: expect.stringContaining("this state's key") };
    await expect(open(remote, { willWrite: true })).rejects.toMatchObject(rejected);
    const { spool, problems } = await open(remote, { willWrite: false });
    expect(spool.entries()).toEqual([]);
    expect(problems).toMatchObject([rejected]);
  });

  it('that claims another key delivers nothing, not even content that is encrypted already', async () => {
    const { recipient } = otherKey;
    const remote = await changed((entry) => ({
      ...entry,
      sealedTo: recipient,
      made: { ...entry.made, secret: null, content: 'planted' },
    }));
    await expect(open(remote, { willWrite: true })).rejects.toMatchObject({ code: 'STATE_KEY' });
  });
});

describe('a key', () => {
  it.each([
    { why: 'an identity', text: identity },
    { why: 'with a newline', text: `${identity}\r\n` },
    { why: 'a file from age-keygen', text: `# created: 2027-01-01\n# public key: age1…\n${identity}\n` },
  ])('is $why', async ({ text }) => {
    const made = await createSealing({ text, from: 'key.txt' });
    expect(made.recipient).toBe(sealing.recipient);
    made.assertKey();
    const sealed = await made.seal(new Secret('hunter2'));
    expect((await sealing.open(sealed, made.recipient ?? '')).reveal()).toBe('hunter2');
  });

  it.each([
    { why: 'nothing', text: '\n' },
    { why: 'a recipient', text: 'age1qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq' },
    { why: 'two identities', text: `${identity}\n${identity}` },
    { why: 'an identity that was cut', text: identity.slice(0, -4) },
    { why: 'an identity in lower case', text: identity.toLowerCase() },
  ])('is not $why; the error does not print it', async ({ text }) => {
    const failed = createSealing({ text, from: 'key.txt' });
    await expect(failed).rejects.toMatchObject({
      code: 'STATE_KEY',
      message: 'key.txt is not an age identity',
    });
  });

  it('is needed for making tokens', () => {
    expect(() => keyless.assertKey()).toThrow('there is no key');
  });
});

describe('the folders of sinks in a branch', () => {
  const sinksIn = (checkout: string, elsewhere: string): CreateAttempt => ({
    ...attempt,
    sinks: [
      { ...fileSink(checkout, 'a.json'), within: [checkout] },
      { ...fileSink(`${checkout}/teams/b`, 'b.json'), within: [`${checkout}/teams`, elsewhere] },
      { ...fileSink(elsewhere, 'c.json'), within: [elsewhere] },
    ],
  });

  it('are those of the checkout of each run; others stay', async () => {
    const remote = new MemoryRemote();
    const first = await open(remote, { willWrite: true, base: '/runner-1/app/.reconcile' });
    await first.spool.recordAttempt(sinksIn('/runner-1/app', '/mnt/secrets'));
    expect(first.spool.entries().map(({ attempt: kept }) => kept)).toEqual([
      sinksIn('/runner-1/app', '/mnt/secrets'),
    ]);
    await first.store.release();
    expect(remote.commit?.files.get(spoolFile)).not.toContain('runner-1');
    for (const checkout of ['/runner-2/builds/app', '/']) {
      const base = checkout === '/' ? '/.reconcile' : `${checkout}/.reconcile`;
      const { spool } = await open(remote, { willWrite: false, base });
      const folder = checkout === '/' ? '' : checkout;
      expect(spool.entries()[0]?.attempt.sinks.map((sink) => sink.folder)).toEqual([
        checkout,
        `${folder}/teams/b`,
        '/mnt/secrets',
      ]);
    }
  });

  it('beside the checkout are not moved with it, whatever their names begin with', async () => {
    const remote = new MemoryRemote();
    const first = await open(remote, { willWrite: true, base: '/runner-1/app/.reconcile' });
    const beside = ['/runner-1/app-secrets', '/runner-1', '/runner-1/..secrets', '/runner-1/app/..secrets'];
    await first.spool.recordAttempt({
      ...attempt,
      sinks: beside.map((folder) => fileSink(folder, 'a.json')),
    });
    await first.store.release();
    const { spool } = await open(remote, { willWrite: false, base: '/runner-2/app/.reconcile' });
    expect(spool.entries()[0]?.attempt.sinks.map((sink) => sink.folder)).toEqual([
      '/runner-1/app-secrets',
      '/runner-1',
      '/runner-1/..secrets',
      '/runner-2/app/..secrets',
    ]);
  });
});
