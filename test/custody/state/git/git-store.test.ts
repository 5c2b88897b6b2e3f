import { describe, expect, it } from 'vitest';
import { neverAborted } from '../../../../src/core/util/never-aborted.ts';
import type { Branch } from '../../../../src/custody/state/git/branch.ts';
import type { GitStore, GitStoreOptions } from '../../../../src/custody/state/git/git-store.ts';
import type { FileChange, HoldResult } from '../../../../src/custody/state/store.ts';
import { createVirtualClock, type VirtualClock } from '../../../model/virtual-clock.ts';
import { MemoryRemote, memoryBranch, type PushFault } from '../../../support/memory-branch.ts';
import { attempt, entry, key } from '../records.ts';
import { gitStore } from './store-fixtures.ts';

const start = Date.parse('2027-01-01T00:00:00Z');
const request = { kind: 'request' } as const;

/** A branch in memory and runs that use it, in virtual time. */
class Site {
  readonly remote = new MemoryRemote();
  readonly time: VirtualClock = createVirtualClock(start);
  /** The IDs of the commits that were pushed, once for each push. */
  readonly pushed: string[] = [];
  /** Time by which the clocks have gone on while all processes were stopped, in milliseconds. */
  #stopped = 0;

  /** Opens a store. Its pushes take the next of the faults, and each takes as long as `pushSeconds` says. */
  open(
    options: Partial<GitStoreOptions> = {},
    faults: PushFault[] = [],
    pushSeconds: () => number = () => 0,
  ): GitStore {
    const branch = memoryBranch(this.remote, faults);
    const { time } = this;
    const logged: Branch = {
      ...branch,
      push: async (id, expected) => {
        this.pushed.push(id);
        const seconds = pushSeconds();
        if (seconds > 0) await time.sleep(seconds * 1000);
        return branch.push(id, expected);
      },
    };
    const clock = {
      now: () => time.now() + this.#stopped,
      monotonic: () => time.monotonic() + this.#stopped,
      sleep: time.sleep,
    };
    return gitStore({ branch: logged, clock, ...options });
  }

  /** Lets all processes stand still for this time. */
  stop(seconds: number): void {
    this.#stopped += seconds * 1000;
  }

  /** Waits for a promise in virtual time. */
  async end<T>(promise: Promise<T>): Promise<T> {
    let isOver = false;
    const over = (): void => {
      isOver = true;
    };
    promise.then(over, over);
    await this.time.run(() => isOver);
    return promise;
  }

  hold(store: GitStore, lockTimeoutSeconds = 0, sinkTimeoutSeconds = 0): Promise<HoldResult> {
    return this.end(store.hold({ lockTimeoutSeconds, signal: neverAborted, sinkTimeoutSeconds }));
  }

  /** Opens a store that holds the state. */
  async held(...given: Parameters<Site['open']>): Promise<GitStore> {
    const store = this.open(...given);
    await this.end(store.read());
    expect(await this.hold(store)).toBe('held');
    return store;
  }

  write(store: GitStore, ...changes: readonly FileChange[]): Promise<void> {
    return this.end(store.write(changes, 'now'));
  }

  file(name: string): string | undefined {
    return this.remote.commit?.files.get(name);
  }

  /** The content of the lock file. */
  lock(): { readonly holder?: string; readonly expiry?: string } {
    return JSON.parse(this.file('lock.json') ?? '{}');
  }

  /** Replaces a file of the branch, as someone who can push to it. */
  replace(name: string, text: string): void {
    const files = new Map([...(this.remote.commit?.files ?? []), [name, text]]);
    this.remote.set({ id: `${this.remote.history.length}`.padStart(40, 'f'), files });
  }
}

function put(name: string, text: string): FileChange {
  return { name: `spool/${name}`, content: () => text };
}

function at(seconds: number): string {
  return new Date(start + seconds * 1000).toISOString().replace('.000Z', 'Z');
}

