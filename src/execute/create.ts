import { randomUUID } from 'node:crypto';
import { sinksOf } from '../core/assess.ts';
import type { Attempt } from '../core/custody.ts';
import { ReconcileError } from '../core/errors.ts';
import { expiryOf, identityOf } from '../core/fields.ts';
import { bears, grantsOf } from '../core/granted.ts';
import { formatInstant } from '../core/instant.ts';
import type { Fields, Observed, ReplaceOrder, RetiredToken } from '../core/model.ts';
import type { SpoolEntry } from '../custody/spool.ts';
import type { Created } from '../providers/provider.ts';
import { deleteOwn } from './delete-own.ts';
import { candidates, keyOf } from './doubts.ts';
import { requireHost } from './host.ts';
import { refuseKnownId } from './known-id.ts';
import { afterLostAnswer, clearTheWay, freeName } from './lost-answers.ts';
import { takeSnapshot } from './observe.ts';
import { hasRivals, isLeftToOthers, Yielded, yieldToRival } from './rival.ts';
import type { Snapshot, Target } from './target.ts';
import { serverNow, slackSeconds, type Tools, unstoppable } from './tools.ts';

/** A token that is to be made. */
export interface Order {
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
export interface MadeToken {
  readonly token: Observed;
  readonly entry: SpoolEntry;
}

/** The run was interrupted before a token's request had its turn: nothing was sent. */
export class Unsent extends ReconcileError {
  constructor(name: string) {
    super({ code: 'INTERRUPTED', message: `interrupted: ${name} was not made`, hint: 'run again' });
  }
}

/** So many lost answers a run and address. */
const mostLost = 5;
/** The same with those that met a late token of ours, which was deleted: each lost answer can cost one such. */
const mostCreates = 10;

/**
 * Makes a token: steps 1 to 5 of the create protocol, and 11 and 12 where the answer is lost. The order of the
 * steps is the point of it; see docs/custody.md before changing any.
 */
export async function makeToken(order: Order, tools: Tools): Promise<MadeToken> {
  const { target, fields } = order;
  const { desired } = target;
  const { spool } = tools.custodian.state;
  const name = String(fields[identityOf(target.rules)] ?? desired.name);
  // Asked for beforehand: once the secret is there, nothing that may fail stands between it and the disk.
  const registry = await requireHost(target, sinksOf(desired), tools.stop);
  let { snapshot } = target;
  let deleteFirst = order.deleteFirst;
  await clearTheWay(target, order.old, name, snapshot, tools);

  let lostAnswers = 0;
  for (let creates = 0; creates < mostCreates && lostAnswers < mostLost; creates += 1) {
    if (creates > 0 && tools.stop.aborted) throw interrupted(name);
    let attempt = newAttempt(order, name, snapshot, tools);
    await spool.begin(attempt);
    if (deleteFirst) {
      await deleteFirst();
      deleteFirst = undefined;
      attempt = { ...attempt, deadline: deadlineOf(order, snapshot, tools) };
      await spool.begin(attempt);
    }
    const created = await send(order, attempt, snapshot, tools);
    if ('unsent' in created) {
      await spool.remove(attempt);
      throw creates > 0 ? interrupted(name) : created.unsent;
    }
    if (!('error' in created)) {
      const over = { ...attempt, deadline: endedNow(attempt, snapshot, tools) };
      await refuseKnownId(target, over, created, [target.snapshot, snapshot], tools);
      if (!bears(created.token, name)) throw await otherName(order, over, created, tools);
      const entry = await keep(order, attempt, created, registry, snapshot, tools);
      if (hasRivals(target)) await yieldToRival(target, entry, tools);
      return { token: created.token, entry };
    }
    const { error } = created;
    if (error.code !== 'OUTCOME_UNKNOWN') {
      // Where the old token is deleted already, the attempt knows what the new one has to be: the next run needs it.
      if (order.deleteFirst) await spool.begin({ ...attempt, deadline: endedNow(attempt, snapshot, tools) });
      else await spool.remove(attempt);
      if (error.httpStatus !== 409) throw error;
      await freeName(target, name, snapshot, error, tools).catch(async (refusal: unknown) => {
        throw isTaken(refusal) && (await isLeftToOthers(target, name, tools))
          ? new Yielded(
              `the service says that the name ${name} is taken: another run may be creating this generation, and this run leaves it to that one`,
            )
          : refusal;
      });
      snapshot = await takeSnapshot(target, tools.clock, unstoppable);
      continue;
    }
    lostAnswers += 1;
    const lost = { ...attempt, deadline: endedNow(created, snapshot, tools) };
    snapshot = await afterLostAnswer(target, lost, error, tools);
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
  order: Order,
  attempt: Attempt,
  { token }: Created,
  tools: Tools,
): Promise<ReconcileError> {
  const { target } = order;
  const error = new ReconcileError({
    code: 'OUTCOME_UNKNOWN',
    message: `the answer to the making of ${attempt.name} in ${target.desired.place} is about another token, ${token.name} (${token.id}); its secret was not kept, and that token was left alone`,
    hint: 'check what is between reconcile and the service; delete that token if it is not needed, and run again',
  });
  await afterLostAnswer(target, attempt, error, tools);
  return error;
}

function newAttempt(order: Order, name: string, snapshot: Snapshot, tools: Tools): Attempt {
  const { target, fields, old } = order;
  const { desired, scope } = target;
  return {
    nonce: randomUUID(),
    order: order.order,
    key: keyOf(target, name),
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
function deadlineOf({ target }: Order, snapshot: Snapshot, { clock }: Tools): number {
  return Math.ceil(serverNow(clock, snapshot) + target.client.timeoutSeconds) + slackSeconds;
}

/** The deadline of a request that is over already. */
function endedNow({ deadline }: { readonly deadline: number }, snapshot: Snapshot, { clock }: Tools): number {
  return Math.min(deadline, Math.ceil(serverNow(clock, snapshot)));
}

type Sent =
  | Created
  | { readonly error: ReconcileError; readonly deadline: number }
  | { readonly unsent: Unsent };

/** Sends the create, once. Another try comes only after an answer that it had no effect, and is recorded first. */
async function send(order: Order, attempt: Attempt, snapshot: Snapshot, tools: Tools): Promise<Sent> {
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
          if (tools.stop.aborted && !order.deleteFirst) throw new Unsent(attempt.name);
          const latest = deadlineOf(order, snapshot, tools);
          if (latest <= deadline + slackSeconds) return;
          deadline = latest;
          await tools.custodian.state.spool.begin({ ...attempt, deadline });
        },
      },
      unstoppable,
    );
  } catch (error) {
    if (!(error instanceof ReconcileError)) throw error;
    if (error instanceof Unsent) return { unsent: error };
    return { error, deadline };
  }
}

/** Puts the secret on disk. If that fails, the secret is lost, so the token is deleted again. */
async function keep(
  { target }: Order,
  attempt: Attempt,
  { token, secret, username }: Created,
  registry: string,
  snapshot: Snapshot,
  { custodian, clock, standard }: Tools,
): Promise<SpoolEntry> {
  const { created, createdBy } = token.origin;
  const granted = grantsOf(target.rules, attempt.fields, token);
  try {
    return await custodian.keep(attempt, {
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
