import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import type { Finished } from '../support/cli.ts';
import { checkLeftovers, checkPlan, hasUnanswered } from './checks.ts';
import { dueFamilies, type Ending, overlap, type Rotating, revokedFamily } from './families.ts';
import {
  checkDeletions,
  checkFamilies,
  checkMade,
  checkOneLeft,
  checkOnlyDeleted,
  triesLeft,
} from './family-checks.ts';
import { longEnough } from './fixture.ts';
import { type Left, type Watched, watch } from './kill-groups.ts';
import { alike, type Point, pointsOf } from './kill-points.ts';
import { copyProgram } from './program.ts';
import { createServices, type Generation } from './services.ts';
import { openSite, type Site } from './state-capture.ts';

const folder = await mkdtemp(join(tmpdir(), 'reconcile-program-'));
const program = await copyProgram(folder);
afterAll(() => rm(folder, { recursive: true }));

/** A site at which a run was watched, and what was there before it. */
interface Prepared {
  readonly rotating: Rotating;
  readonly site: Site;
  readonly before: readonly Generation[];
  readonly watched: Watched;
}

const prepared: Prepared[] = [];
for (const rotating of [...dueFamilies, revokedFamily]) prepared.push(await prepare(rotating));

describe.each(prepared)('$rotating.name: a run that is killed, and run again', (given) => {
  const { rotating, site, watched } = given;
  const { steps, left } = watched;

  afterAll(async () => {
    await watched.close();
    await site.close();
  });

  test('the run makes the next generations and deletes old ones', () => {
    const points = left.flatMap((same) => same.points);
    process.stdout.write(
      `crash matrix, ${rotating.name}: ${points.length} kill points around ${steps.length} steps, ` +
        `which leave ${left.length} different remains\n`,
    );
    for (const pattern of rotating.does) {
      const found = steps.filter(({ text }) => pattern.test(text));
      expect(found.length, String(pattern)).toBeGreaterThanOrEqual(rotating.families.length);
    }
  });

  test('points that are taken for alike leave the same', () => {
    const placeOf = ({ moment, begun }: Point): number =>
      left.findIndex(({ points }) =>
        points.some((point) => point.moment === moment && point.begun === begun),
      );
    const groups = alike(pointsOf(steps)).filter(({ length }) => length > 1);
    expect(groups.length).toBeGreaterThan(10);
    for (const group of groups) expect(new Set(group.map(placeOf)).size).toBe(1);
  });

  // One alone: npm run test:all -- test/crash/rotation -t '#87:'
  for (const [index, each] of left.entries()) {
    for (const ending of rotating.endings) {
      test(`#${index + 1}: ${nameOf(each)}; ${ending.name}`, () => survives(given, each, ending));
    }
  }
});

/** Runs what was there before, and the run itself; it has to end well where nobody kills it. */
async function prepare(rotating: Rotating): Promise<Prepared> {
  const { families, manifest, history, command } = rotating;
  const plainNames = (kind: Generation['kind']): readonly string[] =>
    families.filter((family) => family.kind === kind && family.isAdopted).map(({ base }) => base);
  const site = await openSite(
    families.map(({ file }) => file),
    (now) =>
      createServices(
        {
          registry_token: plainNames('registry_token'),
          docker_hub_personal_token: plainNames('docker_hub_personal_token'),
        },
        now,
      ),
  );
  await writeFile(join(site.folder, 'tokens.yaml'), manifest);
  for (const { command: earlier, pause } of history) {
    expect(await site.run(earlier)).toMatchObject({ code: 0, stderr: '' });
    site.pass(pause);
  }
  const before = site.live();
  site.forgetWrites();
  const watched = await watch(site, program, command);
  expect(watched.ended).toMatchObject({ code: 0, stderr: '' });
  return { rotating, site, before, watched };
}

/** Puts back what a kill has left, runs again, and once more after the overlap; and looks at what is there. */
async function survives({ rotating, site, before }: Prepared, left: Left, ending: Ending): Promise<void> {
  const { remains } = left;
  await site.restore(remains);
  const between = site.live();
  const tries = await triesLeft(remains, ending);
  site.pass(ending.after);
  // The next run comes at once; where it would wait until nothing can come any more, later.
  if (ending.after < longEnough && (await hasUnanswered(site.folder))) site.pass(longEnough);
  await wellDone(ending.command);
  checkPlan(await site.run(['plan', '--detailed-exitcode', '--format', 'json']), rotating.families.length);
  await checkMade(rotating, before, remains, ending, site);

  site.pass(overlap + 60);
  checkOnlyDeleted(await wellDone(['apply', '-y', '--format', 'json']));
  await checkOneLeft(rotating, site);
  checkDeletions(rotating, before, ending, site.writes());

  async function wellDone(args: readonly string[]): Promise<Finished> {
    const finished = await site.run(args);
    expect(finished).toMatchObject({ code: 0, stderr: '' });
    await checkFamilies(rotating, site);
    const passwords = [...before, ...between, ...site.live()].map(({ password }) => password);
    await checkLeftovers(site.folder, [...rotating.families.map(({ file }) => file), ...tries], passwords);
    return finished;
  }
}

function nameOf({ points }: Left): string {
  const [first, ...others] = points;
  const more = others.length > 0 ? `, and ${others.length} more` : '';
  return `${textOf(first)}${more}`;
}

function textOf({ moment, step, begun }: Point): string {
  const when = moment === 'middle' ? 'in the middle of' : moment;
  return `${when} step ${begun}, ${step.text}`;
}