describe('holding the state', () => {
  it('makes the branch: a ledger, an explanation and a lease', async () => {
    const site = new Site();
    await site.held({ holder: '7-abc', host: 'runner-1' });
    expect([...(site.remote.commit?.files.keys() ?? [])].sort()).toEqual([
      'README.md',
      'custody.json',
      'lock.json',
    ]);
    expect(site.lock()).toEqual({ holder: '7-abc', host: 'runner-1', expiry: at(120), length: 120 });
    expect(site.remote.pushes).toBe(1);
  });

  it.each([
    { times: { timeoutSeconds: 200, graceSeconds: 100 }, sinkTimeoutSeconds: 60, length: 360 },
    { times: { timeoutSeconds: 30, graceSeconds: 30 }, sinkTimeoutSeconds: 600, length: 660 },
  ])('takes a lease of $length s for long timeouts', async ({ times, sinkTimeoutSeconds, length }) => {
    const site = new Site();
    const store = site.open({ times });
    await site.end(store.read());
    expect(await site.hold(store, 0, sinkTimeoutSeconds)).toBe('held');
    expect(site.lock()).toMatchObject({ expiry: at(length), length });
  });

  it('again is done already', async () => {
    const site = new Site();
    const store = await site.held();
    expect(await site.hold(store)).toBe('held');
    expect(site.remote.pushes).toBe(1);
  });

  it('fails if another run has written since the read, and changes nothing', async () => {
    const site = new Site();
    const late = site.open();
    await site.end(late.read());
    const first = await site.held();
    await site.end(first.release());
    const before = site.remote.commit;
    expect(await site.hold(late)).toBe('changed');
    expect(site.remote.commit).toBe(before);
    await site.end(late.read());
    expect(await site.hold(late)).toBe('held');
  });

  it('fails if another run has written during the wait', async () => {
    const site = new Site();
    const first = await site.held();
    const second = site.open();
    await site.end(second.read());
    const waiting = second.hold({ lockTimeoutSeconds: 60, signal: neverAborted, sinkTimeoutSeconds: 0 });
    await site.write(first, put('a', 'one'));
    await site.end(first.release());
    expect(await site.end(waiting)).toBe('changed');
    expect((await site.end(second.read())).get('spool/a')).toBe('one');
    expect(await site.hold(second)).toBe('held');
  });

  it('waits no longer than it may', async () => {
    const site = new Site();
    await site.held();
    const second = site.open();
    await site.end(second.read());
    const before = site.time.now();
    await expect(site.hold(second, 45)).rejects.toMatchObject({ code: 'LOCKED' });
    expect(site.time.now() - before).toBe(45_000);
  });

  it('is needed for writing', async () => {
    const site = new Site();
    const store = site.open();
    await site.end(store.read());
    await store.write([put('a', 'one')], 'deferred');
    await expect(site.write(store, put('b', 'two'))).rejects.toThrow('is not held');
    await site.end(store.close());
    expect(site.remote.commit).toBeUndefined();
    expect(site.remote.pushes).toBe(0);
  });

  it('begins without what was to be written before the read', async () => {
    const site = new Site();
    const store = site.open();
    await store.write([put('a', 'one')], 'deferred');
    await site.end(store.read());
    await site.hold(store);
    expect(site.file('spool/a')).toBeUndefined();
  });
});

