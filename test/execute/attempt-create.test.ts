import { describe, expect, test } from 'vitest';
import { noLead } from '../../src/core/model/clock-lead.ts';
import { ReconcileError } from '../../src/core/model/errors.ts';
import { indexTokens } from '../../src/core/model/token-index.ts';
import { type Lease, unlimitedLease } from '../../src/custody/state/lease.ts';
import { attemptCreate, type CreateRequest } from '../../src/execute/attempt-create.ts';
import type { ExecutionContext } from '../../src/execute/context.ts';
import type { Target } from '../../src/observe/target.ts';
import type { Client } from '../../src/providers/provider.ts';

const now = 1_900_000_000;
const timeoutSeconds = 30;
const desired = { kind: 'registry_token', address: 'registry_token:ci', secret: [] };

/** Makes an attempt against a service whose create is `create`. Returns its outcome, and what happened in which order. */
async function attempted(
  create: Client['create'],
  {
    attempts = 0,
    deletesFirst = false,
    isStopped = false,
    waits = 0,
    lease = unlimitedLease,
  }: {
    readonly attempts?: number;
    readonly deletesFirst?: boolean;
    readonly isStopped?: boolean;
    readonly waits?: number;
    readonly lease?: Lease;
  } = {},
) {
  const log: string[] = [];
  const stop = new AbortController();
  if (isStopped) stop.abort();
  let seconds = now;
  const client = {
    account: 'account',
    timeoutSeconds,
    create: (...given: Parameters<Client['create']>) => {
      log.push('send');
      seconds += waits;
      return create(...given);
    },
  };
  const snapshot = { tokens: indexTokens([]), listedAt: now, ahead: noLead };
  const target = { client, scope: { id: 'registry-1' }, desired, snapshot } as unknown as Target;
  const request: CreateRequest = {
    target,
    fields: { name: 'ci' },
    old: null,
    order: null,
    ...(deletesFirst && {
      deleteFirst: async () => {
        log.push('delete the old token');
        seconds += 20;
      },
    }),
  };
  const spool = {
    recordAttempt: async ({ deadline }: { readonly deadline: number }) => {
      log.push(`record until +${deadline - now} s`);
    },
    remove: async () => {
      log.push('remove');
    },
  };
  const context = {
    clock: { now: () => seconds * 1000 },
    secretStore: { state: { spool, store: { flush: async () => undefined } } },
    lease,
    stop: stop.signal,
  } as unknown as ExecutionContext;
  const outcome = await attemptCreate(request, 'ci', { ...target, attempts }, context);
  return { outcome, log };
}

const failing =
  (problem: Partial<ReconcileError>): Client['create'] =>
  async (_scope, _fields, { beforeTry }) => {
    await beforeTry(1);
    throw new ReconcileError({ code: 'API_REJECTED', message: 'rejected', ...problem });
  };

const recorded = `record until +${timeoutSeconds + 1} s`;

describe('an attempt at a create', () => {
  test('is on disk before the request, and stays there with the response', async () => {
    const response = { token: { id: 'id-1' } };
    const { outcome, log } = await attempted(async () => response as never);
    expect(outcome).toMatchObject({ kind: 'created', response });
    expect(log).toEqual([recorded, 'send']);
  });

  test('has the later deadline with its response if it waited for its turn', async () => {
    const create: Client['create'] = async (_scope, _fields, { beforeTry }) => {
      await beforeTry(1);
      return { token: { id: 'id-1' } } as never;
    };
    const { outcome, log } = await attempted(create, { waits: 100 });
    const deadline = now + timeoutSeconds + 101;
    expect(outcome).toMatchObject({ kind: 'created', attempt: { deadline } });
    expect(log).toEqual([recorded, 'send', `record until +${deadline - now} s`]);
  });

  test('stays on disk if its response is lost, with the time when the request ended', async () => {
    const { outcome, log } = await attempted(failing({ code: 'OUTCOME_UNKNOWN', httpStatus: 500 }));
    expect(outcome).toMatchObject({ kind: 'lost', attempt: { deadline: now } });
    expect(log).toEqual([recorded, 'send']);
  });

  test.each([
    { why: 'rejected', kind: 'rejected', httpStatus: 422 },
    { why: 'rejected as the name is taken', kind: 'name_taken', httpStatus: 409 },
  ])('is removed if it is $why', async ({ kind, httpStatus }) => {
    const { outcome, log } = await attempted(failing({ httpStatus }));
    expect(outcome).toMatchObject({ kind, error: { httpStatus } });
    expect(log).toEqual([recorded, 'send', 'remove']);
  });

  test('is removed if the run is interrupted before the request is sent', async () => {
    const { outcome, log } = await attempted(failing({}), { isStopped: true });
    expect(outcome).toMatchObject({ kind: 'not_sent', error: { code: 'INTERRUPTED' } });
    expect(log).toEqual([recorded, 'send', 'remove']);
  });
});

