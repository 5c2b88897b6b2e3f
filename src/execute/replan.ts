import { type Problem, ReconcileError } from '../core/model/errors.ts';
import type { Change } from '../core/model/plan.ts';
import { sameId } from '../core/model/token-id.ts';
import { classify } from '../core/plan/classify.ts';
import { decide } from '../core/plan/decide.ts';
import { protectedOne } from '../core/plan/guards.ts';
import { unableProblem } from '../core/plan/inabilities.ts';
import { neverAborted } from '../core/util/never-aborted.ts';
import { resolveTarget } from '../observe/resolve-target.ts';
import { indexSnapshot, takeSnapshot } from '../observe/snapshot.ts';
import { decisionInput } from '../observe/target.ts';
import type { ChangeContext } from './actions/change.ts';
import { whyUnready } from './check-sinks.ts';
import { goneProblem, type TokenGoneError } from './token-gone.ts';

/** Plans one address again after its token was found to be gone, although the listing may still show it. */
export async function replan(
  { change: planned, target, report, context }: ChangeContext,
  gone: TokenGoneError,
): Promise<ChangeContext> {
  const { id } = gone;
  const { desired, client, scope, rules, uniqueNames, repairable, inabilities, ownToken, scopeKey } = target;
  const behaviour = { rules, uniqueNames, ...(repairable && { repairable }) };
  const place = {
    client,
    scope,
    ...behaviour,
    inabilities,
    ...(ownToken !== undefined && { ownToken }),
    scopeKey,
  };
  const listed = await takeSnapshot(place, context.clock, neverAborted);
  const tokens = indexSnapshot(listed.tokens.all.filter((token) => !sameId(token.id, id)));
  const resolved = await resolveTarget(
    desired,
    place,
    { ...listed, ...tokens },
    { records: context.records, grants: context.secretStore.grants, signal: neverAborted },
  );
  const input = decisionInput(resolved, {
    evidence: context.evidence,
    now: Math.floor(context.clock.now() / 1000),
    forceReplace: false,
    revokeOld: false,
  });
  const { change } = decide(classify(input));
  report.planned(change);
  // The guards have approved another plan.
  const problem =
    protectedOne(change, desired) ??
    unplanned(change, id) ??
    unrenewed(planned, change, gone) ??
    unableProblem(change, input) ??
    (await whyUnready(change, resolved, context));
  if (problem) throw new ReconcileError(problem);
  return { change, target: resolved, report, context };
}

/** Rejects changes that end a token: it is another one than in the plan. */
function unplanned({ action, address, id }: Change, gone: string): Problem | undefined {
  if (id === null || (action !== 'replace' && action !== 'delete')) return undefined;
  return {
    code: 'PLAN_UNSAFE',
    message: `the token ${gone} is gone, and ${address} now matches ${id}, which the plan did not ${action}; nothing was changed`,
    hint: 'plan again, and apply that plan if it is right',
  };
}

/** Rejects to leave a token as it is whose secret was to be renewed: it is still there, and has its old secret. */
function unrenewed(planned: Change, { action, id }: Change, gone: TokenGoneError): Problem | undefined {
  const isRenewal = planned.action === 'patch' && planned.secret !== null;
  return isRenewal && action === 'noop' && id === gone.id ? goneProblem(gone) : undefined;
}