describe('writes', () => {
  it('during a push go together in the next', async () => {
    const site = new Site();
    const store = await site.held({}, [], () => 2);
    const first = store.write([put('a', 'one')], 'now');
    await site.time.pass(1000);
    const more = ['b', 'c', 'd'].map((name) => store.write([put(name, name)], 'now'));
    void store.write([put('e', 'e')], 'deferred');
    await site.end(first);
    expect(site.file('spool/a')).toBe('one');
    expect(site.file('spool/b')).toBeUndefined();
    await site.end(Promise.all(more));
    expect(['b', 'c', 'd', 'e'].map((name) => site.file(`spool/${name}`))).toEqual(['b', 'c', 'd', 'e']);
    expect(site.remote.pushes).toBe(3);
  });

  it('of a file that is being pushed are not lost', async () => {
    const site = new Site();
    const store = await site.held({}, [], () => 2);
    const first = store.write([put('a', 'one')], 'now');
    await site.time.pass(1000);
    const second = store.write([put('a', 'two')], 'now');
    await site.end(first);
    expect(site.file('spool/a')).toBe('one');
    await site.end(second);
    expect(site.file('spool/a')).toBe('two');
    expect(await site.end(store.read())).toEqual(
      new Map([
        ['custody.json', site.file('custody.json')],
        ['spool/a', 'two'],
      ]),
    );
  });

  it('that are deferred have the content at the time of the push', async () => {
    const site = new Site();
    const store = await site.held();
    let text = 'one';
    await store.write([{ name: 'spool/a', content: () => text }], 'deferred');
    text = 'two';
    await site.end(store.flush());
    expect(site.file('spool/a')).toBe('two');
  });

  it('that are deferred need no push of their own: the release has them, without the lease', async () => {
    const site = new Site();
    const store = await site.held();
    await store.write([put('a', 'one')], 'deferred');
    await site.time.pass(5000);
    expect(site.remote.pushes).toBe(1);
    await site.end(store.release());
    expect(site.remote.pushes).toBe(2);
    expect(site.file('spool/a')).toBe('one');
    expect(site.file('lock.json')).toBeUndefined();
  });

  it('never make two commits alike', async () => {
    const site = new Site();
    const store = await site.held();
    for (const text of ['one', 'one', 'one']) await site.write(store, put('a', text));
    expect(new Set(site.remote.history.map(({ id }) => id)).size).toBe(4);
  });

  it('remove files that others have added to the branch', async () => {
    const site = new Site();
    await site.end((await site.held()).release());
    site.replace('CODEOWNERS', '* @ops');
    const store = await site.held();
    await site.write(store, put('a', 'one'));
    await site.end(store.release());
    expect(site.file('CODEOWNERS')).toBeUndefined();
    expect([...(await site.end(store.read())).keys()]).not.toContain('CODEOWNERS');
  });
});

describe('a push', () => {
  it('that was accepted, but whose response was lost, is not repeated', async () => {
    const site = new Site();
    const faults: PushFault[] = [];
    const store = await site.held({}, faults);
    faults.push('lost_after');
    await site.write(store, put('a', 'one'));
    expect(site.remote.pushes).toBe(2);
    expect(site.file('spool/a')).toBe('one');
  });

  it('that was lost before its effect is repeated with the very same commit, which renews nothing', async () => {
    const site = new Site();
    const faults: PushFault[] = [];
    const store = await site.held({}, faults);
    await site.time.pass(10_000);
    faults.push('lost_before', 'lost_before', 'lost_before');
    const before = site.time.now();
    await site.write(store, put('a', 'one'));
    expect(site.time.now() - before).toBeGreaterThan(1500);
    expect(site.pushed).toHaveLength(5);
    expect(new Set(site.pushed.slice(1)).size).toBe(1);
    expect(site.lock().expiry).toBe(at(131));
  });

  it('of the lease itself is repeated alike', async () => {
    const site = new Site();
    await site.held({}, ['lost_before', 'lost_after']);
    expect(new Set(site.pushed).size).toBe(1);
    expect(site.remote.history).toHaveLength(1);
  });

  it('that is said to be rejected, but was accepted, counts as accepted', async () => {
    const site = new Site();
    const branch = memoryBranch(site.remote);
    const store = await site.held({
      branch: {
        ...branch,
        async push(id, expected) {
          await branch.push(id, expected);
          return { kind: 'rejected', reason: 'stale info', hint: '' };
        },
      },
    });
    await site.write(store, put('a', 'one'));
    expect(site.file('spool/a')).toBe('one');
    expect(site.remote.pushes).toBe(2);
  });

  it('goes on if the branch has the same content in another commit', async () => {
    const site = new Site();
    const store = await site.held();
    await site.write(store, put('a', 'one'));
    site.replace('spool/a', 'one');
    await site.write(store, put('b', 'two'));
    expect([site.file('spool/a'), site.file('spool/b')]).toEqual(['one', 'two']);
  });

  it('that the remote goes on rejecting is an error with its reason', async () => {
    const site = new Site();
    const faults: PushFault[] = [];
    const store = await site.held({}, faults);
    faults.push(...Array<PushFault>(50).fill('rejected'));
    await expect(site.write(store, put('a', 'one'))).rejects.toMatchObject({
      code: 'STATE_UNAVAILABLE',
      message: "the state can't be pushed to memory#state: rejected by the remote",
      hint: 'allow it',
    });
    const { pushes } = site.remote;
    await expect(site.end(store.lease.permit(request))).rejects.toMatchObject({ code: 'STATE_UNAVAILABLE' });
    await expect(site.end(store.release())).rejects.toMatchObject({ code: 'STATE_UNAVAILABLE' });
    expect(site.remote.pushes).toBe(pushes);
  });

  it('that takes the lease is rejected three times: nothing is held', async () => {
    const site = new Site();
    const store = site.open({}, Array<PushFault>(10).fill('rejected'));
    await site.end(store.read());
    await expect(site.hold(store)).rejects.toMatchObject({ code: 'STATE_UNAVAILABLE' });
    expect(site.remote.pushes).toBe(3);
    await expect(site.write(store, put('a', 'one'))).rejects.toThrow('is not held');
  });

  it('without a response is repeated until the lease has ended', async () => {
    const site = new Site();
    const faults: PushFault[] = [];
    const store = await site.held({}, faults);
    faults.push(...Array<PushFault>(100).fill('lost_before'));
    await expect(site.write(store, put('a', 'one'))).rejects.toMatchObject({
      code: 'STATE_UNAVAILABLE',
      message: expect.stringContaining('no response'),
    });
    const seconds = (site.time.now() - start) / 1000;
    expect(seconds).toBeGreaterThanOrEqual(120);
    expect(seconds).toBeLessThan(130);
    expect(new Set(site.pushed.slice(1)).size).toBe(1);
  });

  it('that takes the lease, or releases it, is given up after a minute without a response', async () => {
    const site = new Site();
    const faults: PushFault[] = Array(100).fill('lost_before');
    const store = site.open({}, faults);
    await site.end(store.read());
    await expect(site.hold(store)).rejects.toMatchObject({ code: 'STATE_UNAVAILABLE' });
    expect(site.time.now() - start).toBeLessThan(70_000);

    faults.length = 0;
    const other = await site.held({}, faults);
    faults.push(...Array<PushFault>(100).fill('lost_before'));
    const before = site.time.now();
    await expect(site.end(other.release())).rejects.toMatchObject({ code: 'STATE_UNAVAILABLE' });
    expect(site.time.now() - before).toBeLessThan(70_000);
  });
});

