import { readFileSync } from 'node:fs';
import { Session } from 'node:inspector/promises';
import { expect, test } from 'vitest';
import type { Desired } from '../../../src/core/model/desired.ts';
import type { Observed } from '../../../src/core/model/token.ts';
import type { PlanInput } from '../../../src/core/plan/input.ts';
import { createPlan } from '../../../src/core/plan/plan.ts';
import { formatInstant } from '../../../src/core/util/instant.ts';
import { entry, held, inputFor, now, sink, token } from '../fixtures.ts';

const folder = 'src/core/plan/';
const text = (path: string): string => readFileSync(new URL(`../../../${path}`, import.meta.url), 'utf8');

/** The tables of the section, each as a list of `file function`. */
const documented = (() => {
  const [, section = ''] = text('docs/architecture.md').split('## The walk of a token through the planner');
  return section
    .split(/^## /m, 1)
    .join('')
    .split('| function |')
    .slice(1)
    .map((table) =>
      [...table.matchAll(/^\| `(\w+)` \| `(\S+)` \|/gm)].map(([, name, file]) => `${file} ${name}`),
    );
})();

/** Returns the declared functions of the planner that creating a plan enters. */
async function entered(input: PlanInput): Promise<readonly string[]> {
  const session = new Session();
  session.connect();
  try {
    await session.post('Profiler.enable');
    await session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
    await session.post('Profiler.takePreciseCoverage');
    expect(createPlan([input]).changes.map(({ action }) => action)).toEqual(['noop']);
    const { result } = await session.post('Profiler.takePreciseCoverage');
    await session.post('Profiler.stopPreciseCoverage');
    return result.flatMap(({ url, functions }) => {
      const [, file] = url.split(folder);
      if (file === undefined) return [];
      const source = text(`${folder}${file}`);
      return functions
        .filter(({ ranges }) => ranges.some(({ count }) => count > 0))
        .map(({ functionName }) => functionName)
        .filter((name) => new RegExp(`^(export )?function ${name || 0}\\b`, 'm').test(source))
        .map((name) => `${file} ${name}`);
    });
  } finally {
    session.disconnect();
  }
}

const day = 86_400;
const rotation = { base: 'ci', every: 30 * day, lifetime: 45 * day, beforeExpiry: 7 * day, overlap: day };
const newest: Observed = token(
  'id-2',
  'ci-202512290000',
  { expiry_date: formatInstant(now + 42 * day) },
  { created: now - 3 * day },
);
const rotating: Desired = entry({ name: 'ci', rotation, fields: { status: 'enabled' } });
const delivered = { 'file:secrets/token.json': formatInstant(now - 2 * day) };

test.each([
  {
    what: 'present',
    input: inputFor(entry({ name: 'ci', fields: { status: 'enabled' } }), [token('id-1', 'ci')]),
    walk: documented[0],
    most: 17,
  },
  {
    what: 'rotating',
    input: inputFor(rotating, [newest], {
      record: () => ({
        entry: held(newest, { delivered }),
        sinkContents: [{ sink, holding: { id: newest.id } }],
      }),
    }),
    walk: documented[1],
    most: 28,
  },
])('the walk of a token that is $what is as documented, and short', async ({ input, walk = [], most }) => {
  expect([...(await entered(input))].sort()).toEqual([...walk].sort());
  expect(walk.length).toBeLessThanOrEqual(most);
});
