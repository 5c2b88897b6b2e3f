import { expect, test } from 'vitest';
import { singleFlight, singleFlightByKey } from '../../../src/core/util/single-flight.ts';

/** Work that ends when it is told to, and counts how often it was begun. */
function controlled() {
  const ends: ((value: number) => void)[] = [];
  const ask = singleFlight(
    () =>
      new Promise<number>((resolve, reject) => {
        ends.push((value) => (value < 0 ? reject(new Error('failed')) : resolve(value)));
      }),
  );
  const begun = async (): Promise<number> => {
    for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
    return ends.length;
  };
  return { ask, begun, end: (index: number, value: number) => ends[index]?.(value) };
}

test('concurrent callers share one call', async () => {
  const { ask, begun, end } = controlled();
  const answers = [ask(), ask(), ask()];
  expect(await begun()).toBe(1);
  end(0, 7);
  expect(await Promise.all(answers)).toEqual([7, 7, 7]);
});

test('a caller that comes while it is under way shares the next one', async () => {
  const { ask, begun, end } = controlled();
  const first = ask();
  expect(await begun()).toBe(1);
  const later = [ask(), ask()];
  expect(await begun()).toBe(1);
  end(0, 1);
  expect(await begun()).toBe(2);
  end(1, 2);
  expect([await first, ...(await Promise.all(later))]).toEqual([1, 2, 2]);
});

test('a failure reaches those who shared the call, and no later caller', async () => {
  const { ask, begun, end } = controlled();
  const first = ask();
  await begun();
  const later = ask();
  end(0, -1);
  await expect(first).rejects.toThrow('failed');
  expect(await begun()).toBe(2);
  end(1, 2);
  expect(await later).toBe(2);
});

test('calls are shared by key', async () => {
  const begun: string[] = [];
  const ask = singleFlightByKey(async (key) => {
    begun.push(key);
    return key.length;
  });
  expect(await Promise.all([ask('one'), ask('three'), ask('one')])).toEqual([3, 5, 3]);
  expect(begun).toEqual(['one', 'three']);
  expect(await ask('one')).toBe(3);
  expect(begun).toEqual(['one', 'three', 'one']);
});