describe('a branch that was changed while a run held it', () => {
  it('is lost: the run writes, sends and delivers nothing more', async () => {
    const site = new Site();
    const store = await site.held();
    site.replace('custody.json', '{"version":2,"tokens":{}}');
    const changed = site.remote.commit;
    const lost = { code: 'STATE_LOST', message: expect.stringContaining('memory#state was changed') };
    await expect(site.write(store, put('a', 'one'))).rejects.toMatchObject(lost);
    const { pushes } = site.remote;
    await expect(site.write(store, put('b', 'two'))).rejects.toMatchObject(lost);
    await expect(site.end(store.flush())).rejects.toMatchObject(lost);
    await expect(site.end(store.lease.permit(request))).rejects.toMatchObject(lost);
    const acts: string[] = [];
    const act = async () => acts.push('sent');
    await expect(site.end(store.lease.during(request, act))).rejects.toMatchObject(lost);
    await expect(site.end(store.release())).rejects.toMatchObject(lost);
    await site.end(store.close());
    await site.time.pass(600_000);
    expect(acts).toEqual([]);
    expect(site.remote.pushes).toBe(pushes);
    expect(site.remote.commit).toBe(changed);
  });

  it('is lost, too, if it was deleted', async () => {
    const site = new Site();
    const store = await site.held();
    site.remote.set(undefined);
    await expect(site.write(store, put('a', 'one'))).rejects.toMatchObject({ code: 'STATE_LOST' });
    expect(site.remote.commit).toBeUndefined();
  });

  it('is found out by a renewal, without a write', async () => {
    const site = new Site();
    const store = await site.held();
    site.replace('custody.json', '{"version":2,"tokens":{}}');
    await site.time.pass(45_000);
    await expect(site.end(store.lease.permit(request))).rejects.toMatchObject({ code: 'STATE_LOST' });
  });

  it('is named with its new holder', async () => {
    const site = new Site();
    const store = await site.held();
    site.stop(181);
    const second = site.open({ holder: 'run-b', host: 'host-b' });
    await site.end(second.read());
    expect(await site.hold(second)).toBe('expired');
    await site.end(second.takeOver());
    await expect(site.end(store.lease.permit(request))).rejects.toMatchObject({
      code: 'STATE_LOST',
      message: expect.stringContaining('run-b on host-b holds it now'),
    });
    await site.write(second, put('a', 'one'));
    expect(site.lock().holder).toBe('run-b');
  });
});

