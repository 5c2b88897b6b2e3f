import { expect, test } from 'vitest';
import type { OutputStream } from '../../src/cli/io.ts';
import { createProgress } from '../../src/cli/progress.ts';
import type { Change, Result } from '../../src/core/model/plan.ts';

const loud = { quiet: false, progress: true };
const create = { address: 'registry_token:team-a/one', action: 'create' } as Change;
const remove = { address: 'registry_token:team-a/two', action: 'delete' } as Change;
const resultOf = (address: string, status: Result['status']) => ({ address, status }) as Result;

/** An output, and what a person sees of it: the last line as it is then. */
function screen(isTTY: boolean, columns = 80) {
  let written = '';
  const output: OutputStream = {
    write: (text) => {
      written += text;
    },
    isTTY,
    columns,
  };
  const line = (): string =>
    (written.split('\n').at(-1) ?? '').split('\r').at(-1)?.replaceAll('\u001b[K', '') ?? '';
  return { output, line, written: () => written };
}

/** A clock whose time passes when it is told to. */
function ticking() {
  const sleepers = new Set<() => void>();
  const sleep = (_: number, signal?: AbortSignal): Promise<void> =>
    new Promise((resolve, reject) => {
      sleepers.add(resolve);
      signal?.addEventListener('abort', () => {
        sleepers.delete(resolve);
        reject(signal.reason);
      });
    });
  const pass = async (): Promise<void> => {
    for (const wake of sleepers) wake();
    sleepers.clear();
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { clock: { now: () => 0, monotonic: () => 0, sleep }, pass, asleep: () => sleepers.size };
}

const means = (clock = ticking().clock) => ({
  clock,
  mask: (text: string) => text.replaceAll('hush', '***'),
});

test('a terminal shows in one line how much was read, what is done, and what is waited for', async () => {
  const { output, line, written } = screen(true);
  const { clock, pass } = ticking();
  const progress = createProgress(output, loud, means(clock));
  progress.requestDone();
  expect(line()).toBe('Reading: 1 response');
  progress.requestDone();
  await pass();
  expect(line()).toBe('Reading: 2 responses');
  const watcher = progress.begin(3);
  watcher.onBegin(create);
  watcher.onBegin(remove);
  await pass();
  expect(line()).toBe('0 of 3 done, 2 in progress: creating registry_token:team-a/one');
  watcher.onWait(create.address, 'to show');
  await pass();
  expect(line()).toBe('0 of 3 done, 2 in progress: waiting for registry_token:team-a/one to show');
  watcher.onDone(resultOf(create.address, 'failed'));
  await pass();
  expect(line()).toBe('1 of 3 done, 1 failed: deleting registry_token:team-a/two');
  watcher.onDone(resultOf(remove.address, 'applied'));
  await pass();
  expect(line()).toBe('2 of 3 done, 1 failed');
  progress.end();
  expect(line()).toBe('');
  expect(written()).not.toContain('\n');
});

test('what went wrong with the last try is told until one is answered', async () => {
  const { output, line } = screen(true);
  const { clock, pass } = ticking();
  const progress = createProgress(output, loud, means(clock));
  progress.requestDone('the connection was refused');
  expect(line()).toBe('Reading: 0 responses; last attempt: the connection was refused');
  progress.requestDone();
  await pass();
  expect(line()).toBe('Reading: 1 response');
  progress.begin(1).onBegin(create);
  progress.requestDone('503');
  await pass();
  await pass();
  expect(line()).toBe('0 of 1 done: creating registry_token:team-a/one; last attempt: 503');
  progress.requestDone();
  await pass();
  await pass();
  expect(line()).toBe('0 of 1 done: creating registry_token:team-a/one');
});

test('the line changes no more often than one can read, and its last state is shown', async () => {
  const { output, line, written } = screen(true);
  const { clock, pass, asleep } = ticking();
  const progress = createProgress(output, loud, means(clock));
  for (let count = 0; count < 1_000; count += 1) progress.requestDone();
  expect(written().split('\r').length).toBe(2);
  await pass();
  expect(line()).toBe('Reading: 1000 responses');
  await pass();
  expect(asleep()).toBe(0);
});

test('no line comes over a question', async () => {
  const { output, line } = screen(true);
  const { clock, pass } = ticking();
  const progress = createProgress(output, loud, means(clock));
  progress.requestDone();
  let reply: (text: string) => void = () => undefined;
  const answer = progress.suspend(
    () =>
      new Promise<string>((resolve) => {
        reply = resolve;
      }),
  );
  expect(line()).toBe('');
  progress.requestDone();
  await pass();
  expect(line()).toBe('');
  reply('yes');
  expect(await answer).toBe('yes');
  progress.requestDone();
  await pass();
  expect(line()).toBe('Reading: 3 responses');
});

test('the line is cut at a word, never wraps, holds no secret, and is out of the way of whatever else is written', async () => {
  const { output, line, written } = screen(true, 30);
  const { clock, pass } = ticking();
  const progress = createProgress(output, loud, means(clock));
  const beside = progress.wrap(output);
  const watcher = progress.begin(1);
  watcher.onBegin({ ...create, address: `registry_token:hush/${'long'.repeat(20)}` });
  await pass();
  expect(line()).toBe('0 of 1 done: creating…');
  beside.write('A warning.\n');
  expect(written()).toContain('\r\u001b[KA warning.\n');
  expect(written()).not.toContain('hush');
});

test('without a terminal there is a line now and then, and no timer stays', async () => {
  const { output, written } = screen(false);
  const { clock, pass, asleep } = ticking();
  const progress = createProgress(output, loud, means(clock));
  progress.requestDone();
  expect(written()).toBe('');
  await pass();
  progress.begin(2).onBegin(create);
  await pass();
  expect(written()).toBe('Reading: 1 response\n0 of 2 done: creating registry_token:team-a/one\n');
  progress.end();
  expect(asleep()).toBe(0);
});

test('what is answered after the end, as of requests beside one that failed, starts no timer', () => {
  const { output, written } = screen(false);
  const { clock, asleep } = ticking();
  const progress = createProgress(output, loud, means(clock));
  progress.requestDone();
  progress.end();
  progress.requestDone();
  expect(asleep()).toBe(0);
  expect(written()).toBe('');
});

test.each([
  { quiet: true, progress: true },
  { quiet: false, progress: false },
])('nothing at all with %o', (options) => {
  const { output, written } = screen(true);
  const progress = createProgress(output, options, means());
  progress.requestDone();
  progress.begin(1).onBegin(create);
  progress.end();
  expect(written()).toBe('');
});
