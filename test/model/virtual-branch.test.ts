import { describe, expect, test } from 'vitest';
import type { Branch, PushOutcome } from '../../src/custody/state/git/branch.ts';
import { createRandom } from './random.ts';
import { type BranchFault, type BranchVersion, RemoteBranch, randomBranchFault } from './virtual-branch.ts';
import { createVirtualClock } from './virtual-clock.ts';

/** Creates a remote branch without latency, and a clone for each name. The next operation meets `fault` once. */
function createRemote(latency = 0) {
  const clock = createVirtualClock(0);
  const changes: BranchVersion[] = [];
  const remote = new RemoteBranch({ clock, random: createRandom(1), latency });
  remote.onChange = (version) => changes.push(version);
  const setting = { fault: 'none' as BranchFault };
  const clone = (name: string): Branch =>
    remote.openFor({
      name,
      begin: async () => undefined,
      end: async () => undefined,
      faultOf: () => {
        const { fault } = setting;
        setting.fault = 'none';
        return fault;
      },
    });
  const until = async <T>(work: Promise<T>): Promise<T> => {
    let isDone = false;
    const settle = (): void => {
      isDone = true;
    };
    work.then(settle, settle);
    await clock.run(() => isDone);
    return work;
  };
  /** Pushes a commit with one file, whose text is given. Expects the branch as it is, unless a third argument is given. */
  const push = async (branch: Branch, text: string, ...expecting: readonly (string | undefined)[]) => {
    const expected = expecting.length === 0 ? remote.tip?.id : expecting[0];
    const id = await branch.commit(files(text));
    const outcome = await until(branch.push(id, expected));
    return { id, outcome };
  };
  return { clock, changes, remote, setting, clone, until, push };
}

function files(text: string): ReadonlyMap<string, string> {
  return new Map([['custody.json', text]]);
}

function textOf(remote: RemoteBranch): string | undefined {
  return remote.tip?.files.get('custody.json');
}

const accepted: PushOutcome = { kind: 'accepted' };

describe('a push', () => {
  test('replaces the expected commit, and is shown to another clone', async () => {
    const { remote, clone, push, until } = createRemote();
    const branch = clone('a');
    expect(await until(branch.fetch())).toBeUndefined();
    expect((await push(branch, 'one', undefined)).outcome).toEqual(accepted);
    const { id, outcome } = await push(branch, 'two');
    expect(outcome).toEqual(accepted);
    const other = clone('b');
    expect(await until(other.fetch())).toEqual({ id, files: files('two') });
    expect(await until(other.head())).toBe(id);
    expect(remote.history.map(({ by }) => by)).toEqual(['a', 'a']);
  });

  test('is rejected if another commit is there, or none', async () => {
    const { remote, clone, push } = createRemote();
    await push(clone('a'), 'one');
    expect((await push(clone('b'), 'two', undefined)).outcome).toMatchObject({ kind: 'rejected' });
    expect((await push(clone('b'), 'two', 'unknown')).outcome).toMatchObject({ kind: 'rejected' });
    expect(textOf(remote)).toBe('one');
  });

  test('of the commit that the branch has is accepted, whatever is expected', async () => {
    const { remote, clone, push, until } = createRemote();
    const branch = clone('a');
    const { id } = await push(branch, 'one');
    expect(await until(branch.push(id, undefined))).toEqual(accepted);
    expect(remote.history).toHaveLength(1);
  });

  test('of the same files is another commit', async () => {
    const { clone, push } = createRemote();
    const branch = clone('a');
    expect((await push(branch, 'one')).id).not.toBe((await push(branch, 'one')).id);
  });

  test.each<{ fault: BranchFault; kind: PushOutcome['kind']; text: string | undefined }>([
    { fault: 'slow', kind: 'accepted', text: 'one' },
    { fault: 'rejected', kind: 'rejected', text: undefined },
    { fault: 'lost_before', kind: 'unknown', text: undefined },
    { fault: 'lost_after', kind: 'unknown', text: 'one' },
  ])('with the fault $fault: $kind, and the branch has $text', async ({ fault, kind, text }) => {
    const { remote, clone, push, setting } = createRemote();
    setting.fault = fault;
    expect((await push(clone('a'), 'one')).outcome).toMatchObject({ kind });
    expect(textOf(remote)).toBe(text);
  });

  test('that is late takes effect later, if the expected commit is still there then', async () => {
    const { remote, clone, clock, push, setting } = createRemote();
    setting.fault = { late: 120_000 };
    expect((await push(clone('a'), 'late')).outcome).toMatchObject({ kind: 'unknown' });
    expect(textOf(remote)).toBeUndefined();
    await clock.pass(120_000);
    expect(textOf(remote)).toBe('late');

    setting.fault = { late: 120_000 };
    await push(clone('a'), 'too late');
    await push(clone('b'), 'two');
    await clock.pass(120_000);
    expect(textOf(remote)).toBe('two');
  });
});