describe('a lease', () => {
  it('is renewed at a third of it, without any write, until it is released', async () => {
    const site = new Site();
    const store = await site.held();
    await site.time.pass(39_000);
    expect(site.remote.pushes).toBe(1);
    await site.time.pass(2000);
    expect(site.remote.pushes).toBe(2);
    expect(site.lock().expiry).toBe(at(161));
    await site.time.pass(600_000);
    expect(site.remote.pushes).toBe(17);
    await site.end(store.release());
    expect(site.file('lock.json')).toBeUndefined();
    await site.time.pass(600_000);
    expect(site.remote.pushes).toBe(18);
  });

  it('is renewed after it was taken a second time, too', async () => {
    const site = new Site();
    const store = await site.held();
    await site.end(store.release());
    await site.end(store.read());
    expect(await site.hold(store)).toBe('held');
    await site.time.pass(200_000);
    expect(site.remote.pushes).toBe(3 + 4);
    await site.end(store.close());
    await site.time.pass(200_000);
    expect(site.remote.pushes).toBe(3 + 5);
  });

  it('is renewed by each push', async () => {
    const site = new Site();
    const store = await site.held();
    await site.time.pass(30_000);
    await site.write(store, put('a', 'one'));
    await site.time.pass(30_000);
    expect(site.remote.pushes).toBe(2);
    expect(site.lock().expiry).toBe(at(151));
  });

  it('is not renewed for a step while enough of it is left, and is otherwise', async () => {
    const site = new Site();
    const store = await site.held();
    site.stop(90);
    await site.end(store.lease.permit(request));
    expect(site.remote.pushes).toBe(1);
    site.stop(1);
    await site.end(store.lease.permit(request));
    expect(site.remote.pushes).toBe(2);
    site.stop(29);
    await site.end(store.lease.permit({ kind: 'delete_in_use' }));
    expect(site.remote.pushes).toBe(2);
    site.stop(2);
    await site.end(store.lease.permit({ kind: 'delivery', timeoutSeconds: 60 }));
    expect(site.remote.pushes).toBe(3);
  });

  it('that ran out and that no other run has taken is renewed', async () => {
    const site = new Site();
    const store = await site.held();
    site.stop(3600);
    let isSent = false;
    await site.end(
      store.lease.during(request, async () => {
        isSent = true;
      }),
    );
    expect(isSent).toBe(true);
    expect(site.remote.pushes).toBe(2);
    expect(site.lock().expiry).toBe(at(3721));
  });

  it('counts by the monotonic clock after the time of day was set back', async () => {
    const site = new Site();
    let ahead = 0;
    const { time } = site;
    const clock = {
      now: () => time.now() + ahead,
      monotonic: () => time.monotonic() + elapsed,
      sleep: time.sleep,
    };
    let elapsed = 0;
    const store = await site.held({ clock });
    ahead = -7_200_000;
    elapsed = 91_000;
    await site.end(store.lease.permit(request));
    expect(site.remote.pushes).toBe(2);
  });

  it('counts by the time of day after the monotonic clock has stood still', async () => {
    const site = new Site();
    let ahead = 0;
    const { time } = site;
    const clock = { now: () => time.now() + ahead, monotonic: time.monotonic, sleep: time.sleep };
    const store = await site.held({ clock });
    ahead = 91_000;
    await site.end(store.lease.permit(request));
    expect(site.remote.pushes).toBe(2);
  });

  it('that takes nearly as long to renew as it lasts is an error', async () => {
    const site = new Site();
    let seconds = 0;
    const store = await site.held({}, [], () => seconds);
    seconds = 100;
    site.stop(100);
    await expect(site.end(store.lease.permit(request))).rejects.toMatchObject({
      code: 'STATE_UNAVAILABLE',
      message: expect.stringContaining('nearly as long as its lease'),
    });
  });

  it('cuts a delivery off 30 s before its end', async () => {
    const site = new Site();
    const faults: PushFault[] = [];
    const store = await site.held({}, faults);
    faults.push(...Array<PushFault>(100).fill('lost_before'));
    const delivery = { kind: 'delivery', timeoutSeconds: 60 } as const;
    let cutAt = 0;
    const delivered = store.lease.during(delivery, async (end) => {
      await site.time.sleep(300_000, end).catch((reason) => {
        cutAt = site.time.now();
        throw reason;
      });
    });
    await expect(site.end(delivered)).rejects.toMatchObject({ code: 'STATE_LOST' });
    expect(cutAt - start).toBeGreaterThanOrEqual(90_000);
    expect(cutAt - start).toBeLessThanOrEqual(90_200);
  });

  it('that is renewed meanwhile does not cut a delivery off', async () => {
    const site = new Site();
    const store = await site.held();
    const done = store.lease.during(request, async (end) => {
      await site.time.sleep(500_000, end);
      return 'delivered';
    });
    expect(await site.end(done)).toBe('delivered');
  });
});

