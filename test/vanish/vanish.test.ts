import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { copyProgram } from '../crash/program.ts';
import { tipOf } from '../support/git-remote.ts';
import { isAllTests } from '../support/lane.ts';
import {
  checkBranch,
  checkHadEncrypted,
  checkHeld,
  checkNoSecret,
  checkPlan,
  checkReleased,
  checkRun,
  checkTokens,
  isHeld,
} from './checks.ts';
import { dockerHubTokens } from './docker-hub-tokens.ts';
import { apply, createFixture, type Fixture, plan, type WatchedRun } from './fixture.ts';
import {
  createInFolder,
  createOne,
  createThree,
  nextGeneration,
  replaceCreateFirst,
  replaceDeleteFirst,
} from './registry-tokens.ts';
import type { Scenario } from './scenario.ts';
import { groupKillPoints, isSame, type KillPoint, type Step, selectKillPoints } from './steps.ts';

const folder = await mkdtemp(join(tmpdir(), 'reconcile-program-'));
const program = await copyProgram(folder);
afterAll(() => rm(folder, { recursive: true, force: true }));

/** The notice of a run that takes over from one whose host vanished. */
const takesOver = / on host-\d+, ended without releasing this state: taking it over/;

/** Seconds after which a run that is dead is taken over: its lease, and the time that clocks may differ by. */
const leaseOver = 120 + 60 + 1;

/** Returns the points to try: all with POINTS=all, else every third one, or one in `npm test`. */
function share(killPoints: readonly KillPoint[]): readonly KillPoint[] {
  if (process.env['POINTS'] === 'all') return killPoints;
  const half = Math.floor(killPoints.length / 2);
  return isAllTests ? killPoints.filter((_, index) => index % 3 === 0) : killPoints.slice(half, half + 1);
}

const selected = isAllTests
  ? [
      createOne,
      createThree,
      replaceCreateFirst,
      replaceDeleteFirst,
      nextGeneration,
      dockerHubTokens,
      createInFolder,
    ]
  : [createOne];

const scenarios = await Promise.all(
  selected.map(async (scenario) => ({ scenario, steps: await stepsOf(scenario) })),
);

for (const { scenario, steps } of scenarios) {
  describe(`${scenario.name}: a run whose host vanishes, and another host`, () => {
    const killPoints = selectKillPoints(groupKillPoints(steps));
    report(scenario, killPoints, steps);

    test('the run does all that the scenario is about', () => {
      for (const pattern of scenario.does) {
        expect(steps.filter(({ text }) => pattern.test(text)).length, String(pattern)).toBeGreaterThan(0);
      }
    });

    // One alone: npm run test:all -- test/vanish -t 'a create: .* before step 7,'
    for (const killPoint of share(killPoints)) {
      test.concurrent(nameOf(killPoint), () => survives(scenario, [killPoint]));
    }
  });
}

const first = scenarios[0] ?? { scenario: createOne, steps: [] };

describe(`${first.scenario.name}: a run that loses the connection of a push goes on`, () => {
  const pushes = first.steps.filter(({ text }) => /^push/.test(text));
  const drops = (isAllTests ? pushes : pushes.slice(-1)).flatMap((step): readonly KillPoint[] => [
    { moment: 'before', step },
    { moment: 'after', step },
  ]);
  for (const drop of drops) test.concurrent(nameOf(drop), () => succeeds(first.scenario, drop));
});

/** Points at which the work is in the most delicate state: the token is gone or new, and no sink has the secret. */
const delicate: readonly (readonly [Scenario, RegExp])[] = isAllTests
  ? [
      [createOne, /^POST /],
      [replaceCreateFirst, /^sink /],
      [replaceDeleteFirst, /^DELETE /],
    ]
  : [];

const twice = await Promise.all(
  delicate.map(async ([scenario, pattern]) => {
    const steps = scenarios.find((each) => each.scenario === scenario)?.steps ?? [];
    const step = steps.find(({ text }) => pattern.test(text));
    if (!step) throw new Error(`no step of ${scenario.name} matches ${pattern}`);
    const killPoint: KillPoint = { moment: 'after', step };
    return { scenario, killPoint, steps: await stepsOf(scenario, killPoint) };
  }),
);

for (const { scenario, killPoint, steps } of twice) {
  describe(`${scenario.name}: the host vanishes ${nameOf(killPoint)}, then that of the next run`, () => {
    const killPoints = selectKillPoints(groupKillPoints(steps));
    report(scenario, killPoints, steps);
    for (const next of share(killPoints)) {
      test.concurrent(nameOf(next), () => survives(scenario, [killPoint, next]));
    }
  });
}

