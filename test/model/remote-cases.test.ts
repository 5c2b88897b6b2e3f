import { describe, expect, test, vi } from 'vitest';
import { createFixture, type FixtureOptions, grace, renamed, withName } from './fixture.ts';
import { LeaseWatch, leaseIn } from './leases.ts';
import { spoolIn } from './records.ts';
import { applyOn, planOn, runAll } from './runs.ts';
import { type Faults, noFaults } from './simulation.ts';
import type { BranchFault, BranchOperation } from './virtual-branch.ts';

vi.mock('node:fs/promises', () => import('./fs-promises.ts'));
vi.mock('../../src/system/run-program.ts', () => import('./virtual-program.ts'));
vi.mock('../../src/custody/state/sealing.ts', () => import('./stand-in-sealing.ts'));
vi.mock('node:crypto', async (original) => {
  const { randomUUID, randomBytes } = await import('./seeded-crypto.ts');
  return { ...(await original<typeof import('node:crypto')>()), randomUUID, randomBytes };
});

const minute = 60;
const beforePost = /^before POST/;
const answerToPost = /^at the answer to POST/;

/** Creates a fixture of two machines that share a branch, and a watch on their lease. */
function createShared(options: FixtureOptions = {}) {
  const fixture = createFixture({ ...options, remote: true });
  const { simulation, machine } = fixture;
  const watch = new LeaseWatch(simulation);
  return {
    ...fixture,
    watch,
    second: machine('m2'),
    files: () => simulation.branch?.tip?.files ?? new Map<string, string>(),
    commits: () => simulation.branch?.history.length ?? 0,
    expectNoViolation: () => expect(simulation.violations, simulation.trace.join('\n')).toEqual([]),
  };
}

/** Pauses a process at the first step that matches. */
function paused(where: RegExp, seconds: number): Faults {
  let isOver = false;
  return {
    ...noFaults,
    pauseWhen: (what) => {
      if (isOver || !where.test(what)) return undefined;
      isOver = true;
      return seconds * 1_000;
    },
  };
}

/** Lets pushes have a fault once a create was answered. */
function failingAfterPost(fault: BranchFault, more: Partial<Faults> = {}): Faults {
  let isAnswered = false;
  return {
    ...noFaults,
    ...more,
    pauseWhen: (what) => {
      isAnswered ||= answerToPost.test(what);
      return more.pauseWhen?.(what);
    },
    branchFault: (operation) => (operation === 'push' && isAnswered ? fault : undefined),
  };
}

/** Lets the first operations of a kind have a fault. */
function failingFirst(operation: BranchOperation, fault: BranchFault, count = 1): Faults {
  let left = count;
  return {
    ...noFaults,
    branchFault: (what) => {
      if (what !== operation || left === 0) return undefined;
      left -= 1;
      return fault;
    },
  };
}

describe('a run on a branch', () => {
  test('creates a token whose secret is in the sink, and gives the lease back', async () => {
    const { apply, plan, live, sink, files, second, expectNoViolation } = createShared();
    expect((await apply()).code).toBe(0);
    expect(live()).toMatchObject([{ by: 'ours', ...sink() }]);
    expect(spoolIn(files())).toEqual([]);
    expect(leaseIn(files())).toBeUndefined();
    expect(await plan({}, second)).toMatchObject([{ action: 'noop', warnings: [] }]);
    expectNoViolation();
  });

  test('that has nothing to do pushes nothing', async () => {
    const { apply, plan, commits, second, expectNoViolation } = createShared();
    await plan();
    expect(commits()).toBe(0);
    await apply();
    const before = commits();
    expect((await apply({}, second)).code).toBe(0);
    await plan({}, second);
    expect(commits()).toBe(before);
    expectNoViolation();
  });

  test('keeps a file of a stranger out of its way', async () => {
    const { apply, live, simulation, sink, second, expectNoViolation } = createShared();
    await apply();
    simulation.branch?.strangerWrites('notes.txt', 'hello');
    simulation.branch?.strangerCommitsAgain();
    const replace = ['registry_token:team-a/ci'];
    expect((await apply({ replace }, second)).code).toBe(0);
    expect(live()).toMatchObject([sink(second)]);
    expectNoViolation();
  });
});

