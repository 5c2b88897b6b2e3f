import { randomUUID } from 'node:crypto';
import { sinksOf } from '../core/assess.ts';
import type { Attempt } from '../core/custody.ts';
import { ReconcileError } from '../core/errors.ts';
import { expiryOf, identityOf } from '../core/fields.ts';
import { formatInstant } from '../core/instant.ts';
import { compareText } from '../core/json.ts';
import type { Desired, Fields, Observed, ReplaceOrder, RetiredToken } from '../core/model.ts';
import { sameId } from '../core/ours.ts';
import type { SpoolEntry } from '../custody/spool.ts';
import type { Created } from '../providers/provider.ts';
import { cleanUp, doubt, keyOf, recordedDoubts, suspected } from './doubts.ts';
import { takeSnapshot } from './observe.ts';
import type { Snapshot, Target } from './target.ts';
import { serverNow, type Tools, unstoppable } from './tools.ts';
import { poll } from './wait.ts';

/** A token that is to be made. */
export interface Order {
  readonly target: Target;
  /** All that is sent. */
  readonly fields: Fields;
  /** The token that the new one takes the place of. */
  readonly old: RetiredToken | null;
  readonly order: ReplaceOrder | null;
  /** Deletes the old token before the new one is made, and returns once it is gone. */
  readonly deleteFirst?: () => Promise<void>;
}

/** A token that was made, and whose secret is in the spool. */
export interface MadeToken {
  readonly token: Observed;
  readonly entry: SpoolEntry;
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
  const registry = await hostFor(target);
  let { snapshot } = target;
  let deleteFirst = order.deleteFirst;
  await clearTheWay(order, name, snapshot, tools);

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
    if (!('error' in created)) {
      const entry = await keep(order, attempt, created, registry, snapshot, tools);
      if (!target.uniqueNames) await yieldToRival(target, entry, tools);
      return { token: created.token, entry };
    }
    const { error } = created;
    if (error.code !== 'OUTCOME_UNKNOWN') {
      // Where the old token is deleted already, the attempt knows what the new one has to be: the next run needs it.
      if (order.deleteFirst) await spool.begin({ ...attempt, deadline: endedNow(attempt, snapshot, tools) });
      else await spool.remove(attempt);
      if (error.httpStatus !== 409) throw error;
      if (recordedDoubts(target, name, tools).length === 0) throw taken(target, name, error);
      await freeName(order, name, snapshot, error, tools);
      snapshot = await takeSnapshot(target, tools.clock, unstoppable);
      continue;
    }
    lostAnswers += 1;
    const lost = { ...attempt, deadline: endedNow(created, snapshot, tools) };
    snapshot = await afterLostAnswer(order, lost, error, tools);
  }
  throw new ReconcileError({
    code: 'API_UNAVAILABLE',
    message: `all attempts to make ${name} in ${desired.place} came to nothing: ${lostAnswers} answers were lost, and what they made was in the way`,
    hint: 'run again later; what they have left behind is cleaned up then',
  });
}

/** The host to log in to, where a sink has to be told. Throws where the registry has none yet. */
async function hostFor({ client, scope, desired }: Target): Promise<string> {
  if (!namesHost(desired)) return '';
  const { host } = await client.details(scope, unstoppable);
  if (host !== '') return host;
  throw new ReconcileError({
    code: 'API_REJECTED',
    message: `no token can be made in ${desired.scope} now: it has no host name yet, which the sinks have to be told`,
    hint: 'wait until the registry is running, and run again',
  });
}

/** Whether what a sink gets names the host to log in to. */
function namesHost(desired: Desired): boolean {
  return sinksOf(desired).some((sink) => sink.type === 'docker' || sink.layout.format !== 'raw');
}