describe('a lease of another run', () => {
  /** A site with a run that has died with an attempt on record. */
  async function deserted(): Promise<Site> {
    const site = new Site();
    const store = site.open({ holder: 'run-a', host: 'host-a' });
    await site.end(store.read());
    await site.hold(store);
    await site.write(store, put('a', 'one'));
    site.remote.pushes = 0;
    return site;
  }

  /** Opens a store of a process that the others' timers don't concern. */
  function elsewhere(
    site: Site,
    ahead = 0,
    holder = 'run-b',
  ): { readonly store: GitStore; readonly time: VirtualClock } {
    const time = createVirtualClock(site.time.now() + ahead * 1000);
    return { store: site.open({ clock: time, holder, host: 'host-b' }), time };
  }

  async function end<T>(time: VirtualClock, promise: Promise<T>): Promise<T> {
    let isOver = false;
    const over = (): void => {
      isOver = true;
    };
    promise.then(over, over);
    await time.run(() => isOver);
    return promise;
  }

  const waiting = (lockTimeoutSeconds: number) => ({
    lockTimeoutSeconds,
    signal: neverAborted,
    sinkTimeoutSeconds: 0,
  });

  it('is respected until a minute after its end', async () => {
    const site = await deserted();
    for (const ahead of [0, 119, 179]) {
      const { store, time } = elsewhere(site, ahead);
      await store.read();
      await expect(end(time, store.hold(waiting(0)))).rejects.toMatchObject({
        code: 'LOCKED',
        message: expect.stringMatching(/run-a on host-a holds it until 2027-01-01T00:02:0\dZ$/),
      });
    }
    expect(site.remote.pushes).toBe(0);
  });

  it('is taken over then, with the changes of the new run in the same commit', async () => {
    const site = await deserted();
    const { store, time } = elsewhere(site, 181);
    await store.read();
    expect(await end(time, store.hold(waiting(0)))).toBe('expired');
    expect(site.remote.pushes).toBe(0);
    await store.write([{ name: 'spool/a', content: null }, put('b', 'two')], 'deferred');
    await end(time, store.takeOver());
    expect(site.remote.pushes).toBe(1);
    expect(site.lock().holder).toBe('run-b');
    expect([site.file('spool/a'), site.file('spool/b')]).toEqual([undefined, 'two']);
    expect((await store.read()).get('spool/b')).toBe('two');
    expect(await end(time, store.hold(waiting(0)))).toBe('held');
    await end(time, store.write([put('c', 'three')], 'now'));
    expect(site.file('spool/c')).toBe('three');
  });

  it('is taken over by one of two runs; the other has written nothing', async () => {
    const site = await deserted();
    const one = elsewhere(site, 181, 'run-b');
    const other = elsewhere(site, 181, 'run-c');
    for (const { store, time } of [one, other]) {
      await store.read();
      expect(await end(time, store.hold(waiting(0)))).toBe('expired');
    }
    await other.store.write([put('c', 'three')], 'deferred');
    await end(one.time, one.store.takeOver());
    await end(other.time, other.store.takeOver());
    expect(site.lock().holder).toBe('run-b');
    await other.store.read();
    await expect(end(other.time, other.store.hold(waiting(0)))).rejects.toMatchObject({ code: 'LOCKED' });
    await end(one.time, one.store.release());
    await other.store.read();
    expect(await end(other.time, other.store.hold(waiting(0)))).toBe('held');
    expect(site.file('spool/c')).toBeUndefined();
  });

  it('that was renewed while it was waited for is a change', async () => {
    const site = await deserted();
    const { store, time } = elsewhere(site, 100);
    await store.read();
    const holding = store.hold(waiting(600));
    await time.pass(10_000);
    site.replace(
      'lock.json',
      '{"holder":"run-a","host":"host-a","expiry":"2027-01-01T00:03:00Z","length":120}',
    );
    expect(await end(time, holding)).toBe('changed');
    expect(time.now()).toBeGreaterThanOrEqual(start + 240_000);
    await store.read();
    expect(await end(time, store.hold(waiting(0)))).toBe('expired');
  });

  it.each([
    {
      why: 'states an end far away',
      lock: { holder: 'x', host: 'y', expiry: '2099-01-01T00:00:00Z', length: 300 },
      seconds: 360,
    },
    {
      why: 'states no length',
      lock: { holder: 'x', host: 'y', expiry: '2099-01-01T00:00:00Z' },
      seconds: 180,
    },
    { why: 'states no end', lock: { holder: 'x', host: 'y', expiry: 'soon' }, seconds: 180 },
    { why: 'is no JSON', lock: undefined, seconds: 180 },
  ])('that $why is taken over once it has not changed for $seconds s', async ({ lock, seconds }) => {
    const site = await deserted();
    site.replace('lock.json', lock ? JSON.stringify(lock) : '<<<<<<< HEAD');
    const { store, time } = elsewhere(site);
    await store.read();
    const before = time.now();
    expect(await end(time, store.hold(waiting(3600)))).toBe('expired');
    expect(time.now() - before).toBeGreaterThanOrEqual(seconds * 1000);
    expect(time.now() - before).toBeLessThan((seconds + 5) * 1000);
    await end(time, store.takeOver());
    expect(site.lock().holder).toBe('run-b');
  });

  it('is seen unchanged since the first read, however often it is read', async () => {
    const site = await deserted();
    site.replace('lock.json', '<<<<<<< HEAD');
    const { store, time } = elsewhere(site);
    await store.read();
    await time.pass(170_000);
    await store.read();
    expect(await end(time, store.hold(waiting(15)))).toBe('expired');
  });

  it('that is no JSON belongs to an unknown run', async () => {
    const site = await deserted();
    site.replace('lock.json', '<<<<<<< HEAD');
    const { store, time } = elsewhere(site, 86_400);
    await store.read();
    await expect(end(time, store.hold(waiting(0)))).rejects.toMatchObject({
      code: 'LOCKED',
      message: 'another run is using the state in memory#state: an unknown run holds it',
    });
  });

  it('keeps a push of the old holder from landing after it was taken over', async () => {
    const site = new Site();
    let seconds = 0;
    const old = await site.held({}, [], () => seconds);
    seconds = 300;
    const pushing = old.write([put('a', 'late')], 'now');
    pushing.catch(() => undefined);
    await site.time.pass(1000);
    const { store, time } = elsewhere(site, 200);
    await store.read();
    expect(await end(time, store.hold(waiting(0)))).toBe('expired');
    await end(time, store.takeOver());
    await expect(site.end(pushing)).rejects.toMatchObject({ code: 'STATE_LOST' });
    expect(site.file('spool/a')).toBeUndefined();
    expect(site.lock().holder).toBe('run-b');
  });

  it('is removed by hand, and its holder stops', async () => {
    const site = new Site();
    const old = await site.held();
    await site.write(old, put('a', 'one'));
    const store = site.open();
    const holder = (await site.end(store.holder())) ?? '';
    expect(await site.end(store.unlock('run-z on host-z'))).toBe(false);
    expect(await site.end(store.unlock(holder))).toBe(true);
    expect(site.file('lock.json')).toBeUndefined();
    expect(site.file('spool/a')).toBe('one');
    expect(await site.end(store.unlock(holder))).toBe(false);
    await expect(site.write(old, put('b', 'two'))).rejects.toMatchObject({ code: 'STATE_LOST' });
    await site.end(store.read());
    expect(await site.hold(store)).toBe('held');
  });

  it('is not removed by hand from a branch that does not exist', async () => {
    const site = new Site();
    expect(await site.end(site.open().unlock('run-a on host-a'))).toBe(false);
    expect(site.remote.pushes).toBe(0);
  });
});