describe('a run that is killed, with its disk', () => {
  test.each([
    { when: 'between its push and the create', where: beforePost },
    { when: 'with the response on its way', where: answerToPost },
    { when: 'before the secret is delivered', where: /^before write .*secrets/ },
    { when: 'before the delivery is recorded', where: /^before rename .*secrets/ },
  ])('$when: the next one, on another machine, leaves one token and its secret', async ({ where }) => {
    const { applyUntil, apply, live, pass, sink, second, plan, expectNoViolation } = createShared();
    await applyUntil(where);
    await pass(10 * minute);
    expect((await apply({}, second)).code).toBe(0);
    expect(live()).toMatchObject([sink(second)]);
    await pass(minute);
    expect(await plan()).toMatchObject([{ action: 'noop' }]);
    expectNoViolation();
  });

  test('with the secret on the branch: the next one delivers it, and creates no other', async () => {
    const { applyUntil, apply, live, pass, sink, second, expectNoViolation } = createShared();
    await applyUntil(/^before write .*secrets/);
    const [made] = live();
    await pass(10 * minute);
    const { rows, process } = await apply({}, second);
    expect(rows).toMatchObject([{ action: 'deliver', status: 'applied', id: made?.id }]);
    expect(process.creates.size).toBe(0);
    expect(sink(second)).toMatchObject({ id: made?.id, password: made?.password });
    expectNoViolation();
  });

  test('in a replace that deletes first, after the delete: the next one creates the token', async () => {
    const { applyUntil, apply, live, pass, sink, second, expectNoViolation } = createShared();
    await apply();
    await applyUntil(beforePost, { replace: ['registry_token:team-a/ci'] });
    expect(live()).toEqual([]);
    await pass(10 * minute);
    expect((await apply({}, second)).code).toBe(0);
    expect(live()).toMatchObject([sink(second)]);
    expectNoViolation();
  });
});

describe('a push', () => {
  test.each<BranchFault>(['lost_after', 'lost_before', { late: 45_000 }])(
    'whose response is lost (%o), of any of the commits of a run: the run goes on',
    async (fault) => {
      for (let skip = 0; skip < 4; skip += 1) {
        const { apply, live, sink, expectNoViolation } = createShared();
        let count = 0;
        const branchFault = (operation: BranchOperation): BranchFault | undefined => {
          if (operation !== 'push') return undefined;
          count += 1;
          return count === skip + 1 ? fault : undefined;
        };
        expect((await apply({ faults: { ...noFaults, branchFault } })).code).toBe(0);
        expect(live()).toMatchObject([sink()]);
        expectNoViolation();
      }
    },
  );

  test('that is rejected for a moment is sent again', async () => {
    const { apply, live, sink, expectNoViolation } = createShared();
    expect((await apply({ faults: failingFirst('push', 'rejected') })).code).toBe(0);
    expect(live()).toMatchObject([sink()]);
    expectNoViolation();
  });

  test.each<BranchFault>(['lost_before', 'rejected'])(
    'of the secret that never arrives (%o): it is not delivered, and the next run has one token',
    async (fault) => {
      const { apply, live, pass, sink, second, expectNoViolation } = createShared();
      const { code, rows } = await apply({ faults: failingAfterPost(fault) });
      expect([1, 4]).toContain(code);
      expect(rows).toMatchObject([{ status: 'failed' }]);
      expect(sink()).toEqual({});
      await pass(10 * minute);
      expect((await apply({}, second)).code).toBe(0);
      expect(live()).toMatchObject([sink(second)]);
      expectNoViolation();
    },
  );
});

