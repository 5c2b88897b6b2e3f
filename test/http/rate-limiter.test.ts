import { describe, expect, test } from 'vitest';
import { createRateLimiter } from '../../src/http/rate-limiter.ts';
import { createVirtualClock, type VirtualClock } from '../model/virtual-clock.ts';

const { signal } = new AbortController();

/** A server that takes so many requests in each second, and says of others when to come back, or not. */
function limitedServer(time: VirtualClock, perSecond: number, latency: number) {
  const taken: number[] = [];
  let refused = 0;
  return {
    taken,
    refused: () => refused,
    async answer(): Promise<boolean> {
      await time.sleep(latency);
      const now = time.now();
      const lately = taken.filter((at) => Math.floor(at / 1000) === Math.floor(now / 1000));
      if (lately.length >= perSecond) refused += 1;
      else taken.push(now);
      return lately.length < perSecond;
    },
  };
}

/** Sends many requests through a gate, each until it is taken. */
async function sendAll(
  count: number,
  options: { readonly perSecond: number; readonly latency: number; readonly pause: number },
) {
  const time = createVirtualClock(Date.UTC(2026, 0, 1));
  const gate = createRateLimiter({ parallelism: 10, clock: time });
  const server = limitedServer(time, options.perSecond, options.latency);
  let done = 0;
  const one = async (): Promise<void> => {
    for (;;) {
      const isTaken = await gate.run(signal, async () => {
        const sentAt = time.now();
        const ok = await server.answer();
        if (ok) gate.onAccepted();
        else gate.onThrottled(sentAt);
        return ok;
      });
      if (isTaken) break;
      gate.pause(options.pause);
    }
    done += 1;
  };
  const started = time.now();
  for (let index = 0; index < count; index += 1) void one();
  await time.run(() => done === count);
  const seconds = (time.now() - started) / 1000;
  return { rate: count / seconds, refused: server.refused() / (count + server.refused()) };
}

describe('a host with a limit of requests a second', () => {
  test.each([
    { why: 'answers at once', perSecond: 20, latency: 1, pause: 1000, count: 200 },
    { why: 'is far away', perSecond: 20, latency: 80, pause: 1000, count: 200 },
    { why: "doesn't say when to come back", perSecond: 20, latency: 20, pause: 1500, count: 400 },
    { why: 'takes many', perSecond: 100, latency: 5, pause: 1000, count: 2000 },
    { why: 'is asked for long', perSecond: 20, latency: 20, pause: 1000, count: 2000 },
  ])('is used well, with few rejections, if it $why', async ({ count, ...options }) => {
    const { rate, refused } = await sendAll(count, options);
    expect(rate).toBeGreaterThan(0.8 * options.perSecond);
    expect(refused).toBeLessThan(0.1);
  });
});

/** A gate, and requests through it that last until they are let go. */
function held(parallelism: number) {
  const time = createVirtualClock(Date.UTC(2026, 0, 1));
  const pauses: number[] = [];
  const gate = createRateLimiter({
    parallelism,
    clock: time,
    paused: (milliseconds) => pauses.push(milliseconds),
  });
  const ends: (() => void)[] = [];
  let underWay = 0;
  const send = (): void => {
    void gate.run(signal, async () => {
      underWay += 1;
      await new Promise<void>((resolve) => ends.push(resolve));
      underWay -= 1;
    });
  };
  const settle = (): Promise<void> => time.pass(0);
  return { time, gate, pauses, send, settle, underWay: () => underWay, end: () => ends.shift()?.() };
}

test('a pause that is at most a second longer is kept, and not reported again', async () => {
  const { time, gate, pauses, send, underWay } = held(10);
  gate.pause(5000);
  gate.pause(6000);
  gate.pause(9000);
  send();
  await time.pass(8999);
  expect(underWay()).toBe(0);
  await time.pass(2);
  expect(underWay()).toBe(1);
  expect(pauses).toEqual([5000, 9000]);
});

test('a pause holds back all requests, also those that have waited already', async () => {
  const { time, gate, pauses, send, underWay } = held(10);
  gate.pause(5000);
  send();
  send();
  await time.pass(4999);
  expect(underWay()).toBe(0);
  gate.pause(3000);
  await time.pass(2999);
  expect(underWay()).toBe(0);
  await time.pass(2);
  expect(underWay()).toBe(2);
  expect(pauses).toEqual([5000, 3000]);
});

test('a shorter pause does not end a longer one, and is not reported', async () => {
  const { time, gate, pauses, send, underWay } = held(10);
  gate.pause(5000);
  gate.pause(1000);
  send();
  await time.pass(4999);
  expect(underWay()).toBe(0);
  await time.pass(1);
  expect(underWay()).toBe(1);
  expect(pauses).toEqual([5000]);
});

test('fewer requests are in flight after a rejection, and one more for each second without one', async () => {
  const { time, gate, send, settle, underWay, end } = held(8);
  for (let index = 0; index < 20; index += 1) gate.onAccepted();
  gate.onThrottled(time.now());
  for (let index = 0; index < 20; index += 1) send();
  await time.pass(5000);
  expect(underWay()).toBe(4);
  gate.onAccepted();
  end();
  await settle();
  await time.pass(1000);
  expect(underWay()).toBe(5);
  gate.onAccepted();
  end();
  await settle();
  await time.pass(1000);
  expect(underWay()).toBe(6);
});

test('a rejection after few requests sets no pace: another client has used up the limit', async () => {
  const { time, gate, send, underWay, end, settle } = held(4);
  gate.onThrottled(time.now());
  let sent = 0;
  for (let index = 0; index < 100; index += 1) {
    send();
    await settle();
    sent += underWay();
    end();
    await settle();
  }
  expect(sent).toBe(100);
  expect(time.now()).toBe(Date.UTC(2026, 0, 1));
});

test('requests that were on their way when it slowed down are one refusal, not many', async () => {
  const { time, gate, send, underWay } = held(8);
  const sentAt = time.now();
  await time.pass(10);
  for (let index = 0; index < 8; index += 1) gate.onThrottled(sentAt);
  for (let index = 0; index < 20; index += 1) send();
  await time.pass(5000);
  expect(underWay()).toBe(4);
});

test('an interrupted waiter does not continue', async () => {
  const { time, gate } = held(1);
  gate.pause(5000);
  const run = new AbortController();
  const sent = gate.run(run.signal, async () => 'sent');
  await time.pass(10);
  run.abort(new Error('stop'));
  await expect(sent).rejects.toThrow('stop');
});