describe('an attempt that deletes the old token first', () => {
  const deletesFirst = true;
  const begun = [recorded, 'delete the old token', `record until +${timeoutSeconds + 21} s`, 'send'];

  test('is on disk before the delete, and again with the later deadline', async () => {
    const { log } = await attempted(failing({ code: 'OUTCOME_UNKNOWN' }), { deletesFirst });
    expect(log).toEqual(begun);
  });

  test('stays on disk if it is rejected, as only it has the fields of the new token', async () => {
    const { outcome, log } = await attempted(failing({ httpStatus: 422 }), { deletesFirst });
    expect(outcome.kind).toBe('rejected');
    expect(log).toEqual([...begun, 'record until +20 s']);
  });

  test('is sent even if the run is interrupted', async () => {
    const { outcome } = await attempted(failing({}), { deletesFirst, isStopped: true });
    expect(outcome.kind).toBe('rejected');
  });

  test('does not delete it a second time', async () => {
    const { log } = await attempted(failing({ code: 'OUTCOME_UNKNOWN' }), { deletesFirst, attempts: 1 });
    expect(log).toEqual([recorded, 'send']);
  });
});

describe('an attempt in a state that another run may take over', () => {
  const sendWithinSeconds = 60;
  // The request leaves within 25 s after that, and takes up to its timeout.
  const recordedLater = (seconds: number): string =>
    `record until +${seconds + sendWithinSeconds + 25 + timeoutSeconds + 1} s`;
  const send: Client['create'] = async (_scope, _fields, { beforeTry }) => {
    await beforeTry(1);
    return { token: { id: 'id-1' } } as never;
  };

  /** A lease that is asked before the request. */
  function asking(permit: Lease['permit']): Lease {
    return { ...unlimitedLease, sendWithinSeconds, permit };
  }

  test('names the latest time of its request, and is not recorded again before', async () => {
    const steps: unknown[] = [];
    const lease = asking(async (step) => {
      steps.push(step);
    });
    const { outcome, log } = await attempted(send, { waits: sendWithinSeconds, lease });
    expect(outcome).toMatchObject({
      kind: 'created',
      attempt: { sendBy: now + sendWithinSeconds, deadline: now + 60 + 25 + timeoutSeconds + 1 },
    });
    expect(log).toEqual([recordedLater(0), 'send']);
    expect(steps).toEqual([{ kind: 'request' }]);
  });

  test('is recorded again before its request is sent after that time', async () => {
    const { outcome, log } = await attempted(send, { waits: 61, lease: asking(async () => undefined) });
    expect(log).toEqual([recordedLater(0), 'send', recordedLater(61)]);
    expect(outcome).toMatchObject({ attempt: { sendBy: now + 121 } });
  });

  test('is not sent if the lease is lost', async () => {
    let isSent = false;
    const create: Client['create'] = async (_scope, _fields, { beforeTry }) => {
      await beforeTry(1);
      isSent = true;
      return { token: { id: 'id-1' } } as never;
    };
    const lost = asking(async () => {
      throw new ReconcileError({ code: 'STATE_LOST', message: 'lost' });
    });
    const { outcome } = await attempted(create, { lease: lost });
    expect(isSent).toBe(false);
    expect(outcome).toMatchObject({ error: { code: 'STATE_LOST' } });
  });
});
