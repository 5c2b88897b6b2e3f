import { expect, test } from 'vitest';
import { poll } from '../../src/execute/poll.ts';
import { createVirtualClock } from '../model/virtual-clock.ts';

/** Polls until the response of this number arrives, and returns when each request was sent. */
async function polled(
  enough: number,
  timeoutMilliseconds: number,
  ask?: (signal: AbortSignal) => Promise<string | undefined>,
) {
  const clock = createVirtualClock(0);
  const sent: number[] = [];
  let onWait = 0;
  let result: { readonly value: string | undefined } | undefined;
  const asking = poll(
    ask ??
      (async () => {
        sent.push(clock.now());
        return sent.length === enough ? 'done' : undefined;
      }),
    {
      clock,
      timeoutMilliseconds,
      signal: new AbortController().signal,
      onWait: () => {
        onWait += 1;
      },
    },
  ).then((value) => {
    result = { value };
  });
  await clock.run(() => result !== undefined);
  await asking;
  return { value: result?.value, sent, onWait };
}

test('a sufficient first response is returned without a wait', async () => {
  expect(await polled(1, 10_000)).toEqual({ value: 'done', sent: [0], onWait: 0 });
});

test('the pauses grow, and the wait is reported once', async () => {
  const { value, sent, onWait } = await polled(4, 10_000);
  expect({ value, onWait }).toEqual({ value: 'done', onWait: 1 });
  expect(sent).toEqual([0, 250, 650, 1290]);
});

test('the last request is sent at the end of the time', async () => {
  const { value, sent } = await polled(Number.POSITIVE_INFINITY, 1000);
  expect(value).toBeUndefined();
  expect(sent).toEqual([0, 250, 650, 1000]);
});

test('a request without a response is aborted after the end of the time', async () => {
  const never = (signal: AbortSignal) =>
    new Promise<undefined>((_, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason));
    });
  expect(await polled(1, 1000, never)).toMatchObject({ value: undefined });
});

test('an error of a request is thrown', async () => {
  const clock = createVirtualClock(0);
  const { signal } = new AbortController();
  const fail = async (): Promise<undefined> => {
    throw new Error('failed');
  };
  await expect(
    poll(fail, { clock, timeoutMilliseconds: 1000, signal, onWait: () => undefined }),
  ).rejects.toThrow('failed');
});