describe('a lease', () => {
  test('of a killed run is taken over 60 s after its expiry, and not before', async () => {
    const { applyUntil, apply, files, live, simulation, sink, second, pass, expectNoViolation } =
      createShared();
    await applyUntil(beforePost);
    const expiry = leaseIn(files())?.expiry ?? 0;
    await pass((expiry - simulation.clock.now()) / 1_000 + 58);
    const early = await apply({}, second);
    expect(early.errors).toMatchObject([{ code: 'LOCKED' }]);
    expect(early.errors[0]?.message).toContain('m1');
    await pass(4);
    expect((await apply({}, second)).code).toBe(0);
    expect(live()).toMatchObject([sink(second)]);
    expectNoViolation();
  });

  test('of a killed run is waited for by --lock-timeout', async () => {
    const { applyUntil, apply, live, sink, second, expectNoViolation } = createShared();
    await applyUntil(beforePost);
    expect((await apply({ lockTimeout: 10 * minute }, second)).code).toBe(0);
    expect(live()).toMatchObject([sink(second)]);
    expectNoViolation();
  });

  test('of a running run is respected', async () => {
    const { simulation, first, live, sink, second, expectNoViolation } = createShared();
    const slow = applyOn(simulation, first, { faults: paused(answerToPost, 60) });
    const later = simulation.clock.sleep(30_000).then(() => applyOn(simulation, second));
    const outcomes = await runAll(simulation, [slow, later]);
    expect(outcomes.map(({ code }) => code)).toEqual([0, undefined]);
    expect(outcomes[1]?.errors).toMatchObject([{ code: 'LOCKED' }]);
    expect(live()).toMatchObject([sink()]);
    expectNoViolation();
  });

  test('is that of one of two runs that begin at once; the other waits for it', async () => {
    const { simulation, first, live, sink, second, expectNoViolation } = createShared();
    const options = { lockTimeout: 10 * minute };
    const outcomes = await runAll(
      simulation,
      [first, second].map((machine) => applyOn(simulation, machine, options)),
    );
    expect(outcomes.map(({ code }) => code)).toEqual([0, 0]);
    expect(live()).toMatchObject([sink()]);
    expectNoViolation();
  });

  test.each([
    { when: 'with the secret in hand', where: answerToPost },
    { when: 'before it knows that it has it', where: /^at the answer to push/ },
    { when: 'after it has looked at the service', where: /^at the answer to GET/ },
  ])('that is lost in a pause, $when: the run does nothing more, the other one all', async ({ where }) => {
    const { simulation, first, live, sink, second, pass, plan, expectNoViolation } = createShared();
    const [, outcome] = await runAll(simulation, [
      applyOn(simulation, first, { faults: paused(where, 20 * minute) }),
      simulation.clock
        .sleep(minute * 1_000)
        .then(() => applyOn(simulation, second, { lockTimeout: 15 * minute })),
    ]);
    expect(outcome?.code).toBe(0);
    expect(live()).toMatchObject([{ process: 'm2#1', ...sink(second) }]);
    await pass(2 * grace);
    expect(await plan({}, second)).toMatchObject([{ action: 'noop' }]);
    expectNoViolation();
  });

  test('that ran out in a pause between its push and a delete is renewed first', async () => {
    const { simulation, apply, live, expectNoViolation } = createShared({
      tokens: ['{ kind: registry_token, state: absent, registry: team-a, registry_token: ci }'],
    });
    simulation.seed('ci', 'app');
    const faults = paused(/^at the answer to push/, 20 * minute);
    const { code } = await apply({ faults, mayDelete: withName('ci') });
    expect(code).toBe(0);
    expect(live()).toEqual([]);
    const steps = simulation.trace.flatMap(
      (line) => /PAUSED|push → accepted|DELETE (?=\/tokens)/.exec(line)?.[0].trim() ?? [],
    );
    expect(steps.slice(0, 4)).toEqual(['push → accepted', 'PAUSED', 'push → accepted', 'DELETE']);
    expectNoViolation();
  });

  test('is not taken for a plan that another run has outdated: it is made again', async () => {
    const { simulation, first, apply, live, sink, second, plan, expectNoViolation } = createShared();
    const slow = applyOn(simulation, first, { faults: paused(/^at the answer to GET/, 5 * minute) });
    const later = simulation.clock.sleep(30_000).then(() => applyOn(simulation, second));
    const outcomes = await runAll(simulation, [slow, later]);
    expect(outcomes.map(({ code }) => code)).toEqual([0, 0]);
    expect(live()).toMatchObject([{ process: 'm2#1', ...sink(second) }]);
    expect(await plan({}, second)).toMatchObject([{ action: 'noop' }]);
    expectNoViolation();
    await apply();
    expect(live()).toHaveLength(1);
  });

  test('that ran out in a pause before the old token of a rename is deleted', async () => {
    const { simulation, apply, live, sink, expectNoViolation } = createShared({ tokens: [renamed] });
    simulation.seed('old', 'app');
    const faults = paused(/^at the answer to GET .*\/tokens\//, 20 * minute);
    await apply({ faults, mayDelete: withName('old') });
    expect((await apply({ mayDelete: withName('old') })).code).toBe(0);
    expect([live(), live('old')]).toMatchObject([[sink()], []]);
    expectNoViolation();
  });
});

test('a branch that is deleted while a run holds it: the secret is not delivered, and the token is deleted', async () => {
  const { simulation, apply, live, sink, plan, expectNoViolation } = createShared();
  let isAnswered = false;
  const pauseWhen = (what: string): undefined => {
    if (!isAnswered && answerToPost.test(what)) {
      isAnswered = true;
      simulation.branch?.strangerDeletes();
    }
  };
  const { code, rows } = await apply({ faults: { ...noFaults, pauseWhen } });
  expect(code).toBe(1);
  expect(rows).toMatchObject([{ status: 'failed', error: { code: 'STATE_LOST' } }]);
  expect(sink()).toEqual({});
  expect(live()).toEqual([]);
  expect(simulation.branch?.tip).toBeUndefined();
  expect(await plan()).toMatchObject([{ action: 'create' }]);
  expectNoViolation();
});

test('a branch that does not respond: an error, and no request that changes anything', async () => {
  const { simulation, first, live, expectNoViolation } = createShared();
  const faults = failingFirst('fetch', 'rejected', 1_000);
  const [outcome] = await runAll(simulation, [applyOn(simulation, first, { faults })]);
  expect(outcome?.errors).toMatchObject([{ code: 'STATE_UNAVAILABLE' }]);
  const [planned] = await runAll(simulation, [planOn(simulation, first, { faults })]);
  expect(planned?.errors).toMatchObject([{ code: 'STATE_UNAVAILABLE' }]);
  expect(live()).toEqual([]);
  expectNoViolation();
});
