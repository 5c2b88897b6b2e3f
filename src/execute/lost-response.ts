import type { CreateAttempt } from '../core/model/custody-record.ts';
import { ReconcileError } from '../core/model/errors.ts';
import { folded } from '../core/model/granted-values.ts';
import type { RetiredToken } from '../core/model/plan.ts';
import type { Observed } from '../core/model/token.ts';
import { neverAborted } from '../core/util/never-aborted.ts';
import { takeSnapshot } from '../observe/observer.ts';
import type { Snapshot, Target } from '../observe/target.ts';
import { capWait, type ExecutionContext, serverNow } from './context.ts';
import { poll } from './poll.ts';
import { deleteOrphans, markUnresolved, otherAttempt, ownershipInRun, unresolvedFor } from './unresolved.ts';

/** Resolves earlier attempts at this name before the next one. */
export async function resolveEarlierAttempts(
  target: Target,
  old: RetiredToken | null,
  name: string,
  snapshot: Snapshot,
  context: ExecutionContext,
): Promise<void> {
  const unresolved = unresolvedFor(target, name, context);
  const unsure = await deleteOrphans(target, name, unresolved, snapshot, context, old?.id);
  const { proofOnly, grace } = context.evidence;
  // After the grace no late effects are expected, and the remaining tokens are accepted as they are, as in the plan.
  const isPending = unresolved.some(({ deadline }) => snapshot.listedAt <= deadline + grace);
  if (proofOnly || isPending) rejectUnknownOwnership(target, unsure);
}

/**
 * Handles a lost response: looks once, without waiting, for the token that may have been created, deletes it, and records
 * the unresolved attempt. Returns the listing for the next attempt.
 */
export async function handleLostResponse(
  target: Target,
  lost: CreateAttempt,
  why: ReconcileError,
  context: ExecutionContext,
): Promise<Snapshot> {
  const { name } = lost;
  try {
    const snapshot = await takeSnapshot(target, context.clock, neverAborted);
    const unresolved = [lost, ...unresolvedFor(target, name, context)];
    rejectUnknownOwnership(target, await deleteOrphans(target, name, unresolved, snapshot, context));
    return snapshot;
  } catch (error) {
    if (!(error instanceof ReconcileError) || error.code === 'OUTCOME_UNKNOWN') throw error;
    throw new ReconcileError(
      {
        code: 'OUTCOME_UNKNOWN',
        message: `the response to creating ${name} in ${target.desired.place} was lost (${why.message}), and reconcile can't check the result: ${error.message}`,
        hint: 'run again later: the next run checks the result, and recreates the token if needed',
        ...(why.httpStatus !== undefined && { httpStatus: why.httpStatus }),
      },
      { cause: error },
    );
  } finally {
    await markUnresolved(target, lost, context);
  }
}

/**
 * Resolves a 409 that a late attempt of ours may have caused. If there is an unresolved attempt, looks until a live token of
 * that name shows or the grace of the newest attempt is over. Returns once that token was ours and is deleted; throws
 * otherwise.
 */
export async function resolveNameConflict(
  target: Target,
  name: string,
  before: Snapshot,
  refusal: ReconcileError,
  context: ExecutionContext,
): Promise<void> {
  const { client, scope } = target;
  const unresolved = unresolvedFor(target, name, context);
  if (unresolved.length === 0)
    throw taken(target, name, refusal, await holderOf(target, name, context), context);
  const end = Math.max(...unresolved.map(({ deadline }) => deadline)) + context.evidence.grace;
  const found = await poll(
    async () => {
      const { tokens } = await takeSnapshot(target, context.clock, neverAborted);
      const ownershipOf = (token: Observed) => ownershipInRun(target, token, unresolved, context);
      // A token of another name conflicts only if the service has changed its name.
      const isInTheWay = (token: Observed): boolean =>
        token.name === name || ownershipOf(token) !== 'foreign';
      for (const { id } of tokens.alike(name).filter(isInTheWay)) {
        const token = await client.read(scope, id, neverAborted);
        if (token && isInTheWay(token)) return { token, verdict: ownershipOf(token) };
      }
      return undefined;
    },
    {
      clock: context.clock,
      timeoutMilliseconds:
        Math.max(0, capWait(target, end - serverNow(context.clock, before), context)) * 1000,
      signal: context.stop,
      onWait: () => context.listener.onWait(target.desired.address, 'to appear, created by a lost request'),
    },
  );
  if (!found || found.verdict === 'foreign') throw taken(target, name, refusal, found?.token, context);
  if (found.verdict === 'unknown') rejectUnknownOwnership(target, [found.token]);
  await client.delete(scope, found.token.id, neverAborted);
}

function rejectUnknownOwnership({ desired }: Target, unsure: readonly Observed[]): void {
  const [token] = unsure;
  if (!token) return;
  throw new ReconcileError({
    code: 'OUTCOME_UNKNOWN',
    message: `the token ${token.name} (${token.id}) in ${desired.place} may come from a create request of reconcile whose response was lost, but there is no proof; nothing was deleted`,
    hint: `if the token is not needed, delete it and run again; or recreate it with --replace ${desired.address}`,
  });
}

/** Looks once for the token that has a name, or a name that the service may have derived from it. */
async function holderOf(
  target: Target,
  name: string,
  { clock }: ExecutionContext,
): Promise<Observed | undefined> {
  try {
    const { tokens } = await takeSnapshot(target, clock, neverAborted);
    const alike = tokens.alike(name);
    return tokens.byName(name)[0] ?? alike.find((token) => folded(token.name) === folded(name)) ?? alike[0];
  } catch (error) {
    if (!(error instanceof ReconcileError)) throw error;
    return undefined;
  }
}

/** Returns the error of a create that the service rejects with 409, with the service's message and the listed token. */
function taken(
  target: Target,
  name: string,
  refusal: ReconcileError,
  token: Observed | undefined,
  context: ExecutionContext,
): ReconcileError {
  const { place } = target.desired;
  const problem = (message: string, hint: string): ReconcileError =>
    new ReconcileError(
      { code: refusal.code, message: `${message}: ${refusal.message}`, hint, httpStatus: 409 },
      { cause: refusal },
    );
  if (!token) {
    return problem(
      `the service reports a conflict for ${name} in ${place}, but its listing shows no token with this name`,
      "the name may belong to a token that the account can't see, or that was deleted recently: if reconcile list shows none after a minute, choose another name",
    );
  }
  const { id } = token;
  const held = context.secretStore.state.ledger.findByTokenId([id])?.entry.name;
  const asked = held ?? otherAttempt(target, name, token, context)?.name ?? token.name;
  if (token.name === name && asked === name) {
    return problem(
      `the name ${name} is taken in ${place}: the token ${id} has it`,
      'run reconcile plan again: it adopts the token, without its secret',
    );
  }
  const created = asked === token.name ? '' : `, created as ${asked}`;
  return problem(
    `the service reports a conflict for ${name} in ${place}, possibly with the name of another token, ${token.name} (${id}${created})`,
    `choose a name that differs in more than case, white space and its end; or, to use that token, declare it once, as ${asked}`,
  );
}
