import { describe, expect, it } from 'vitest';
import {
  isPermitted,
  type LeasedStep,
  leaseLength,
  mayTakeOver,
  secondsLeft,
  secondsNeeded,
  secondsToRenewal,
} from '../../../src/custody/state/lease-rules.ts';

const times = { timeoutSeconds: 30, graceSeconds: 45, sinkTimeoutSeconds: 0 };

describe('the length of a lease', () => {
  it.each([
    {
      why: 'at least 120 s',
      times: { timeoutSeconds: 0, graceSeconds: 0, sinkTimeoutSeconds: 0 },
      length: 120,
    },
    {
      why: 'the default limits fit',
      times: { timeoutSeconds: 30, graceSeconds: 30, sinkTimeoutSeconds: 60 },
      length: 120,
    },
    {
      why: 'timeout + grace + 60 s',
      times: { timeoutSeconds: 60, graceSeconds: 90, sinkTimeoutSeconds: 0 },
      length: 210,
    },
    {
      why: 'a long timeout alone',
      times: { timeoutSeconds: 600, graceSeconds: 0, sinkTimeoutSeconds: 0 },
      length: 660,
    },
    {
      why: 'a long grace alone',
      times: { timeoutSeconds: 30, graceSeconds: 600, sinkTimeoutSeconds: 0 },
      length: 690,
    },
    {
      why: 'sink timeout + 60 s',
      times: { timeoutSeconds: 30, graceSeconds: 30, sinkTimeoutSeconds: 300 },
      length: 360,
    },
    {
      why: 'not their sum',
      times: { timeoutSeconds: 100, graceSeconds: 100, sinkTimeoutSeconds: 100 },
      length: 260,
    },
    {
      why: 'whole seconds, rounded up',
      times: { timeoutSeconds: 60.2, graceSeconds: 60, sinkTimeoutSeconds: 0 },
      length: 181,
    },
  ])('$why: $length s', ({ times: given, length }) => {
    expect(leaseLength(given)).toBe(length);
  });

  it('has room for each step, with time for renewing it', () => {
    for (const timeoutSeconds of [1, 30, 120, 900]) {
      for (const graceSeconds of [0, 30, 600]) {
        for (const sinkTimeoutSeconds of [0, 60, 1000]) {
          const given = { timeoutSeconds, graceSeconds, sinkTimeoutSeconds };
          const steps: readonly LeasedStep[] = [
            { kind: 'request' },
            { kind: 'delete_in_use' },
            { kind: 'delivery', timeoutSeconds: sinkTimeoutSeconds },
          ];
          for (const step of steps) {
            expect(leaseLength(given) - secondsNeeded(step, given)).toBeGreaterThanOrEqual(30);
          }
        }
      }
    }
  });
});

describe('a step', () => {
  it.each<{ readonly step: LeasedStep; readonly needed: number }>([
    { step: { kind: 'request' }, needed: 30 },
    { step: { kind: 'delivery', timeoutSeconds: 0 }, needed: 30 },
    { step: { kind: 'delivery', timeoutSeconds: 60 }, needed: 90 },
    { step: { kind: 'delete_in_use' }, needed: 105 },
  ])('$step needs $needed s', ({ step, needed }) => {
    expect(secondsNeeded(step, times)).toBe(needed);
    expect(isPermitted(step, needed, times)).toBe(true);
    expect(isPermitted(step, needed + 1, times)).toBe(true);
    expect(isPermitted(step, needed - 0.001, times)).toBe(false);
    expect(isPermitted(step, -1, times)).toBe(false);
  });
});

describe('the time that is left', () => {
  const madeAt = { wall: 1_800_000_000_000, monotonic: 5000 };
  const later = (wall: number, monotonic: number) => ({
    wall: madeAt.wall + wall * 1000,
    monotonic: madeAt.monotonic + monotonic * 1000,
  });

  it.each([
    { why: 'at the moment of the commit', now: later(0, 0), left: 120 },
    { why: 'both clocks go on', now: later(40, 40), left: 80 },
    { why: 'to the millisecond', now: later(0.25, 0.25), left: 119.75 },
    { why: 'the wall clock jumps ahead', now: later(100, 10), left: 20 },
    { why: 'the wall clock jumps back', now: later(-3600, 50), left: 70 },
    { why: 'the monotonic clock stops while the machine sleeps', now: later(90, 5), left: 30 },
    { why: 'both are past its end', now: later(130, 125), left: -10 },
    { why: 'only the wall clock is past its end', now: later(500, 1), left: -380 },
    { why: 'only the monotonic clock is past its end', now: later(0, 500), left: -380 },
  ])('$why: $left s', ({ now, left }) => {
    expect(secondsLeft(120, madeAt, now)).toBeCloseTo(left, 6);
  });
});

describe('the time until a renewal', () => {
  it.each([
    { why: 'a new lease', length: 120, left: 120, seconds: 40 },
    { why: 'just before a third of it', length: 120, left: 81, seconds: 1 },
    { why: 'at a third of it', length: 120, left: 80, seconds: 0 },
    { why: 'later than that', length: 120, left: 30, seconds: -50 },
    { why: 'a long lease', length: 360, left: 360, seconds: 120 },
  ])('$why: $seconds s', ({ length, left, seconds }) => {
    expect(secondsToRenewal(length, left)).toBeCloseTo(seconds, 6);
  });
});

describe('a lease of another run', () => {
  const now = 1_800_000_000_000;
  const endingIn = (seconds: number, lengthSeconds = 120) => ({
    expiryMs: now + seconds * 1000,
    lengthSeconds,
  });

  it.each([
    { why: 'lasts', lease: endingIn(100), unchanged: 0, isTaken: false },
    { why: 'has just ended', lease: endingIn(0), unchanged: 0, isTaken: false },
    { why: 'ended 59 s ago', lease: endingIn(-59), unchanged: 0, isTaken: false },
    { why: 'ended 60 s ago', lease: endingIn(-60), unchanged: 0, isTaken: true },
    { why: 'ended long ago, and was just seen', lease: endingIn(-86_400), unchanged: 0, isTaken: true },
    {
      why: 'states a far end, and has not changed for its length',
      lease: endingIn(86_400),
      unchanged: 120,
      isTaken: false,
    },
    {
      why: 'states a far end, unchanged for its length + 59 s',
      lease: endingIn(86_400),
      unchanged: 179,
      isTaken: false,
    },
    {
      why: 'states a far end, unchanged for its length + 60 s',
      lease: endingIn(86_400),
      unchanged: 180,
      isTaken: true,
    },
    { why: 'is a long one', lease: endingIn(86_400, 600), unchanged: 659, isTaken: false },
    {
      why: 'is a long one, unchanged for its length + 60 s',
      lease: endingIn(86_400, 600),
      unchanged: 660,
      isTaken: true,
    },
    {
      why: 'has no end that can be read',
      lease: { expiryMs: Number.POSITIVE_INFINITY, lengthSeconds: 120 },
      unchanged: 179,
      isTaken: false,
    },
    {
      why: 'has no end that can be read, unchanged for long',
      lease: { expiryMs: Number.POSITIVE_INFINITY, lengthSeconds: 120 },
      unchanged: 180,
      isTaken: true,
    },
  ])('that $why may be taken over: $isTaken', ({ lease, unchanged, isTaken }) => {
    expect(mayTakeOver(lease, now, unchanged)).toBe(isTaken);
  });
});
