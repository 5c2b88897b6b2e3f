import { randomUUID } from 'node:crypto';
import type { CreateAttempt } from '../core/model/custody-record.ts';
import type { ReplaceOrder } from '../core/model/desired.ts';
import { ReconcileError } from '../core/model/errors.ts';
import { expiryOf, nameFieldOf } from '../core/model/field-rules.ts';
import { bears, grantsOf } from '../core/model/granted-values.ts';
import type { RetiredToken } from '../core/model/plan.ts';
import type { Fields, Observed } from '../core/model/token.ts';
import { sinksOf } from '../core/plan/custody.ts';
import { formatInstant } from '../core/util/instant.ts';
import { neverAborted } from '../core/util/never-aborted.ts';
import type { SpoolEntry } from '../custody/state/spool.ts';
import { takeSnapshot } from '../observe/observer.ts';
import { requireHost } from '../observe/registry-host.ts';
import type { Snapshot, Target } from '../observe/target.ts';
import type { Created } from '../providers/provider.ts';
import { canRace, DeferredToOtherRun, deferToOlder, isCreatedByOtherRun } from './concurrent-run.ts';
import { deadlineMarginSeconds, type ExecutionContext, serverNow } from './context.ts';
import { deleteOwn } from './delete-own.ts';
import { rejectKnownId } from './known-id.ts';
import { handleLostResponse, resolveEarlierAttempts, resolveNameConflict } from './lost-response.ts';
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

/** A created token whose secret is in the spool. */
export interface CreatedToken {
  readonly token: Observed;
  readonly entry: SpoolEntry;
}

/** Thrown if the run was interrupted before a create was sent. */
export class NotSentError extends ReconcileError {
  constructor(name: string) {
    super({ code: 'INTERRUPTED', message: `interrupted: ${name} was not created`, hint: 'run again' });
  }
}

/** Maximum lost responses per address and run. */
const maxLostResponses = 5;
/** Maximum creates, including those rejected because an earlier lost create took the name. */
const maxCreates = 10;

/**
 * Creates a token: docs/create-protocol.md, steps 1 to 5, and steps 11 and 12 if the response is lost. The order of the
 * steps matters: see that page before changing any.
 */
export async function createToken(order: CreateRequest, context: ExecutionContext): Promise<CreatedToken> {
  const { target, fields } = order;
  const { desired } = target;
  const { spool } = context.secretStore.state;
  const name = String(fields[nameFieldOf(target.rules)] ?? desired.name);
  // Requested beforehand: once the secret has arrived, nothing that may fail comes between it and the disk.
  const registry = await requireHost(target, sinksOf(desired), context.stop);
  let { snapshot } = target;
  let deleteFirst = order.deleteFirst;
  await resolveEarlierAttempts(target, order.old, name, snapshot, context);

  let lostAnswers = 0;
  for (let creates = 0; creates < maxCreates && lostAnswers < maxLostResponses; creates += 1) {
    if (creates > 0 && context.stop.aborted) throw interrupted(name);
    let attempt = newAttempt(order, name, snapshot, context);
    await spool.recordAttempt(attempt);
    if (deleteFirst) {
      await deleteFirst();
      deleteFirst = undefined;
      attempt = { ...attempt, deadline: deadlineOf(order, snapshot, context) };
      await spool.recordAttempt(attempt);
    }
    const created = await send(order, attempt, snapshot, context);
    if ('unsent' in created) {
      await spool.remove(attempt);
      throw creates > 0 ? interrupted(name) : created.unsent;
    }
    if (!('error' in created)) {
      const over = { ...attempt, deadline: cappedDeadline(attempt, snapshot, context) };
      await rejectKnownId(target, over, created, [target.snapshot, snapshot], context);
      if (!bears(created.token, name)) throw await otherName(order, over, created, context);
      const entry = await spoolSecret(order, attempt, created, registry, snapshot, context);
      if (canRace(target)) await deferToOlder(target, entry, context);
      return { token: created.token, entry };
    }
    const { error } = created;
    if (error.code !== 'OUTCOME_UNKNOWN') {
      // If the old token is already deleted, the attempt holds the fields of the new one, which the next run needs.
      if (order.deleteFirst)
        await spool.recordAttempt({ ...attempt, deadline: cappedDeadline(attempt, snapshot, context) });
      else await spool.remove(attempt);
      if (error.httpStatus !== 409) throw error;
      await resolveNameConflict(target, name, snapshot, error, context).catch(async (refusal: unknown) => {
        throw isTaken(refusal) && (await isCreatedByOtherRun(target, name, context))
          ? new DeferredToOtherRun(
              `the service reports the name ${name} as taken: another run may be creating this generation, so this run defers to it`,
            )
          : refusal;
      });
      snapshot = await takeSnapshot(target, context.clock, neverAborted);
      continue;
    }
    lostAnswers += 1;
    const lost = { ...attempt, deadline: cappedDeadline(created, snapshot, context) };
    snapshot = await handleLostResponse(target, lost, error, context);
  }
  throw new ReconcileError({
    code: 'API_UNAVAILABLE',
    message: `all attempts to create ${name} in ${desired.place} failed: ${lostAnswers} responses were lost, and tokens that those requests created were in the way`,
    hint: 'run again later; that run deletes the leftover tokens',
  });
}