/** Deals with what earlier attempts at this name have left behind, before the next one. */
async function clearTheWay(order: Order, name: string, snapshot: Snapshot, tools: Tools): Promise<void> {
  const { target, old } = order;
  const doubts = recordedDoubts(target, name, tools);
  const unsure = await cleanUp(target, name, doubts, snapshot, tools, old?.id);
  const { strict, grace } = tools.standard;
  // After the grace nothing more is expected of them, and what is left is taken as it is: as the plan does.
  const isPending = doubts.some(({ deadline }) => snapshot.listedAt <= deadline + grace);
  if (strict || isPending) refuseUnsure(target, unsure);
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
    scope: { id: scope.id, name: scope.name },
    name,
    id: desired.createWith === 'put' ? randomUUID() : null,
    fields,
    sinks: sinksOf(desired),
    seen: snapshot.tokens.named(name).map(({ id }) => id),
    listedAt: snapshot.listedAt,
    deadline: deadlineOf(order, snapshot, tools),
    old,
  };
}

/** So much later than a request can end its deadline is. */
const slackSeconds = 1;

/** When a request that is sent now is over at the latest; the server's clock, in seconds. */
function deadlineOf({ target }: Order, snapshot: Snapshot, { clock }: Tools): number {
  return Math.ceil(serverNow(clock, snapshot) + target.client.timeoutSeconds) + slackSeconds;
}

/** The deadline of a request that is over already. */
function endedNow({ deadline }: { readonly deadline: number }, snapshot: Snapshot, { clock }: Tools): number {
  return Math.min(deadline, Math.ceil(serverNow(clock, snapshot)));
}

type Sent = Created | { readonly error: ReconcileError; readonly deadline: number };

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
    return { error, deadline };
  }
}

/** Puts the secret on disk. Where that fails nobody would have it, so the token is deleted again. */
async function keep(
  { target }: Order,
  attempt: Attempt,
  { token, secret, username }: Created,
  registry: string,
  snapshot: Snapshot,
  { custodian, clock }: Tools,
): Promise<SpoolEntry> {
  const { created, createdBy } = token.origin;
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
      secret,
    });
  } catch (error) {
    if (!(error instanceof ReconcileError)) throw error;
    await target.client.delete(target.scope, token.id, unstoppable);
    if (attempt.order !== 'delete_first') await custodian.state.spool.remove(attempt);
    throw new ReconcileError(
      {
        code: error.code,
        message: `${error.message}; the new token was deleted again, as nobody has its secret`,
        ...(error.hint !== undefined && { hint: error.hint }),
      },
      { cause: error },
    );
  }
}

/**
 * The answer is lost: looks once, without waiting, for the token that may have been made, deletes it, and
 * records the doubt. Gives the listing for the next attempt.
 */
async function afterLostAnswer(
  { target }: Order,
  lost: Attempt,
  why: ReconcileError,
  tools: Tools,
): Promise<Snapshot> {
  const { name } = lost;
  try {
    const snapshot = await takeSnapshot(target, tools.clock, unstoppable);
    const doubts = [lost, ...recordedDoubts(target, name, tools)];
    refuseUnsure(target, await cleanUp(target, name, doubts, snapshot, tools));
    return snapshot;
  } catch (error) {
    if (!(error instanceof ReconcileError) || error.code === 'OUTCOME_UNKNOWN') throw error;
    throw new ReconcileError(
      {
        code: 'OUTCOME_UNKNOWN',
        message: `the answer to the making of ${name} in ${target.desired.place} is lost (${why.message}), and what came of it can't be looked up: ${error.message}`,
        hint: 'run again later: the next run finds out, and makes the token anew if need be',
        ...(why.httpStatus !== undefined && { httpStatus: why.httpStatus }),
      },
      { cause: error },
    );
  } finally {
    await doubt(target, lost, tools);
  }
}

/**
 * The name is taken, perhaps by a late attempt of ours: looks until a live token of that name shows or the
 * grace of the newest doubt is over. Returns once it was ours and is deleted; throws otherwise.
 */
