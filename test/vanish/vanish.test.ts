import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { copyProgram } from '../crash/program.ts';
import { tipOf } from '../support/git-remote.ts';
import { isAllTests } from '../support/lane.ts';
import {
  checkBranch,
  checkHadEncrypted,
  checkHeld,
  checkNoSecret,
  checkPlan,
  checkRun,
  checkTokens,
} from './checks.ts';
import { dockerHubTokens } from './docker-hub-tokens.ts';
import { apply, createFixture, type Fixture, plan } from './fixture.ts';
import {
  createInFolder,
  createOne,
  createThree,
  nextGeneration,
  replaceCreateFirst,
  replaceDeleteFirst,
} from './registry-tokens.ts';
import type { Scenario } from './scenario.ts';
import { groupKillPoints, type KillPoint, type Step, selectKillPoints } from './steps.ts';

const folder = await mkdtemp(join(tmpdir(), 'reconcile-program-'));
const program = await copyProgram(folder);
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Seconds after which the lease of a run that is dead can be taken over, and all of its requests are over. */
const leaseOver = 600;

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
  : [createOne, replaceCreateFirst];

const scenarios = await Promise.all(
  selected.map(async (scenario) => ({ scenario, steps: await stepsOf(scenario) })),
);

for (const { scenario, steps } of scenarios) {
  describe(`${scenario.name}: a run whose host vanishes, and another host`, () => {
    const groups = groupKillPoints(steps);
    const killPoints = groups.flatMap((group, index) => {
      const few = selectKillPoints(group, index);
      if (isAllTests) return few;
      return index === Math.floor(groups.length / 2) ? few.slice(0, 1) : [];
    });

    beforeAll(() => {
      process.stdout.write(
        `vanishing disk, ${scenario.name}: ${killPoints.length} of ${steps.length * 2} points around ` +
          `${steps.length} steps, which leave ${groups.length} different remains\n`,
      );
    });

    test('the run does all that the scenario is about', () => {
      for (const pattern of scenario.does) {
        expect(steps.filter(({ text }) => pattern.test(text)).length, String(pattern)).toBeGreaterThan(0);
      }
    });

    // One alone: npm run test:all -- test/vanish -t 'a create: .* before step 7,'
    for (const killPoint of killPoints) {
      test.concurrent(nameOf(killPoint), () => survives(scenario, steps, killPoint));
    }
  });
}

for (const { scenario, steps } of scenarios.slice(0, 1)) {
  describe(`${scenario.name}: a run that loses the connection of a push goes on`, () => {
    const pushes = steps.filter(({ text }) => /^push/.test(text));
    const drops = (isAllTests ? pushes : pushes.slice(-1)).flatMap((step): readonly KillPoint[] => [
      { moment: 'before', step },
      { moment: 'after', step },
    ]);
    for (const drop of drops) test.concurrent(nameOf(drop), () => succeeds(scenario, drop));
  });
}

/** Returns the steps of a run whose host lasts until its end; it has to succeed. */
async function stepsOf(scenario: Scenario): Promise<readonly Step[]> {
  const fixture = await createFixture(scenario, program);
  try {
    const { ended, steps } = await fixture.firstRun();
    checkRun(ended, fixture);
    await checkHadEncrypted(fixture);
    await checkEnd(scenario, fixture);
    return steps;
  } finally {
    await fixture.close();
  }
}

/** Lets the host of a run vanish at a point, runs it again on another, and looks at the service, the sink and the branch. */
async function survives(scenario: Scenario, steps: readonly Step[], killPoint: KillPoint): Promise<void> {
  const fixture = await createFixture(scenario, program);
  try {
    const others = fixture.others();
    const killed = await fixture.firstRun(killPoint);
    expect(killed.ended).toMatchObject({ signal: 'SIGKILL' });
    expect(killed.steps).toEqual(steps.slice(0, killPoint.step.number));
    await checkNoSecret(fixture);

    fixture.passTime(leaseOver);
    checkRun(await fixture.runElsewhere(apply), fixture);
    await checkEnd(scenario, fixture);
    expect(fixture.others()).toEqual(others);
  } finally {
    await fixture.close();
  }
}

/** Runs with one connection dropped, and looks at the service, the sink and the branch. */
async function succeeds(scenario: Scenario, drop: KillPoint): Promise<void> {
  const fixture = await createFixture(scenario, program);
  try {
    const { ended, steps } = await fixture.firstRunWithDrop(drop);
    expect(steps.length).toBeGreaterThanOrEqual(drop.step.number);
    checkRun(ended, fixture);
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

function nameOf({ moment, step }: KillPoint): string {
  return `${moment} step ${step.number}, ${step.text}`;
}