describe('a token whose secret could not be pushed', () => {
  it('may be deleted while enough of the lease is left', async () => {
    const site = new Site();
    const faults: PushFault[] = [];
    const store = await site.held({}, faults);
    faults.push(...Array<PushFault>(50).fill('rejected'));
    await expect(site.write(store, put('a', 'one'))).rejects.toMatchObject({ code: 'STATE_UNAVAILABLE' });
    expect(await site.end(store.lease.mayDeleteUnsaved(attempt))).toBe(true);
    site.stop(40);
    expect(await site.end(store.lease.mayDeleteUnsaved(attempt))).toBe(false);
  });

  it('may be deleted later only if the branch shows its attempt as unresolved', async () => {
    const site = new Site();
    const store = await site.held();
    site.stop(200);
    expect(await site.end(store.lease.mayDeleteUnsaved(attempt))).toBe(false);
    const withNonce = (nonce: string): void => {
      const unresolved = [{ ...attempt, nonce, resolvedAt: null }];
      site.replace(
        'custody.json',
        JSON.stringify({ version: 2, tokens: { [key]: { ...entry, unresolved } } }),
      );
    };
    withNonce('another');
    expect(await site.end(store.lease.mayDeleteUnsaved(attempt))).toBe(false);
    withNonce(attempt.nonce);
    expect(await site.end(store.lease.mayDeleteUnsaved(attempt))).toBe(true);
    expect(await site.end(store.lease.mayDeleteUnsaved({ ...attempt, key: 'b'.repeat(32) }))).toBe(false);
    site.remote.set(undefined);
    expect(await site.end(store.lease.mayDeleteUnsaved(attempt))).toBe(false);
  });
});