async function freeName(
  { target }: Order,
  name: string,
  before: Snapshot,
  refusal: ReconcileError,
  tools: Tools,
): Promise<void> {
  const { client, scope } = target;
  const doubts = recordedDoubts(target, name, tools);
  const end = Math.max(...doubts.map(({ deadline }) => deadline)) + tools.standard.grace;
  const found = await poll(
    async () => {
      const { tokens } = await takeSnapshot(target, tools.clock, unstoppable);
      for (const { id } of tokens.named(name)) {
        const token = await client.read(scope, id, unstoppable);
        if (token) return { token, verdict: suspected(target, token, doubts, tools) };
      }
      return undefined;
    },
    {
      clock: tools.clock,
      timeoutMilliseconds: Math.max(0, end - serverNow(tools.clock, before)) * 1000,
      signal: tools.stop,
    },
  );
  if (!found || found.verdict === 'foreign') throw taken(target, name, refusal, found?.token);
  if (found.verdict === 'unsure') refuseUnsure(target, [found.token]);
  await client.delete(scope, found.token.id, unstoppable);
}

/**
 * Step 5: where names aren't unique another run may have made the token at the same time. The younger yields, so
 * that one remains. What matches a doubt of ours is no rival.
 */
export async function yieldToRival(
  target: Target,
  { attempt, made }: SpoolEntry,
  tools: Tools,
): Promise<void> {
  if (!made) return;
  const { client, scope } = target;
  const { ledger, spool } = tools.custodian.state;
  const doubts = ledger.entry(attempt.key)?.doubts ?? [];
  const { tokens } = await tools.freshListing(target);
  const known = new Set(
    [
      ...attempt.seen,
      ledger.entry(attempt.key)?.id ?? '',
      ...(ledger.entry(attempt.key)?.retire ?? []).map(({ id }) => id),
      ...spool.entries().map((entry) => entry.made?.id ?? ''),
    ].map((id) => id.toLowerCase()),
  );
  const older = ({ id, origin }: Observed): boolean =>
    (origin.created ?? 0) < (made.created ?? 0) ||
    ((origin.created ?? 0) === (made.created ?? 0) && compareText(id, made.id) < 0);
  const rivals = tokens
    .named(attempt.name)
    .filter((token) => !sameId(token.id, made.id) && !known.has(token.id.toLowerCase()))
    .filter((token) => suspected(target, token, doubts, tools) === 'foreign')
    .filter((token) => !token.generated && !token.expired && older(token));
  for (const { id } of rivals) {
    if (!(await client.read(scope, id, unstoppable))) continue;
    await client.delete(scope, made.id, unstoppable);
    await spool.remove(attempt);
    throw new ReconcileError({
      code: 'API_REJECTED',
      message: `another run made ${attempt.name} (${id}) in ${target.desired.place} at the same time, and was first; our own was deleted again`,
      hint: 'run reconcile plan again: it takes that token as it is, without its secret',
    });
  }
}

function refuseUnsure({ desired }: Target, unsure: readonly Observed[]): void {
  const [token] = unsure;
  if (!token) return;
  throw new ReconcileError({
    code: 'OUTCOME_UNKNOWN',
    message: `the token ${token.name} (${token.id}) in ${desired.place} may come from an attempt of ours whose answer was lost, and it can't be told for sure; nothing was deleted`,
    hint: `if nobody needs it, delete it and run again; or make it anew with --replace ${desired.address}`,
  });
}

function taken({ desired }: Target, name: string, refusal: ReconcileError, token?: Observed): ReconcileError {
  return new ReconcileError(
    {
      code: refusal.code,
      message: `somebody else has just made a token ${name}${token ? ` (${token.id})` : ''} in ${desired.place}: ${refusal.message}`,
      hint: 'run reconcile plan again: it takes the token as it is, without its secret',
      httpStatus: 409,
    },
    { cause: refusal },
  );
}

function interrupted(name: string): ReconcileError {
  return new ReconcileError({
    code: 'INTERRUPTED',
    message: `interrupted: ${name} was not made, and that was not tried again`,
    hint: 'run again: the next run finishes it',
  });
}
