import { randomUUID } from 'node:crypto';
import type { CreateAttempt } from '../core/model/custody-record.ts';
import { ReconcileError } from '../core/model/errors.ts';
import { expiryOf, nameFieldOf } from '../core/model/field-rules.ts';
import { bears, grantsOf } from '../core/model/granted-values.ts';
import type { Fields, Observed, ReplaceOrder, RetiredToken } from '../core/model/model.ts';
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
import { refuseKnownId } from './known-id.ts';
import { handleLostResponse, resolveEarlierAttempts, resolveNameConflict } from './lost-response.ts';
import { candidates, ledgerKey } from './unresolved.ts';

/** A token that is to be made. */
export interface CreateRequest {
  readonly target: Target;
  /** All that is sent. */
  readonly fields: Fields;
  /** The token that the new one takes the place of. */
  readonly old: RetiredToken | null;
  readonly order: ReplaceOrder | null;
  /** All other tokens of the family go as soon as the new one is handed over. */
  readonly revokes?: boolean;
  /** Deletes the old token before the new one is made, and returns once it is gone. */
  readonly deleteFirst?: () => Promise<void>;
}

/** A token that was made, and whose secret is in the spool. */
export interface CreatedToken {
  readonly token: Observed;
  readonly entry: SpoolEntry;
}

/** The run was interrupted before a token's request had its turn: nothing was sent. */
export class NotSentError extends ReconcileError {
  constructor(name: string) {
    super({ code: 'INTERRUPTED', message: `interrupted: ${name} was not made`, hint: 'run again' });
  }
}

/** So many lost answers a run and address. */
const maxLostResponses = 5;
/** The same with those that met a late token of ours, which was deleted: each lost answer can cost one such. */
const maxCreates = 10;

/**
 * Makes a token: steps 1 to 5 of the create protocol, and 11 and 12 where the answer is lost. The order of the
 * steps is the point of it; see docs/custody.md before changing any.
 */
export async function createToken(order: CreateRequest, tools: ExecutionContext): Promise<CreatedToken> {
  const { target, fields } = order;
  const { desired } = target;
  const { spool } = tools.custodian.state;
  const name = String(fields[nameFieldOf(target.rules)] ?? desired.name);
  // Asked for beforehand: once the secret is there, nothing that may fail stands between it and the disk.
  const registry = await requireHost(target, sinksOf(desired), tools.stop);
  let { snapshot } = target;
  let deleteFirst = order.deleteFirst;
  await resolveEarlierAttempts(target, order.old, name, snapshot, tools);

  let lostAnswers = 0;
  for (let creates = 0; creates < maxCreates && lostAnswers < maxLostResponses; creates += 1) {
    if (creates > 0 && tools.stop.aborted) throw interrupted(name);
    let attempt = newAttempt(order, name, snapshot, tools);
    await spool.recordAttempt(attempt);
    if (deleteFirst) {
      await deleteFirst();
      deleteFirst = undefined;
      attempt = { ...attempt, deadline: deadlineOf(order, snapshot, tools) };
      await spool.recordAttempt(attempt);
    }
    const created = await send(order, attempt, snapshot, tools);
    if ('unsent' in created) {
      await spool.remove(attempt);
      throw creates > 0 ? interrupted(name) : created.unsent;
    }
    if (!('error' in created)) {
      const over = { ...attempt, deadline: cappedDeadline(attempt, snapshot, tools) };
      await refuseKnownId(target, over, created, [target.snapshot, snapshot], tools);
      if (!bears(created.token, name)) throw await otherName(order, over, created, tools);
      const entry = await spoolSecret(order, attempt, created, registry, snapshot, tools);
      if (canRace(target)) await deferToOlder(target, entry, tools);
      return { token: created.token, entry };
    }
    const { error } = created;
    if (error.code !== 'OUTCOME_UNKNOWN') {
      // Where the old token is deleted already, the attempt knows what the new one has to be: the next run needs it.
      if (order.deleteFirst)
        await spool.recordAttempt({ ...attempt, deadline: cappedDeadline(attempt, snapshot, tools) });
      else await spool.remove(attempt);
      if (error.httpStatus !== 409) throw error;
      await resolveNameConflict(target, name, snapshot, error, tools).catch(async (refusal: unknown) => {
        throw isTaken(refusal) && (await isCreatedByOtherRun(target, name, tools))
          ? new DeferredToOtherRun(
              `the service says that the name ${name} is taken: another run may be creating this generation, and this run leaves it to that one`,
            )
          : refusal;
      });
      snapshot = await takeSnapshot(target, tools.clock, neverAborted);
      continue;
    }
    lostAnswers += 1;
    const lost = { ...attempt, deadline: cappedDeadline(created, snapshot, tools) };
    snapshot = await handleLostResponse(target, lost, error, tools);
  }
  throw new ReconcileError({
    code: 'API_UNAVAILABLE',
    message: `all attempts to make ${name} in ${desired.place} came to nothing: ${lostAnswers} answers were lost, and what they made was in the way`,
    hint: 'run again later; what they have left behind is cleaned up then',
  });
}