describe('a branch that is not a state', () => {
  it.each([
    { why: 'has other files', files: { 'index.html': '<html>' }, code: 'STATE_UNSAFE' },
    { why: 'has a corrupt ledger', files: { 'custody.json': '{"version":2' }, code: 'STATE_BROKEN' },
    { why: 'has a ledger without tokens', files: { 'custody.json': '{"version":2}' }, code: 'STATE_BROKEN' },
    { why: 'has a list for a ledger', files: { 'custody.json': '[]' }, code: 'STATE_BROKEN' },
    { why: 'is empty', files: {}, code: 'STATE_UNSAFE' },
  ])('as it $why is refused and stays as it is', async ({ files, code }) => {
    const site = new Site();
    const foreign = { id: 'f'.repeat(40), files: new Map(Object.entries(files)) };
    site.remote.set(foreign);
    const store = site.open();
    const refused = { code, message: expect.stringContaining('it was not changed') };
    await expect(site.end(store.read())).rejects.toMatchObject(refused);
    await expect(site.end(store.unlock('run-a on host-a'))).rejects.toMatchObject(refused);
    await site.end(store.close());
    expect(site.remote.commit).toBe(foreign);
    expect(site.remote.pushes).toBe(0);
  });

  it('since it became so during the wait for its holder is refused', async () => {
    const site = new Site();
    await site.held();
    const store = site.open();
    await site.end(store.read());
    const waiting = site.hold(store, 600);
    const foreign = { id: 'f'.repeat(40), files: new Map([['index.html', '<html>']]) };
    site.remote.set(foreign);
    await expect(waiting).rejects.toMatchObject({ code: 'STATE_UNSAFE' });
    expect(site.remote.commit).toBe(foreign);
  });
});
