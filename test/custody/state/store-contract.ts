import { describe, expect, it, onTestFinished } from 'vitest';
import { neverAborted } from '../../../src/core/util/never-aborted.ts';
import { openState } from '../../../src/custody/state/state.ts';
import type { FileChange, Store, WaitOptions } from '../../../src/custody/state/store.ts';
import { attempt, entry, key, made } from './records.ts';

/** A place for stores. */
export interface StorePlace {
  /** Opens another store in it. */
  readonly open: () => Promise<Store>;
  /** Replaces a file without a store. */
  readonly replaceFile: (name: string, text: string) => Promise<void>;
}

/** A kind of store that the contract is checked for. */
export interface StoreSubject {
  readonly name: string;
  /** Makes an empty place. */
  readonly place: () => Promise<StorePlace>;
  /** The message of a store that another one holds. */
  readonly lockedMessage: RegExp;
  /** True if a run that writes moves corrupt files aside; false if it refuses to write. */
  readonly setsAside: boolean;
}

const wait: WaitOptions = { lockTimeoutSeconds: 0, signal: neverAborted };
const spoolFile = `spool/${key}.nonce-1.json`;
const ledgerOf = (name: string): string => JSON.stringify({ version: 2, tokens: {}, name });

function put(name: string, text: string): FileChange {
  return { name, content: () => text };
}

/** Returns a function that opens stores which are closed after the test. */
export function opening(open: () => Promise<Store>): () => Promise<Store> {
  return async () => {
    const store = await open();
    onTestFinished(() => store.close());
    return store;
  };
}

/** Takes the right to write, as a run does. */
export async function take(store: Store, options: WaitOptions = wait): Promise<void> {
  for (let tries = 0; ; tries += 1) {
    await store.read(options);
    const result = await store.hold({ ...options, sinkTimeoutSeconds: 0 });
    if (result === 'held') return;
    if (result === 'expired') await store.takeOver();
    expect(tries).toBeLessThan(5);
  }
}

