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
  hasUnanswered,
} from './checks.ts';
import { dockerHubTokens } from './docker-hub-tokens.ts';
import { longEnough, setStage } from './fixture.ts';
import { alike, type Point, pointsOf, type Step } from './kill-points.ts';
import { copyProgram } from './program.ts';
import { registryTokens } from './registry-tokens.ts';
import type { Scenario } from './scenario.ts';

const folder = await mkdtemp(join(tmpdir(), 'reconcile-program-'));
const program = await copyProgram(folder);
afterAll(() => rm(folder, { recursive: true, force: true }));

const scenarios = await Promise.all(
  [registryTokens, dockerHubTokens].map(async (scenario) => ({ scenario, steps: await stepsOf(scenario) })),
);

describe.each(scenarios)('$scenario.name: a run that is killed, and run again', ({ scenario, steps }) => {
  const points = pointsOf(steps);
  const groups = alike(points);

  beforeAll(() => {
    const requests = steps.filter(({ kind }) => kind === 'request').length;
    process.stdout.write(
      `crash matrix, ${scenario.name}: ${points.length} kill points: before, after and in the middle of ` +
        `${steps.length - requests} file operations and ${requests} requests, ` +
        `which leave ${groups.length} different remains\n`,
    );
  });

  test('the run does all that the scenario is about, and is killed around each of its steps', () => {
    for (const pattern of scenario.does) {
      expect(steps.filter(({ text }) => pattern.test(text)).length, String(pattern)).toBeGreaterThan(0);
    }
    expect(points.filter(({ moment }) => moment === 'before').map(({ step }) => step)).toEqual(steps);
    expect(points.at(-1)).toMatchObject({ moment: 'after', begun: steps.length });
  });

  // One alone: npm run test:all -- test/crash/crash.test.ts -t '#87:'
  for (const [index, group] of groups.entries()) {
    if (!isAllTests && index !== Math.floor(groups.length / 2)) continue;
    // Another one of each group, so that all kinds of step have their turn.
    const point = group[index % group.length] ?? group[0];
    const name = `#${index + 1}: ${nameOf(point)}${group.length > 1 ? `, and ${group.length - 1} more` : ''}`;
    test.concurrent(name, () => survives(scenario, steps, point));
  }
});

/** What a run does that nobody kills; it has to end well. */
async function stepsOf(scenario: Scenario): Promise<readonly Step[]> {
  const stage = await setStage(scenario, program);
  try {
    const { ended, steps } = await stage.firstRun();
    expect(ended).toMatchObject({ code: 0, stderr: '' });
    await checkTokens(scenario, stage);
    await checkLedger(scenario, stage);
    await checkLeftovers(
      stage.folder,
      sinksOf(scenario),
      stage.live().map(({ password }) => password),
    );
    checkPlan(await stage.plan(), scenario.tokens.length);
    return steps;
  } finally {
    await stage.close();
  }
}

/** Kills a run at a point, runs it again, and looks at what is there then. */
async function survives(scenario: Scenario, steps: readonly Step[], point: Point): Promise<void> {
  const stage = await setStage(scenario, program);
  try {
    const before = stage.live();
    const others = stage.others();
    const killed = await stage.firstRun(point);
    expect(killed.ended).toMatchObject({ signal: 'SIGKILL' });
    expect(killed.steps).toEqual(steps.slice(0, point.begun));
    const between = stage.live();

    // The next run comes at once; where it would wait until nothing can come any more, later.
    if (await hasUnanswered(stage.folder)) stage.passTime(longEnough);
    // Each kind of remains is there at some request; at the points in between the source runs, which is faster.
    const again = await stage.secondRun(point.step.kind === 'request' ? 'built' : 'source');
    expect(again).toMatchObject({ code: 0, stderr: '' });

    const passwords = [...before, ...between, ...stage.live()].map(({ password }) => password);
    await checkTokens(scenario, stage);
    await checkLedger(scenario, stage);
    await checkLeftovers(stage.folder, sinksOf(scenario), passwords);
    checkPlan(await stage.plan(), scenario.tokens.length);
    checkIdentity(scenario, before, between, stage.live());
    expect(stage.others()).toEqual(others);
  } finally {
    await stage.close();
  }
}

function sinksOf({ tokens }: Scenario): readonly string[] {
  return tokens.flatMap(({ places }) => places.map(({ file }) => file));
}

function nameOf({ moment, step, begun }: Point): string {
  const when = moment === 'middle' ? 'in the middle of' : moment;
  return `${when} step ${begun}, ${step.text}`;
}
