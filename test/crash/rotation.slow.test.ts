import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import type { Finished } from '../support/cli.ts';
import { checkLeftovers, checkPlan, hasUnresolved } from './checks.ts';
import { dueFamilies, type FollowUp, overlap, type Rotating, revokedFamily } from './families.ts';
import {
  checkDeletions,
  checkFamilies,
  checkMade,
  checkOneLeft,
  checkOnlyDeleted,
  triesLeft,
} from './family-checks.ts';
import { settledSeconds } from './fixture.ts';
import { type KillGroup, type WatchedRun, watch } from './kill-groups.ts';
import { groupKillPoints, type KillPoint, killPointsOf } from './kill-points.ts';
import { copyProgram } from './program.ts';
import { createServices, type Generation } from './services.ts';
import { openSandbox, type Sandbox } from './state-capture.ts';

const folder = await mkdtemp(join(tmpdir(), 'reconcile-program-'));
const program = await copyProgram(folder);
afterAll(() => rm(folder, { recursive: true }));

/** A sandbox in which a run was watched, and its tokens before. */
interface Prepared {
  readonly rotating: Rotating;
  readonly sandbox: Sandbox;
  readonly before: readonly Generation[];
  readonly watched: WatchedRun;
}

const prepared: Prepared[] = [];
for (const rotating of [...dueFamilies, revokedFamily]) prepared.push(await prepare(rotating));

describe.each(prepared)('$rotating.name: a run that is killed, and run again', (given) => {
  const { rotating, sandbox, watched } = given;
  const { steps, groups } = watched;

  afterAll(async () => {
    await watched.close();
    await sandbox.close();
  });

  test('the run makes the next generations and deletes old ones', () => {
    const killPoints = groups.flatMap((same) => same.killPoints);
    process.stdout.write(
      `crash matrix, ${rotating.name}: ${killPoints.length} kill points around ${steps.length} steps, ` +
        `which leave ${groups.length} different remains\n`,
    );
    for (const pattern of rotating.does) {
      const found = steps.filter(({ text }) => pattern.test(text));
      expect(found.length, String(pattern)).toBeGreaterThanOrEqual(rotating.families.length);
    }
  });

  test('points that are taken for alike leave the same', () => {
    const positionOf = ({ moment, begun }: KillPoint): number =>
      groups.findIndex(({ killPoints }) =>
        killPoints.some((killPoint) => killPoint.moment === moment && killPoint.begun === begun),
      );
    const sameEffect = groupKillPoints(killPointsOf(steps)).filter(({ length }) => length > 1);
    expect(sameEffect.length).toBeGreaterThan(10);
    for (const group of sameEffect) expect(new Set(group.map(positionOf)).size).toBe(1);
  });

  // One alone: npm run test:all -- test/crash/rotation -t '#87:'
  for (const [index, each] of groups.entries()) {
    for (const followUp of rotating.followUps) {
      test(`#${index + 1}: ${nameOf(each)}; ${followUp.name}`, () => survives(given, each, followUp));
    }
  }
});

/** Runs what was there before, and the run itself; it has to succeed if it is not killed. */
async function prepare(rotating: Rotating): Promise<Prepared> {
  const { families, manifest, history, command } = rotating;
  const plainNames = (kind: Generation['kind']): readonly string[] =>
    families.filter((family) => family.kind === kind && family.isAdopted).map(({ base }) => base);
  const sandbox = await openSandbox(
    families.map(({ file }) => file),
    (now) =>
      createServices(
        {
          registry_token: plainNames('registry_token'),
          docker_hub_personal_token: plainNames('docker_hub_personal_token'),
          harbor_robot: plainNames('harbor_robot'),
        },
        now,
      ),
  );
  await writeFile(join(sandbox.folder, 'tokens.yaml'), manifest);
  for (const { command: earlier, pause } of history) {
    expect(await sandbox.run(earlier)).toMatchObject({ code: 0, stderr: '' });
    sandbox.pass(pause);
  }
  const before = sandbox.live();
  sandbox.forgetWrites();
  const watched = await watch(sandbox, program, command);
  expect(watched.ended).toMatchObject({ code: 0, stderr: '' });
  return { rotating, sandbox, before, watched };
}

/** Restores the state after a kill, runs again, and once more after the overlap, and checks the result. */
async function survives(
  { rotating, sandbox, before }: Prepared,
  group: KillGroup,
  followUp: FollowUp,
): Promise<void> {
  const { capture } = group;
  await sandbox.restore(capture);
  const between = sandbox.live();
  const tries = await triesLeft(capture, followUp);
  sandbox.pass(followUp.after);
  // The next run comes at once; where it would wait until nothing can come any more, later.
  if (followUp.after < settledSeconds && (await hasUnresolved(sandbox.folder))) sandbox.pass(settledSeconds);
  await completed(followUp.command);
  checkPlan(await sandbox.run(['plan', '--detailed-exitcode', '--format', 'json']), rotating.families.length);
  await checkMade(rotating, before, capture, followUp, sandbox);

  sandbox.pass(overlap + 60);
  checkOnlyDeleted(await completed(['apply', '-y', '--format', 'json']));
  await checkOneLeft(rotating, sandbox);
  checkDeletions(rotating, before, followUp, sandbox.writes());

  async function completed(args: readonly string[]): Promise<Finished> {
    const finished = await sandbox.run(args);
    expect(finished).toMatchObject({ code: 0, stderr: '' });
    await checkFamilies(rotating, sandbox);
    const passwords = [...before, ...between, ...sandbox.live()].map(({ password }) => password);
    await checkLeftovers(sandbox.folder, [...rotating.families.map(({ file }) => file), ...tries], passwords);
    return finished;
  }
}

function nameOf({ killPoints }: KillGroup): string {
  const [first, ...others] = killPoints;
  const more = others.length > 0 ? `, and ${others.length} more` : '';
  return `${textOf(first)}${more}`;
}

function textOf({ moment, step, begun }: KillPoint): string {
  const when = moment === 'middle' ? 'in the middle of' : moment;
  return `${when} step ${begun}, ${step.text}`;
}
