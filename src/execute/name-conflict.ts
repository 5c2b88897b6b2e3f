import type { CreateAttempt } from '../core/model/custody-record.ts';
import { ReconcileError } from '../core/model/errors.ts';
import { folded } from '../core/model/granted-values.ts';
import type { Observed } from '../core/model/token.ts';
import { neverAborted } from '../core/util/never-aborted.ts';
import { takeSnapshot } from '../observe/snapshot.ts';
import { rangeOf, type Snapshot, type Target } from '../observe/target.ts';
import type { CreatedOutcome } from './attempt-create.ts';
import type { ExecutionContext } from './context.ts';
import { rejectUnknownOwnership } from './lost-response.ts';
import { poll } from './poll.ts';
import { repairToken } from './repair.ts';
import { capWait, earliestServerTime } from './server-time.ts';
import { otherAttempt, ownershipInRun, unresolvedFor } from './unresolved.ts';

/**
 * The outcome of a name conflict: the late token of this run is repaired, the name is free again, or another token has it,
 * for all that is known.
 */
export type NameConflict =
  | CreatedOutcome
  | { readonly kind: 'freed' }
  | { readonly kind: 'taken'; readonly error: ReconcileError };

/**
 * Resolves a 409 that a late attempt of ours may have caused: docs/create-protocol.md, step 3. If there is an unresolved
 * attempt, looks until a live token of that name shows or the grace of the newest attempt is over, and repairs or deletes
 * that token if it is ours. Throws `OUTCOME_UNKNOWN` if its ownership is unknown.
 * @param before the last listing, and the attempts of this run whose responses were lost
 */
export async function resolveNameConflict(
  target: Target,
  name: string,
  before: { readonly snapshot: Snapshot; readonly lost: readonly CreateAttempt[] },
  refusal: ReconcileError,
  context: ExecutionContext,
): Promise<NameConflict> {
  const { client, scope } = target;
  const isTaken = (token: Observed | undefined): NameConflict => ({
    kind: 'taken',
    error: takenError(target, name, refusal, token, context),
  });
  const unresolved = unresolvedFor(target, name, context);
  if (unresolved.length === 0) return isTaken(await holderOf(target, name, context));
  const end = Math.max(...unresolved.map(({ deadline }) => deadline)) + context.evidence.grace;
  const found = await poll(
    async () => {
      const { tokens } = await takeSnapshot(target, context.clock, neverAborted);
      const ownershipOf = (token: Observed) => ownershipInRun(target, token, unresolved, context, tokens);
      // A token of another name conflicts only if the service has changed its name.
      const isInTheWay = (token: Observed): boolean =>
        token.name === name || ownershipOf(token) !== 'foreign';
      for (const { id } of tokens.alike(name).filter(isInTheWay)) {
        const token = await client.read(scope, id, neverAborted);
        if (token && isInTheWay(token)) return { token, ownership: ownershipOf(token) };
      }
      return undefined;
    },
    {
      clock: context.clock,
      timeoutMilliseconds:
        Math.max(0, capWait(target, end - earliestServerTime(context.clock, before.snapshot), context)) *
        1000,
      signal: context.stop,
      onWait: () => context.listener.onWait(target.desired.address, 'to appear, created by a lost request'),
    },
  );
  if (!found || found.ownership === 'foreign') return isTaken(found?.token);
  if (found.ownership === 'unknown') rejectUnknownOwnership(target, [found.token]);
  const repaired = await repairToken(target, before.lost, found.token, context);
  if (repaired) return repaired;
  await client.delete(scope, found.token.id, neverAborted);
  return { kind: 'freed' };
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
function takenError(
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
  const held = context.secretStore.state.ledger.findByTokenId(rangeOf(target), [id])?.entry.name;
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