test('no other run writes while the lease of a vanished run lasts', async () => {
  const { scenario, steps } = first;
  const fixture = await createFixture(scenario, program);
  try {
    const step = steps.find(({ text }) => text.startsWith('POST '));
    if (!step) throw new Error('the run creates nothing');
    await fixture.firstRun({ moment: 'after', step });
    const tip = await tipOf(fixture.remote, fixture.branch);
    const live = fixture.live();

    const refused = await fixture.nextRun();
    expect(refused.ended).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/another run is using the state .* on host-1 holds it until /),
    });
    expect(refused.steps.filter(({ isLasting }) => isLasting)).toEqual([]);
    expect(await tipOf(fixture.remote, fixture.branch)).toBe(tip);
    expect(fixture.live()).toEqual(live);
  } finally {
    await fixture.close();
  }
});

/** Returns the steps of a run whose host lasts until its end; it has to succeed. The host of one before it may vanish. */
async function stepsOf(scenario: Scenario, killPoint?: KillPoint): Promise<readonly Step[]> {
  const fixture = await createFixture(scenario, program);
  try {
    if (killPoint) await vanish(() => fixture.firstRun(killPoint), killPoint, fixture);
    const { ended, steps } = killPoint ? await fixture.nextRun() : await fixture.firstRun();
    checkRun(ended, fixture);
    await checkHadEncrypted(fixture);
    await checkReleased(fixture);
    await checkEnd(scenario, fixture);
    return steps;
  } finally {
    await fixture.close();
  }
}

/** Lets the hosts of runs vanish, runs it again on another, and looks at the service, the sink and the branch. */
async function survives(
  scenario: Scenario,
  [at, ...later]: readonly [KillPoint, ...KillPoint[]],
): Promise<void> {
  const fixture = await createFixture(scenario, program);
  try {
    const others = fixture.others();
    await vanish(() => fixture.firstRun(at), at, fixture);
    for (const next of later) await vanish(() => fixture.nextRun(next), next, fixture);

    const wasHeld = await isHeld(fixture);
    const tip = await tipOf(fixture.remote, fixture.branch);
    const ended = await fixture.runElsewhere(apply);
    checkRun(ended, fixture);
    // A run with nothing to do leaves the branch as it is, with a lease that is over.
    const didWork = (await tipOf(fixture.remote, fixture.branch)) !== tip;
    expect(takesOver.test(ended.stderr), ended.stderr).toBe(wasHeld && didWork);
    if (didWork) await checkReleased(fixture);
    await checkEnd(scenario, fixture);
    expect(fixture.others()).toEqual(others);
  } finally {
    await fixture.close();
  }
}

/** Lets the host of a run vanish at a point, and the lease of the run end. */
async function vanish(run: () => Promise<WatchedRun>, { step }: KillPoint, fixture: Fixture): Promise<void> {
  const { ended, steps } = await run();
  expect(ended).toMatchObject({ signal: 'SIGKILL' });
  expect(steps.some((reached) => isSame(reached, step))).toBe(true);
  await checkNoSecret(fixture);
  fixture.passTime(leaseOver);
}

/** Runs with one connection dropped, and looks at the service, the sink and the branch. */
async function succeeds(scenario: Scenario, drop: KillPoint): Promise<void> {
  const fixture = await createFixture(scenario, program);
  try {
    const { ended, steps } = await fixture.firstRunWithDrop(drop);
    expect(steps.some((reached) => isSame(reached, drop.step))).toBe(true);
    checkRun(ended, fixture);
    await checkReleased(fixture);
    await checkEnd(scenario, fixture);
  } finally {
    await fixture.close();
  }
}

/** Everything is as declared, for another host too; and once old tokens are due, they are gone. */
async function checkEnd(scenario: Scenario, fixture: Fixture): Promise<void> {
  checkHeld(scenario.expected, fixture);
  await checkNoSecret(fixture);
  if (scenario.overlap !== undefined) {
    fixture.passTime(scenario.overlap);
    checkRun(await fixture.runElsewhere(apply), fixture);
  }
  const tip = await tipOf(fixture.remote, fixture.branch);
  checkPlan(await fixture.runElsewhere(plan), scenario, fixture);
  expect(await tipOf(fixture.remote, fixture.branch)).toBe(tip);
  checkTokens(scenario, fixture);
  await checkBranch(scenario, fixture);
  await checkNoSecret(fixture);
  expect(fixture.violations()).toEqual([]);
}

function report({ name }: Scenario, { length }: readonly KillPoint[], steps: readonly Step[]): void {
  process.stdout.write(`vanishing disk, ${name}: ${steps.length} steps leave ${length} different remains\n`);
}

function nameOf({ moment, step }: KillPoint): string {
  return `${moment} step ${step.number}, ${step.text}`;
}