test.each<BranchFault>(['rejected', 'lost_before', 'lost_after', { late: 5 }])(
  'a fetch with the fault %o throws, and changes nothing',
  async (fault) => {
    const { changes, clone, push, setting, until } = createRemote();
    await push(clone('a'), 'one');
    const other = clone('b');
    for (const read of [() => other.fetch(), () => other.head()]) {
      setting.fault = fault;
      await expect(until<unknown>(read())).rejects.toMatchObject({ code: 'STATE_UNAVAILABLE' });
    }
    expect(changes).toHaveLength(1);
  },
);

test('a probe writes nothing', async () => {
  const { clone, push, remote, until } = createRemote();
  const branch = clone('a');
  expect(await until(branch.probe(undefined))).toEqual(accepted);
  const { id } = await push(branch, 'one');
  expect(await until(branch.probe(id))).toEqual(accepted);
  expect(await until(branch.probe(undefined))).toMatchObject({ kind: 'rejected' });
  expect(remote.history).toHaveLength(1);
});

describe('a stranger', () => {
  test('who writes a file, or the same files, makes a commit that a push in flight does not expect', async () => {
    const { clone, push, remote } = createRemote();
    const { id } = await push(clone('a'), 'one');
    remote.strangerWrites('notes.txt', 'hello');
    expect(remote.tip?.files).toEqual(new Map([...files('one'), ['notes.txt', 'hello']]));
    const written = remote.tip?.id;
    remote.strangerCommitsAgain();
    expect(remote.tip?.id).not.toBe(written);
    expect((await push(clone('a'), 'two', id)).outcome).toMatchObject({ kind: 'rejected' });
    expect((await push(clone('a'), 'two')).outcome).toEqual(accepted);
  });

  test('who deletes the branch leaves none, and then only a push that expects none is accepted', async () => {
    const { clone, push, remote, until } = createRemote();
    const { id } = await push(clone('a'), 'one');
    remote.strangerDeletes();
    expect(await until(clone('a').fetch())).toBeUndefined();
    expect((await push(clone('a'), 'two', id)).outcome).toMatchObject({ kind: 'rejected' });
    expect((await push(clone('a'), 'two', undefined)).outcome).toEqual(accepted);
  });
});

test('operations take time by the virtual clock, the same for the same seed', async () => {
  const times = await Promise.all(
    [1, 2].map(async () => {
      const { clock, clone, push } = createRemote(10_000);
      for (const text of ['one', 'two', 'three']) await push(clone('a'), text);
      return clock.now();
    }),
  );
  expect(times[0]).toBeGreaterThan(0);
  expect(times[1]).toBe(times[0]);
});

test('the faults of pushes are drawn at random, late ones up to the limit', () => {
  const random = createRandom(3);
  const drawn = Array.from({ length: 400 }, () =>
    randomBranchFault(random, 'push', { rate: 0.9, latest: 300_000 }),
  );
  for (const fault of ['none', 'slow', 'rejected', 'lost_before', 'lost_after'] as const)
    expect(drawn).toContain(fault);
  const delays = drawn.flatMap((fault) => (typeof fault === 'object' ? [fault.late] : []));
  expect(Math.max(...delays)).toBeGreaterThan(60_000);
  expect(Math.max(...delays)).toBeLessThanOrEqual(300_000);
  expect(randomBranchFault(random, 'push', { rate: 0, latest: 300_000 })).toBe('none');
});
