import { expect, test } from 'vitest';
import { type Lane, Scheduler } from '../../src/execute/scheduler.ts';

/** Returns how many of 100 tasks run at the same time. */
async function concurrencyOf(parallelism: number, lanes: readonly Lane[]): Promise<number> {
  const scheduler = new Scheduler(parallelism);
  let running = 0;
  let most = 0;
  const task = async (): Promise<void> => {
    running += 1;
    most = Math.max(most, running);
    for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
    running -= 1;
  };
  const tasks = Array.from({ length: 100 }, (_, index) =>
    scheduler.run(lanes[index % lanes.length] ?? 'requests', task),
  );
  await Promise.all(tasks);
  return most;
}

test.each<readonly [Lane, number]>([
  ['requests', 5],
  ['creates', 20],
  ['confirmations', 100],
])('with a parallelism of 5, the lane of %s runs %d tasks at the same time', async (lane, most) => {
  expect(await concurrencyOf(5, [lane])).toBe(most);
});

test('with a parallelism of 1, one task runs at a time in all lanes together', async () => {
  expect(await concurrencyOf(1, ['requests', 'creates', 'confirmations'])).toBe(1);
});

test('a failed task fails for its caller and frees its slot', async () => {
  const scheduler = new Scheduler(1);
  const failed = scheduler.run('requests', () => Promise.reject(new Error('failed')));
  await expect(failed).rejects.toThrow('failed');
  expect(await scheduler.run('creates', () => 'next')).toBe('next');
});
