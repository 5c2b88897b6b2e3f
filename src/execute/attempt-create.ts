import { randomUUID } from 'node:crypto';
import type { CreateAttempt } from '../core/model/custody-record.ts';
import type { ReplaceOrder } from '../core/model/desired.ts';
import { sinksOf } from '../core/model/entry-sinks.ts';
import { ReconcileError } from '../core/model/errors.ts';
import type { RetiredToken } from '../core/model/plan.ts';
import type { Fields, Observed } from '../core/model/token.ts';
import { neverAborted } from '../core/util/never-aborted.ts';
import { chooseSecret } from '../custody/choose-secret.ts';
import { canRepair, rangeOf, type Snapshot, type Target } from '../observe/target.ts';
import type { Created } from '../providers/provider.ts';
import type { ExecutionContext } from './context.ts';
import { NotSentError, notRetriedError } from './interrupted.ts';
import { deadlineMarginSeconds, latestServerTime } from './server-time.ts';
import { candidates, ledgerKey } from './unresolved.ts';

/** A token to create. */
export interface CreateRequest {
  readonly target: Target;
  /** The fields of the request. */
  readonly fields: Fields;
  /** The token that the new one replaces. */
  readonly old: RetiredToken | null;
  readonly order: ReplaceOrder | null;
  /** Deletes all other tokens of the family once the new one is delivered. */
  readonly revokes?: boolean;
  /** Deletes the old token before the new one is created. Returns once it is gone. */
  readonly deleteFirst?: () => Promise<void>;
}

/** The state in which an attempt is made. */
export interface CreateState {
  /** The listing that the attempt is recorded with. */
  readonly snapshot: Snapshot;
  /** The number of attempts before this one. */
  readonly attempts: number;
}

/** A response with a secret, which is not on disk yet. */
export interface CreatedOutcome {
  readonly kind: 'created';
  readonly attempt: CreateAttempt;
  readonly response: Created;
}

/** The outcome of one attempt at a create. */
export type AttemptOutcome =
  | CreatedOutcome
  /** The service rejected the create, or the name is taken. */
  | { readonly kind: 'rejected' | 'name_taken'; readonly error: ReconcileError }
  /** The outcome of the request is unknown. The attempt has the deadline of the request, now that it is over. */
  | { readonly kind: 'lost'; readonly attempt: CreateAttempt; readonly error: ReconcileError }
  /** The run was interrupted before. */
  | { readonly kind: 'not_sent'; readonly error: NotSentError };

/** Makes one attempt at a create: docs/create-protocol.md, steps 1 to 3. */
export async function attemptCreate(
  request: CreateRequest,
  name: string,
  state: CreateState,
  context: ExecutionContext,
): Promise<AttemptOutcome> {
  const { spool, store } = context.secretStore.state;
  const { snapshot } = state;
  const attempt = await beginAttempt(request, name, state, context);
  const outcome = await send(request, attempt, snapshot, context);
  switch (outcome.kind) {
    case 'created':
    case 'lost':
      return outcome; // the attempt stays on disk, for steps 4 and 12
    case 'not_sent':
      await spool.remove(attempt);
      return outcome;
    case 'rejected':
    case 'name_taken':
      // If the old token is already deleted, the attempt holds the fields of the new one, which the next run needs.
      if (request.deleteFirst) await spool.recordAttempt(atItsEnd(attempt, snapshot, context));
      else {
        await spool.remove(attempt);
        await store.flush();
      }
      return outcome;
  }
}

/**
 * Records an attempt. The first attempt of a replace that deletes first then deletes the old token, which may take a while,
 * so that the deadline is recorded again.
 */
async function beginAttempt(
  request: CreateRequest,
  name: string,
  { snapshot, attempts }: CreateState,
  context: ExecutionContext,
): Promise<CreateAttempt> {
  const { spool } = context.secretStore.state;
  const { client, scope } = request.target;
  const createdBy = await client.creator?.(scope);
  const attempt = {
    ...newAttempt(request, name, snapshot, context),
    ...(createdBy !== undefined && { createdBy }),
  };
  await spool.recordAttempt(attempt);
  if (!request.deleteFirst || attempts > 0) return attempt;
  await request.deleteFirst();
  const begun = { ...attempt, ...timesOf(request, snapshot, context) };
  await spool.recordAttempt(begun);
  return begun;
}

function newAttempt(
  { target, fields, old, order, revokes }: CreateRequest,
  name: string,
  snapshot: Snapshot,
  context: ExecutionContext,
): CreateAttempt {
  const { desired, scope } = target;
  const chosenSecret = canRepair(target) ? chooseSecret() : undefined;
  if (chosenSecret) context.secretStore.announce(chosenSecret);
  return {
    nonce: randomUUID(),
    replaceOrder: order,
    key: ledgerKey(target, name),
    ...rangeOf(target),
    address: desired.address,
    scope: { id: scope.alias ?? scope.id, name: scope.alias ?? scope.name },
    name,
    id: desired.createWith === 'put' ? randomUUID() : null,
    fields,
    sinks: sinksOf(desired),
    knownIds: candidates(target, name, snapshot.tokens).map(({ id }) => id),
    listedAt: snapshot.listedAt,
    ...timesOf({ target }, snapshot, context),
    replaces: old,
    ...(revokes && { revokeOld: true }),
    ...(chosenSecret && { chosenSecret }),
  };
}

