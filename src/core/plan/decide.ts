import { expiryField } from '../model/field-rules.ts';
import type { Change } from '../model/plan.ts';
import { parseInstant } from '../util/instant.ts';
import { ambiguousMatch, errorChange, formatIds, makeChange } from './change.ts';
import type { EntryFacts } from './classify.ts';
import { planCreate } from './create.ts';
import { planDelete } from './delete.ts';
import { planPendingDelivery } from './deliver.ts';
import { patchableChanges } from './diff.ts';
import type { Decision } from './entry-plan.ts';
import type { LiveFacts } from './facts.ts';
import { inabilityFor } from './inabilities.ts';
import { planRenewal, renewalReason } from './renewal.ts';
import { planReplace } from './replace.ts';
import { latestClock } from './rotation/lifetime.ts';
import { planRotation } from './rotation/rotate.ts';
import { planUpdate } from './update.ts';

/** Decides the change for one entry by its facts, including work that an interrupted run left unfinished. */
export function decide(facts: EntryFacts): Decision {
  if (facts.successor) return withSuccessorNote(facts, facts.successor.id);
  const { input } = facts;
  const { desired } = input;
  switch (facts.status) {
    case 'family':
      return planRotation(facts.family);
    case 'absent':
      return planDelete(facts);
    case 'pending':
      return { change: planPendingDelivery(facts) };
    case 'missing':
      return { change: planMissing(facts) };
    case 'forced':
      return { change: planForcedReplace(facts) };
    case 'being_replaced':
      return { change: planReplace(facts, 'an earlier run began to replace it, and may have deleted it') };
    case 'undelivered': {
      const why = 'undelivered: an earlier run created it, but its secret was never delivered';
      return { change: planReplace(facts, why) };
    }
    case 'expired':
      return { change: planExpired(facts) };
    case 'current':
      return { change: planUpdate(facts) };
    case 'blocked':
      return { change: errorChange(desired, facts.problem, facts.token.id) };
    case 'ambiguous':
      return { change: ambiguousMatch(desired, facts.tokens) };
    case 'service_managed': {
      const { id, name } = facts.token;
      const problem = {
        code: 'MANIFEST_INVALID' as const,
        message: `the token ${name} (${id}) can't be managed: the service created it for its own use, or accepts no changes of it`,
        hint: `set ${desired.idField} to the ID of another token`,
      };
      return { change: errorChange(desired, problem, id) };
    }
    case 'name_taken': {
      const { token, holders } = facts;
      const problem = {
        code: 'MANIFEST_CONFLICT' as const,
        message: `${token.name} can't be renamed: the name ${desired.name} already belongs to another token (${formatIds(holders)})`,
        hint: 'choose another name, or delete the other token first with state: absent',
      };
      return { change: errorChange(desired, problem, token.id) };
    }
  }
}

/** Notes that the manifest names a token by its ID that a replace has deleted. */
function withSuccessorNote(facts: EntryFacts, successor: string): Decision {
  const { desired } = facts.input;
  const decision = decide({ ...facts, successor: undefined });
  const { change } = decision;
  if (change.id !== successor) return decision;
  const note = `the token ${desired.id} was replaced by ${successor}; update ${desired.idField}, or remove it`;
  return { ...decision, change: { ...change, warnings: [...change.warnings, note] } };
}

/** Plans an entry without a live token: finishes an interrupted replace, or creates one if the manifest allows it. */
function planMissing({ input, interrupted }: Extract<EntryFacts, { readonly status: 'missing' }>): Change {
  const { desired } = input;
  if (interrupted) return planCreate(input, interrupted);
  if (desired.state === 'update') {
    const sought = [desired.id ?? desired.existing, desired.id === undefined ? desired.name : undefined]
      .filter((name) => name !== undefined)
      .join(' or ');
    return makeChange(desired, {
      action: 'noop',
      reason: 'token not found',
      warnings: [`no token ${sought} to update in ${desired.place}; state: update never creates a token`],
    });
  }
  if (desired.id === undefined) return planCreate(input);
  return errorChange(desired, {
    code: 'NOT_FOUND',
    message: `no token ${desired.id} in ${desired.place}`,
    hint: `correct the ${desired.idField}, or remove it to create a new token`,
  });
}

/**
 * Plans a token that has expired. One whose secret rotates in place gets more time instead of a successor, and so does one
 * whose manifest states a later expiry, if the service then accepts the token again.
 */
function planExpired(live: LiveFacts): Change {
  const why = renewalReason(live);
  if (why !== undefined) return planRenewal(live, why);
  return isRevivable(live) ? planUpdate(live) : planReplace(live, 'expired');
}

/** Tells whether a change in place makes an expired token valid again. */
function isRevivable({ differences, input }: LiveFacts): boolean {
  const { rules } = input;
  const end = expiryField(rules);
  if (!rules[end]?.expiry?.revives || inabilityFor(input, ['patch'])) return false;
  const later = differences.find(({ field }) => field === end)?.after;
  const isLater = later === 'never' || (parseInstant(String(later), 'utc') ?? 0) > latestClock(input);
  return isLater && patchableChanges(differences, rules).length === differences.length;
}

/** Plans the replace of a token that was requested with `--replace`. */
function planForcedReplace(live: LiveFacts): Change {
  const { desired } = live.input;
  if (desired.renewal)
    return planRenewal(live, 'rotation requested with rotate or --replace; the secret is renewed in place');
  const { id, name } = live.token;
  if (desired.name !== undefined || desired.existing === name) {
    return planReplace(live, 'requested with --replace');
  }
  const problem = {
    code: 'MANIFEST_INVALID' as const,
    message: `${name} can't be recreated: the manifest identifies it by its ID, which would change`,
    hint: 'identify the token by its name instead of its ID, and run again with --replace',
  };
  return errorChange(desired, problem, id);
}