/**
 * The answer names another token than was asked for. Whose secret that is can't be told, so it goes nowhere, and that
 * token is left alone. What the request has made under its own name is dealt with as after a lost answer.
 */
async function otherName(
  order: CreateRequest,
  attempt: CreateAttempt,
  { token }: Created,
  tools: ExecutionContext,
): Promise<ReconcileError> {
  const { target } = order;
  const error = new ReconcileError({
    code: 'OUTCOME_UNKNOWN',
    message: `the answer to the making of ${attempt.name} in ${target.desired.place} is about another token, ${token.name} (${token.id}); its secret was not kept, and that token was left alone`,
    hint: 'check what is between reconcile and the service; delete that token if it is not needed, and run again',
  });
  await handleLostResponse(target, attempt, error, tools);
  return error;
}

function newAttempt(
  order: CreateRequest,
  name: string,
  snapshot: Snapshot,
  tools: ExecutionContext,
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
    deadline: deadlineOf(order, snapshot, tools),
    old,
    ...(order.revokes && { revokes: true }),
  };
}

/** When a request that is sent now is over at the latest; the server's clock, in seconds. */
function deadlineOf({ target }: CreateRequest, snapshot: Snapshot, { clock }: ExecutionContext): number {
  return Math.ceil(serverNow(clock, snapshot) + target.client.timeoutSeconds) + deadlineMarginSeconds;
}

/** The deadline of a request that is over already. */
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

/** Sends the create, once. Another try comes only after an answer that it had no effect, and is recorded first. */
async function send(
  order: CreateRequest,
  attempt: CreateAttempt,
  snapshot: Snapshot,
  tools: ExecutionContext,
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
        // A request may wait for its turn, or for a login, so that it ends later than was recorded.
        beforeTry: async (tries) => {
          if (tries > 1 && tools.stop.aborted) throw interrupted(attempt.name);
          // The second half of a replace is begun, however long it has waited.
          if (tools.stop.aborted && !order.deleteFirst) throw new NotSentError(attempt.name);
          const latest = deadlineOf(order, snapshot, tools);
          if (latest <= deadline + deadlineMarginSeconds) return;
          deadline = latest;
          await tools.custodian.state.spool.recordAttempt({ ...attempt, deadline });
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

/** Puts the secret on disk. If that fails, the secret is lost, so the token is deleted again. */
async function spoolSecret(
  { target }: CreateRequest,
  attempt: CreateAttempt,
  { token, secret, username }: Created,
  registry: string,
  snapshot: Snapshot,
  { custodian, clock, standard }: ExecutionContext,
): Promise<SpoolEntry> {
  const { created, createdBy } = token.origin;
  const granted = grantsOf(target.rules, attempt.fields, token);
  try {
    return await custodian.save(attempt, {
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
    await deleteOwn(target, attempt, token, { standard });
    if (attempt.order !== 'delete_first') await custodian.state.spool.remove(attempt);
    if (!(error instanceof ReconcileError)) throw error;
    throw new ReconcileError(
      {
        code: error.code,
        message: `${error.message}; the new token was deleted again, because its secret is lost`,
        ...(error.hint !== undefined && { hint: error.hint }),
      },
      { cause: error },
    );
  }
}

/** Whether a name belongs to somebody else. */
function isTaken(error: unknown): boolean {
  return error instanceof ReconcileError && error.httpStatus === 409;
}

function interrupted(name: string): ReconcileError {
  return new ReconcileError({
    code: 'INTERRUPTED',
    message: `interrupted: ${name} was not made, and that was not tried again`,
    hint: 'run again: the next run finishes it',
  });
}