/**
 * Handles a response that names another token than requested. The owner of that secret is unknown, so the secret isn't
 * delivered and that token is left alone. A token that the request created under its own name is handled as after a lost
 * response.
 */
async function otherName(
  order: CreateRequest,
  attempt: CreateAttempt,
  { token }: Created,
  context: ExecutionContext,
): Promise<ReconcileError> {
  const { target } = order;
  const error = new ReconcileError({
    code: 'OUTCOME_UNKNOWN',
    message: `the response to creating ${attempt.name} in ${target.desired.place} is about another token, ${token.name} (${token.id}); its secret was not kept, and that token was not changed`,
    hint: 'check any proxy between reconcile and the service; delete that token if it is not needed, and run again',
  });
  await handleLostResponse(target, attempt, error, context);
  return error;
}

function newAttempt(
  order: CreateRequest,
  name: string,
  snapshot: Snapshot,
  context: ExecutionContext,
): CreateAttempt {
  const { target, fields, old } = order;
  const { desired, scope } = target;
  return {
    nonce: randomUUID(),
    order: order.order,
    key: ledgerKey(target, name),
    kind: desired.kind,
    address: desired.address,
    scope: { id: scope.alias ?? scope.id, name: scope.alias ?? scope.name },
    name,
    id: desired.createWith === 'put' ? randomUUID() : null,
    fields,
    sinks: sinksOf(desired),
    seen: candidates(target, name, snapshot.tokens).map(({ id }) => id),
    listedAt: snapshot.listedAt,
    deadline: deadlineOf(order, snapshot, context),
    old,
    ...(order.revokes && { revokes: true }),
  };
}

/** Returns the latest end of a request that is sent now, by the server's clock, in seconds. */
function deadlineOf({ target }: CreateRequest, snapshot: Snapshot, { clock }: ExecutionContext): number {
  return Math.ceil(serverNow(clock, snapshot) + target.client.timeoutSeconds) + deadlineMarginSeconds;
}

/** Returns the deadline of a request that is already over. */
function cappedDeadline(
  { deadline }: { readonly deadline: number },
  snapshot: Snapshot,
  { clock }: ExecutionContext,
): number {
  return Math.min(deadline, Math.ceil(serverNow(clock, snapshot)));
}

type Sent =
  | Created
  | { readonly error: ReconcileError; readonly deadline: number }
  | { readonly unsent: NotSentError };

/**
 * Sends the create once. It is tried again only after a response that it had no effect, and the new deadline is recorded
 * first.
 */
async function send(
  order: CreateRequest,
  attempt: CreateAttempt,
  snapshot: Snapshot,
  context: ExecutionContext,
): Promise<Sent> {
  const { target, fields } = order;
  let { deadline } = attempt;
  try {
    return await target.client.create(
      target.scope,
      fields,
      {
        nonce: attempt.nonce,
        id: attempt.id,
        // A request may wait for its turn or for a login, and so end later than recorded.
        beforeTry: async (tries) => {
          if (tries > 1 && context.stop.aborted) throw interrupted(attempt.name);
          // The second half of a replace has begun, however long it has waited.
          if (context.stop.aborted && !order.deleteFirst) throw new NotSentError(attempt.name);
          const latest = deadlineOf(order, snapshot, context);
          if (latest <= deadline + deadlineMarginSeconds) return;
          deadline = latest;
          await context.secretStore.state.spool.recordAttempt({ ...attempt, deadline });
        },
      },
      neverAborted,
    );
  } catch (error) {
    if (!(error instanceof ReconcileError)) throw error;
    if (error instanceof NotSentError) return { unsent: error };
    return { error, deadline };
  }
}

/** Writes the secret to disk. If that fails, the secret is lost, so the token is deleted again. */
async function spoolSecret(
  { target }: CreateRequest,
  attempt: CreateAttempt,
  { token, secret, username }: Created,
  registry: string,
  snapshot: Snapshot,
  { secretStore, clock, evidence }: ExecutionContext,
): Promise<SpoolEntry> {
  const { created, createdBy } = token.origin;
  const granted = grantsOf(target.rules, attempt.fields, token);
  try {
    return await secretStore.save(attempt, {
      id: token.id,
      username,
      registry,
      expiresAt: expiryOf(target.rules, token.fields),
      createdAt: created === null ? null : formatInstant(created),
      created,
      createdBy,
      madeAt: Math.ceil(serverNow(clock, snapshot)),
      ...(Object.keys(granted).length > 0 && { granted }),
      secret,
    });
  } catch (error) {
    await deleteOwn(target, attempt, token, { evidence });
    if (attempt.order !== 'delete_first') await secretStore.state.spool.remove(attempt);
    if (!(error instanceof ReconcileError)) throw error;
    throw new ReconcileError(
      {
        code: error.code,
        message: `${error.message}; the new token was deleted again, because its secret was lost`,
        ...(error.hint !== undefined && { hint: error.hint }),
      },
      { cause: error },
    );
  }
}

/** Tells whether the service rejected a create with 409, as the name is taken. */
function isTaken(error: unknown): boolean {
  return error instanceof ReconcileError && error.httpStatus === 409;
}

function interrupted(name: string): ReconcileError {
  return new ReconcileError({
    code: 'INTERRUPTED',
    message: `interrupted: ${name} was not created, and the create was not retried`,
    hint: 'run again: the next run finishes it',
  });
}