/** Returns an attempt at renewing the secret of a token in place. */
export function renewalAttempt(
  target: Target,
  token: Observed,
  fields: Fields,
  context: ExecutionContext,
): CreateAttempt {
  const { snapshot } = target;
  const request = { target, fields: { ...token.fields, ...fields }, old: null, order: null };
  const { id: _, ...attempt } = newAttempt(request, token.name, snapshot, context);
  return {
    ...attempt,
    id: null,
    chosenSecret: attempt.chosenSecret ?? chooseSecret(),
    repairId: token.id,
    renews: true,
  };
}

/** Time between the last check before a request and its departure, in seconds, for states that others can take over. */
const departureSeconds = 25;

/**
 * Returns the times of an attempt that is recorded now, by the server's clock, in seconds: the latest end of its request,
 * and the latest time of sending it if that is limited.
 */
function timesOf(
  { target }: Pick<CreateRequest, 'target'>,
  snapshot: Snapshot,
  { clock, lease }: ExecutionContext,
): Pick<CreateAttempt, 'deadline' | 'sendBy'> {
  const now = latestServerTime(clock, snapshot);
  const { timeoutSeconds } = target.client;
  if (lease.sendWithinSeconds === 0)
    return { deadline: Math.ceil(now + timeoutSeconds) + deadlineMarginSeconds };
  const sendBy = Math.floor(now) + lease.sendWithinSeconds;
  return { deadline: Math.ceil(sendBy + departureSeconds + timeoutSeconds) + deadlineMarginSeconds, sendBy };
}

/** Tells whether an attempt has to be recorded again before it is sent with these times. */
function isOutdated(
  { sendBy, deadline }: CreateAttempt,
  now: Pick<CreateAttempt, 'deadline'>,
  snapshot: Snapshot,
  { clock }: ExecutionContext,
): boolean {
  if (sendBy !== undefined) return latestServerTime(clock, snapshot) > sendBy;
  return now.deadline > deadline + deadlineMarginSeconds;
}

/** Maximum number of times that an attempt is recorded again, in case that each takes as long as it is valid. */
const maxRecords = 3;

/**
 * Waits until an attempt may be sent, and records it again until its recorded times hold: recording may take a while, and the
 * process may be paused meanwhile.
 */
async function recordInTime(
  request: CreateRequest,
  recorded: CreateAttempt,
  snapshot: Snapshot,
  context: ExecutionContext,
): Promise<CreateAttempt> {
  const { lease, secretStore } = context;
  let attempt = recorded;
  for (let records = 0; ; records += 1) {
    await lease.permit({ kind: 'request' });
    const times = timesOf(request, snapshot, context);
    if (!isOutdated(attempt, times, snapshot, context)) return attempt;
    if (records === maxRecords) {
      // A disk that takes more than a second each time is only slow.
      if (attempt.sendBy === undefined) return attempt;
      throw tooSlow(attempt.name);
    }
    attempt = { ...attempt, ...times };
    await secretStore.state.spool.recordAttempt(attempt);
  }
}

function tooSlow(name: string): ReconcileError {
  return new ReconcileError({
    code: 'STATE_UNAVAILABLE',
    message: `the create of ${name} was not sent: recording it took too long each time`,
    hint: 'run again when the Git server is faster',
  });
}

/** Returns an attempt with the deadline of its request, which is over by now. */
export function atItsEnd(
  attempt: CreateAttempt,
  snapshot: Snapshot,
  { clock }: ExecutionContext,
): CreateAttempt {
  return { ...attempt, deadline: Math.min(attempt.deadline, Math.ceil(latestServerTime(clock, snapshot))) };
}

/**
 * Sends the create once. It is tried again only after a response that it had no effect, and the new deadline is recorded
 * first.
 */
async function send(
  request: CreateRequest,
  attempt: CreateAttempt,
  snapshot: Snapshot,
  context: ExecutionContext,
): Promise<AttemptOutcome> {
  const { target, fields } = request;
  const { stop } = context;
  let sent = attempt;
  try {
    const response = await target.client.create(
      target.scope,
      fields,
      {
        nonce: attempt.nonce,
        id: attempt.id,
        // A request may wait for its turn or for a login, and so end later than recorded.
        beforeTry: async (tries) => {
          if (tries > 1 && stop.aborted) throw notRetriedError(attempt.name);
          // The second half of a replace has begun, however long it has waited.
          if (stop.aborted && !request.deleteFirst) throw new NotSentError(attempt.name);
          sent = await recordInTime(request, sent, snapshot, context);
        },
      },
      neverAborted,
    );
    return { kind: 'created', attempt: sent, response };
  } catch (error) {
    if (!(error instanceof ReconcileError)) throw error;
    if (error instanceof NotSentError) return { kind: 'not_sent', error };
    if (error.code === 'OUTCOME_UNKNOWN') {
      return { kind: 'lost', attempt: atItsEnd(sent, snapshot, context), error };
    }
    return { kind: error.httpStatus === 409 ? 'name_taken' : 'rejected', error };
  }
}