/** Checks what every store keeps to. */
export function checkStore({ name, place, lockedMessage, setsAside }: StoreSubject): void {
  describe(name, () => {
    it('is empty at first, and a read leaves it so', async () => {
      const { open } = await place();
      const store = await open();
      expect([...(await store.read())]).toEqual([]);
      expect([...(await (await open()).read())]).toEqual([]);
    });

    it('keeps what was written as soon as the write is over', async () => {
      const { open } = await place();
      const store = await open();
      await take(store);
      await store.write([put('custody.json', ledgerOf('a')), put(spoolFile, 'attempt')], 'now');
      expect(await (await open()).read()).toEqual(
        new Map([
          ['custody.json', ledgerOf('a')],
          [spoolFile, 'attempt'],
        ]),
      );
    });

    it.each(['flush', 'release', 'close'] as const)('keeps deferred writes after %s', async (method) => {
      const { open } = await place();
      const store = await open();
      await take(store);
      await store.write([put('custody.json', ledgerOf('a'))], 'deferred');
      await store.write([put(spoolFile, 'attempt')], 'deferred');
      await store.write([put('custody.json', ledgerOf('b'))], 'deferred');
      await store[method]();
      expect(await (await open()).read()).toEqual(
        new Map([
          ['custody.json', ledgerOf('b')],
          [spoolFile, 'attempt'],
        ]),
      );
    });

    it('writes deferred changes with the next ones at the latest', async () => {
      const { open } = await place();
      const store = await open();
      await take(store);
      await store.write([put('custody.json', ledgerOf('a'))], 'deferred');
      await store.write([put(spoolFile, 'attempt')], 'now');
      expect((await (await open()).read()).get('custody.json')).toBe(ledgerOf('a'));
    });

    it.each(['now', 'deferred'] as const)('removes files, %s', async (urgency) => {
      const { open } = await place();
      const store = await open();
      await take(store);
      const second = `spool/${key}.nonce-2.json`;
      await store.write(
        [put('custody.json', ledgerOf('a')), put(spoolFile, 'one'), put(second, 'two')],
        'now',
      );
      await store.write([{ name: spoolFile, content: null }], urgency);
      await store.write([{ name: `spool/${key}.missing.json`, content: null }], urgency);
      await store.flush();
      expect([...(await (await open()).read()).keys()]).toEqual(['custody.json', second]);
    });

    it('loses none of many writes at once', async () => {
      const { open } = await place();
      const store = await open();
      await take(store);
      const names = Array.from(
        { length: 30 },
        (_, index) => `spool/${key}.n${String(index).padStart(2, '0')}.json`,
      );
      await Promise.all(names.map((each) => store.write([put(each, each)], 'now')));
      const files = await (await open()).read();
      expect([...files].filter(([each]) => each !== 'custody.json')).toEqual(
        names.map((each) => [each, each]),
      );
    });

    it('is held by one at a time; the error names the holder', async () => {
      const { open } = await place();
      const first = await open();
      await take(first);
      await first.write([put('custody.json', ledgerOf('a'))], 'now');
      const second = await open();
      await expect(take(second)).rejects.toMatchObject({
        code: 'LOCKED',
        message: expect.stringMatching(lockedMessage),
        hint: expect.stringContaining('--lock-timeout'),
      });
      expect((await second.read()).get('custody.json')).toBe(ledgerOf('a'));
      await first.write([put('custody.json', ledgerOf('b'))], 'now');
      await first.release();
      await take(second);
      expect((await second.read()).get('custody.json')).toBe(ledgerOf('b'));
      await second.write([put('custody.json', ledgerOf('c'))], 'now');
      expect((await first.read()).get('custody.json')).toBe(ledgerOf('c'));
    });

    it('is free again after a holder was closed', async () => {
      const { open } = await place();
      const first = await open();
      await take(first);
      await first.close();
      await first.close();
      await expect(take(await open())).resolves.toBeUndefined();
    });

    it('reports once whom it waits for, and stops waiting if told to', async () => {
      const { open } = await place();
      await take(await open());
      const interrupt = new AbortController();
      const owners: string[] = [];
      const onWait = (owner: string): void => {
        owners.push(owner);
        interrupt.abort(new Error('interrupted'));
      };
      const waiting = take(await open(), { lockTimeoutSeconds: 600, signal: interrupt.signal, onWait });
      await expect(waiting).rejects.toThrow('interrupted');
      expect(owners).toHaveLength(1);
      expect(`${owners[0]} holds`).toMatch(lockedMessage);
    });

    it('can be written, which leaves it empty', async () => {
      const { open } = await place();
      await (await open()).assertWritable();
      expect([...(await (await open()).read())]).toEqual([]);
    });

    it('keeps a ledger and a spool', async () => {
      const { open } = await place();
      const store = await open();
      await take(store);
      const { ledger, spool } = await openState(store, wait);
      await spool.recordAttempt(attempt);
      await spool.made(attempt, made);
      await ledger.update(key, () => entry);
      await store.release();
      const again = await openState(await open(), wait);
      expect(again.ledger.entry(key)).toEqual(entry);
      expect(again.spool.entries()).toEqual([{ attempt, made }]);
      expect(again.problems).toEqual([]);
    });

    it('is read without a corrupt attempt, which stays as it is', async () => {
      const { open } = await place();
      const store = await open();
      await take(store);
      await store.write([put('custody.json', ledgerOf('a')), put(spoolFile, '{"version":2')], 'now');
      await store.release();
      const { spool, problems } = await openState(await open());
      expect(spool.entries()).toEqual([]);
      expect(problems[0]?.message).toContain(spoolFile);
      expect(problems[0]?.message).toContain(store.label);
      expect(problems).toMatchObject([
        { code: 'STATE_BROKEN', message: expect.stringMatching(/ is corrupt; it is ignored$/) },
      ]);
      expect((await (await open()).read()).get(spoolFile)).toBe('{"version":2');
    });

    it(`with a corrupt attempt is ${setsAside ? 'written, and the file kept' : 'not written'}`, async () => {
      const { open } = await place();
      const store = await open();
      await take(store);
      await store.write([put('custody.json', ledgerOf('a')), put(spoolFile, '{"version":2')], 'now');
      await store.release();
      const opened = openState(await open(), wait);
      if (setsAside) {
        expect((await opened).problems).toMatchObject([{ message: expect.stringContaining('moved aside') }]);
      } else {
        await expect(opened).rejects.toMatchObject({ code: 'STATE_BROKEN' });
        expect((await (await open()).read()).get(spoolFile)).toBe('{"version":2');
      }
    });

    it(`with a corrupt ledger is ${setsAside ? 'read without it' : 'not read'}`, async () => {
      const { open, replaceFile } = await place();
      const store = await open();
      await take(store);
      await store.write([put('custody.json', ledgerOf('a'))], 'now');
      await store.release();
      await replaceFile('custody.json', '{"version":2');
      const opened = openState(await open());
      if (setsAside) {
        expect((await opened).problems).toMatchObject([{ message: expect.stringContaining('is ignored') }]);
      } else {
        await expect(opened).rejects.toMatchObject({
          code: 'STATE_BROKEN',
          message: expect.stringContaining('custody.json is corrupt; it was not changed'),
        });
      }
    });
  });
}
