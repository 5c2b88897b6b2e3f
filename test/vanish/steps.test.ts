import { expect, test } from 'vitest';
import { createWatch, groupKillPoints, Interrupted, type Step, selectKillPoints } from './steps.ts';

const steps: readonly Step[] = ['GET', 'POST', 'fetch', 'push_refs', 'push'].map((text, index) => ({
  number: index + 1,
  text,
  occurrence: 1,
  isLasting: ['POST', 'push'].includes(text),
}));

test('points are together if the same lasting steps are behind them', () => {
  const groups = groupKillPoints(steps).map((group) =>
    group.map(({ moment, step }) => `${moment} ${step.text}`),
  );
  expect(groups).toEqual([
    ['before GET', 'after GET', 'before POST'],
    ['after POST', 'before fetch', 'after fetch', 'before push_refs', 'after push_refs', 'before push'],
    ['after push'],
  ]);
});

test('one point of each group is selected: the first, one between and the last in turn', () => {
  const [, longest, shortest] = groupKillPoints(steps);
  if (!shortest || !longest) throw new Error('there are no groups');
  const selected = selectKillPoints([longest, longest, longest, shortest, shortest]);
  expect(selected.map(({ moment, step }) => `${moment} ${step.text}`)).toEqual([
    'after POST',
    'after fetch',
    'before push',
    'after push',
    'after push',
  ]);
});

test('a watch numbers the steps, and leaves out what differs in each run', async () => {
  const watch = createWatch();
  await watch.end(await watch.begin('GET /tokens/00000000-0000-4000-8000-000000000001', false));
  await watch.begin('push', true);
  await watch.end(await watch.begin('GET /tokens/00000000-0000-4000-8000-000000000002', false));
  expect(watch.steps).toEqual([
    { number: 1, text: 'GET /tokens/<id>', occurrence: 1, isLasting: false },
    { number: 2, text: 'push', occurrence: 1, isLasting: true },
    { number: 3, text: 'GET /tokens/<id>', occurrence: 2, isLasting: false },
  ]);
});

test.each(['before', 'after'] as const)(
  'a host vanishes once, %s its step, and nothing happens later',
  async (moment) => {
    let kills = 0;
    const kill = async (): Promise<void> => {
      kills += 1;
    };
    const watch = createWatch({
      at: { moment, step: { number: 2, text: 'push', occurrence: 1, isLasting: true } },
      kill,
    });
    await watch.end(await watch.begin('GET', false));
    const reached = watch.begin('push', true).then(watch.end);
    await expect(reached).rejects.toThrow(Interrupted);
    await expect(watch.begin('GET', false)).rejects.toThrow(Interrupted);
    expect(kills).toBe(1);
    expect(watch.steps.map(({ text }) => text)).toEqual(['GET', 'push']);
  },
);

test('a run whose connection is dropped goes on', async () => {
  const watch = createWatch({
    at: { moment: 'before', step: { number: 1, text: 'push', occurrence: 1, isLasting: true } },
  });
  await expect(watch.begin('push', true)).rejects.toThrow(Interrupted);
  await watch.end(await watch.begin('push', true));
  expect(watch.steps).toHaveLength(2);
});
