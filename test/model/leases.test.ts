import { describe, expect, test } from 'vitest';
import { createFixture } from './fixture.ts';
import { writeFile } from './fs-promises.ts';
import { LeaseWatch, leaseIn } from './leases.ts';
import { seedRegistry } from './services/ionos.ts';
import { type Machine, noFaults, type Process } from './simulation.ts';

const nonce = 'n-1';

/** Creates two processes that share a branch, and whose lease is watched. */
function createWatched() {
  const { simulation, first, machine, pass } = createFixture({ remote: true });
  const watch = new LeaseWatch(simulation);
  const start = (on: Machine): Process => simulation.startProcess(on, noFaults, () => false, false);
  const [one, other] = [start(first), start(machine('m2'))];
  const run = async <T>(work: Promise<T>): Promise<T> => {
    let isDone = false;
    const settle = (): void => {
      isDone = true;
    };
    work.then(settle, settle);
    await simulation.clock.run(() => isDone);
    return work;
  };
  return {
    simulation,
    watch,
    one,
    other,
    pass,
    /** Pushes a state with a lease of so many seconds, or none. */
    async push(process: Process, seconds: number | undefined, more: Readonly<Record<string, string>> = {}) {
      const branch = simulation.branchFor(process);
      const before = await run(branch.head());
      const expiry = new Date(simulation.clock.now() + process.skew + (seconds ?? 0) * 1000).toISOString();
      const lock = JSON.stringify({ holder: process.name, host: process.machine.name, expiry });
      const files = { ...more, ...(seconds !== undefined && { 'lock.json': lock }) };
      await run(branch.push(await branch.commit(new Map(Object.entries(files))), before));
    },
    /** Sends a create, and returns the token. */
    async create(process: Process) {
      const body = JSON.stringify({ properties: { name: 'ci', scopes: [] } });
      const headers = {
        authorization: 'Bearer emulator',
        'content-type': 'application/json',
        'user-agent': `reconcile (${nonce})`,
      };
      const url = `${simulation.service.env['IONOS_API_URL']}/registries/${seedRegistry.id}/tokens`;
      const signal = new AbortController().signal;
      const init = { method: 'POST', headers, body, redirect: 'manual', signal } as const;
      const response = await run(simulation.fetch(process, url, init));
      const [token] = simulation.live('ci');
      if (!token) throw new Error(`no token: ${response.status} ${await response.text()}`);
      return token;
    },
    deliver: (process: Process, text: string) =>
      simulation.runAs(process, () =>
        writeFile(`/work/secrets/${process.name}`, Buffer.from(text), { flag: 'wx' }),
      ),
  };
}

/** Returns a spool with the attempt of the token, with or without a secret. */
function spool(made: { readonly id: string; readonly secret: string } | null) {
  const attempt = { name: 'ci', nonce, replaces: null };
  return { 'spool/one.json': JSON.stringify({ attempt, made: made && { ...made, content: null } }) };
}

describe('a lease', () => {
  test('that has ended may be taken, and not before', async () => {
    const { simulation, push, one, other, pass, watch } = createWatched();
    await push(one, 120);
    expect(watch.holder).toBe(one);
    expect(leaseIn(simulation.branch?.tip?.files)?.holder).toBe(one.name);
    await pass(60);
    await push(other, 120);
    expect(simulation.violations).toEqual([expect.stringContaining('has taken the lease 60000 ms before')]);
    await pass(120);
    await push(one, 120);
    expect(simulation.violations).toHaveLength(1);
  });

  test('that was given back may be taken at once', async () => {
    const { simulation, push, one, other, watch } = createWatched();
    await push(one, 120);
    await push(one, undefined);
    expect(watch.holder).toBeUndefined();
    await push(other, 120);
    expect(simulation.violations).toEqual([]);
  });
});

describe('a create', () => {
  test('of the holder is fine as long as 30 s are left', async () => {
    const { simulation, push, create, one, pass } = createWatched();
    await push(one, 120);
    await pass(89);
    await create(one);
    expect(simulation.violations).toEqual([]);
  });

  test('with less left, or of another run, is reported', async () => {
    const { simulation, push, create, one, other, pass } = createWatched();
    await push(one, 120);
    await pass(100);
    await create(one);
    await create(other);
    expect(simulation.violations).toEqual([
      expect.stringContaining('with 20000 ms of the lease left'),
      expect.stringContaining('the lease is that of m1#1'),
    ]);
  });
});

describe('a secret', () => {
  test('that an accepted commit has, encrypted, may be delivered by the holder', async () => {
    const { simulation, push, create, deliver, one, other } = createWatched();
    await push(one, 120, spool(null));
    const { id, password } = await create(one);
    await push(one, 120, spool({ id, secret: 'encrypted' }));
    await deliver(one, password);
    expect(simulation.violations).toEqual([]);
    await deliver(other, password);
    expect(simulation.violations).toEqual([expect.stringContaining('the lease is that of m1#1')]);
  });

  test('that no commit has is reported if it is delivered', async () => {
    const { simulation, push, create, deliver, one } = createWatched();
    await push(one, 120, spool(null));
    await deliver(one, (await create(one)).password);
    expect(simulation.violations).toEqual([expect.stringContaining('no commit with it was accepted')]);
  });

  test('in the clear is reported', async () => {
    const { simulation, push, create, one } = createWatched();
    await push(one, 120, spool(null));
    const { id, password } = await create(one);
    await push(one, 120, spool({ id, secret: password }));
    expect(simulation.violations).toEqual([expect.stringContaining('has pushed the secret of ci')]);
  });
});
