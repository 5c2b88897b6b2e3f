import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isAllTests } from '../support/lane.ts';
import {
  checkIdentity,
  checkLedger,
  checkLeftovers,
  checkPlan,
  checkTokens,
  hasUnresolved,
} from './checks.ts';
import { dockerHubTokens } from './docker-hub-tokens.ts';
import { createFixture, settledSeconds } from './fixture.ts';
import { gitlabTokens } from './gitlab-tokens.ts';
import { harborRobots } from './harbor-robots.ts';
import { groupKillPoints, type KillPoint, killPointsOf, type Step } from './kill-points.ts';
import { copyProgram } from './program.ts';
import { registryTokens } from './registry-tokens.ts';
import type { Scenario } from './scenario.ts';

const folder = await mkdtemp(join(tmpdir(), 'reconcile-program-'));
const program = await copyProgram(folder);
afterAll(() => rm(folder, { recursive: true, force: true }));

const scenarios = await Promise.all(
  [registryTokens, dockerHubTokens, harborRobots, gitlabTokens].map(async (scenario) => ({
    scenario,
    steps: await stepsOf(scenario),
  })),
);

describe.each(scenarios)('$scenario.name: a run that is killed, and run again', ({ scenario, steps }) => {
  const killPoints = killPointsOf(steps);
  const groups = groupKillPoints(killPoints);

  beforeAll(() => {
    const requests = steps.filter(({ kind }) => kind === 'request').length;
    process.stdout.write(
      `crash matrix, ${scenario.name}: ${killPoints.length} kill points: before, after and in the middle of ` +
        `${steps.length - requests} file operations and ${requests} requests, ` +
        `which leave ${groups.length} different remains\n`,
    );
  });

  test('the run does all that the scenario is about, and is killed around each of its steps', () => {
    for (const pattern of scenario.does) {
      expect(steps.filter(({ text }) => pattern.test(text)).length, String(pattern)).toBeGreaterThan(0);
    }
    expect(killPoints.filter(({ moment }) => moment === 'before').map(({ step }) => step)).toEqual(steps);
    expect(killPoints.at(-1)).toMatchObject({ moment: 'after', begun: steps.length });
  });

  // One alone: npm run test:all -- test/crash/crash.test.ts -t '#87:'
  for (const [index, group] of groups.entries()) {
    if (!isAllTests && index !== Math.floor(groups.length / 2)) continue;
    // Another one of each group, so that all kinds of step have their turn.
    const killPoint = group[index % group.length] ?? group[0];
    const name = `#${index + 1}: ${nameOf(killPoint)}${group.length > 1 ? `, and ${group.length - 1} more` : ''}`;
    test.concurrent(name, () => survives(scenario, steps, killPoint));
  }
});

/** Returns the steps of a run that is not killed; it has to succeed. */
async function stepsOf(scenario: Scenario): Promise<readonly Step[]> {
  const fixture = await createFixture(scenario, program);
  try {
    const { ended, steps } = await fixture.firstRun();
    expect(ended).toMatchObject({ code: 0, stderr: '' });
    await checkTokens(scenario, fixture);
    await checkLedger(scenario, fixture);
    await checkLeftovers(
      fixture.folder,
      sinksOf(scenario),
      fixture.live().map(({ password }) => password),
    );
    checkPlan(await fixture.plan(), scenario.tokens.length, scenario.absent);
    return steps;
  } finally {
    await fixture.close();
  }
}

/** Kills a run at a point, runs it again, and looks at what is there then. */
async function survives(scenario: Scenario, steps: readonly Step[], killPoint: KillPoint): Promise<void> {
  const fixture = await createFixture(scenario, program);
  try {
    const before = fixture.live();
    const others = fixture.others();
    const killed = await fixture.firstRun(killPoint);
    expect(killed.ended).toMatchObject({ signal: 'SIGKILL' });
    expect(killed.steps).toEqual(steps.slice(0, killPoint.begun));
    const between = fixture.live();

    // The next run comes at once; where it would wait until nothing can come any more, later.
    if (await hasUnresolved(fixture.folder)) fixture.passTime(settledSeconds);
    // Each kind of remains is there at some request; at the points in between the source runs, which is faster.
    const again = await fixture.secondRun(killPoint.step.kind === 'request' ? 'built' : 'source');
    expect(again).toMatchObject({ code: 0, stderr: '' });

    const passwords = [...before, ...between, ...fixture.live()].map(({ password }) => password);
    await checkTokens(scenario, fixture);
    await checkLedger(scenario, fixture);
    await checkLeftovers(fixture.folder, sinksOf(scenario), passwords);
    checkPlan(await fixture.plan(), scenario.tokens.length, scenario.absent);
    checkIdentity(scenario, before, between, fixture.live());
    expect(fixture.others()).toEqual(others);
  } finally {
    await fixture.close();
  }
}

function sinksOf({ tokens }: Scenario): readonly string[] {
  return tokens.flatMap(({ sinkFiles }) => sinkFiles.map(({ file }) => file));
}

function nameOf({ moment, step, begun }: KillPoint): string {
  const when = moment === 'middle' ? 'in the middle of' : moment;
  return `${when} step ${begun}, ${step.text}`;
}
