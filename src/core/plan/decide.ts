import { type CreateAttempt, interruptedReplace, unresolvedAttempts } from '../model/custody-record.ts';
import type { Change, Observed } from '../model/model.ts';
import { sameId } from '../model/token-id.ts';
import { findCandidates, findSuccessor, preferUnexpired } from './candidates.ts';
import { ambiguousMatch, errorChange, formatIds, makeChange } from './change.ts';
import { planCreate } from './create.ts';
import { assessCustody } from './custody.ts';
import { planDelete } from './delete.ts';
import { planPendingDelivery } from './deliver.ts';
import type { DecisionInput } from './input.ts';
import { ownershipOf } from './ownership.ts';
import { planReplace } from './replace.ts';
import { isRotating } from './rotation/family.ts';
import { planRotation } from './rotation/rotate.ts';
import { planUpdate } from './update.ts';

/** Decides the change for one manifest entry, including work that an interrupted run left unfinished. */
export function decide(situation: DecisionInput): Change {
  if (isRotating(situation)) return planRotation(situation).change;
  const { desired, listed } = situation;
  const named = desired.id === undefined ? undefined : listed.byId(desired.id);
  if (named?.generated) return errorChange(desired, serviceManagedProblem(situation, named), named.id);
  const decided = decideFor(situation);
  const successor = findSuccessor(situation);
  if (!successor || decided.id !== successor.id) return decided;
  const note = `the token ${desired.id} was replaced: ${successor.id} has taken its place; write that as ${desired.idField}, or leave it out`;
  return { ...decided, warnings: [...decided.warnings, note] };
}

function decideFor(situation: DecisionInput): Change {
  switch (situation.desired.state) {
    case 'present':
      return decidePresent(situation);
    case 'update':
      return decideUpdate(situation);
    case 'absent':
      return planDelete(situation);
  }
}

function serviceManagedProblem({ desired }: DecisionInput, { id, name }: Observed) {
  return {
    code: 'MANIFEST_INVALID' as const,
    message: `the token ${name} (${id}) was made by the service for itself, and is never managed`,
    hint: `name another token as ${desired.idField}`,
  };
}

function decidePresent(situation: DecisionInput): Change {
  const { desired } = situation;
  const waiting = waitingFor(situation, [desired.name]);
  if (waiting) return waiting;
  const tokens = withoutOrphans(findCandidates(situation), situation);
  if (tokens.length > 1) return ambiguousMatch(desired, tokens);
  const [token] = tokens;
  if (token) return decideLive(situation, token);
  const replacing = interruptedReplaceFor(situation, desired.name);
  if (desired.id !== undefined && !replacing) {
    return errorChange(desired, {
      code: 'NOT_FOUND',
      message: `there is no token ${desired.id} in ${desired.place}`,
      hint: `mend the ${desired.idField}, or leave it out to have a new token made`,
    });
  }
  return planCreate(situation, replacing);
}

/** Plans the delivery of a pending secret under one of these names, or under the token's present name. */
function waitingFor(situation: DecisionInput, names: readonly (string | undefined)[]): Change | undefined {
  const { desired, live, forceReplace } = situation;
  if (forceReplace) return undefined;
  const named = desired.id === undefined ? undefined : live.byId(desired.id)?.name;
  for (const name of [...names, named]) {
    const delivery = planPendingDelivery(situation, name);
    if (delivery) return delivery;
  }
  return undefined;
}

function decideUpdate(situation: DecisionInput): Change {
  const { desired, live } = situation;
  const waiting = waitingFor(situation, [desired.name, desired.existing]);
  if (waiting) return waiting;
  const tokens = withoutOrphans(findCandidates(situation), situation);
  if (tokens.length > 1) return ambiguousMatch(desired, tokens);
  const [token] = tokens;
  if (!token) {
    const replacing =
      interruptedReplaceFor(situation, desired.name) ?? interruptedReplaceFor(situation, desired.existing);
    if (replacing) return planCreate(situation, replacing);
    const sought = [desired.id ?? desired.existing, desired.id === undefined ? desired.name : undefined]
      .filter((name) => name !== undefined)
      .join(' nor ');
    return makeChange(desired, {
      action: 'noop',
      reason: 'no such token',
      warnings: [
        `there is no token ${sought} to update in ${desired.place}; state: update never creates one`,
      ],
    });
  }
  if (desired.name === undefined || desired.name === token.name || !situation.uniqueNames)
    return decideLive(situation, token);
  // An undelivered token of the new name is not in the way: it is deleted when the new one is created.
  const holders = live
    .byName(desired.name)
    .filter((holder) => assessCustody(holder, situation).custody !== 'undelivered');
  if (holders.length > 0) {
    return errorChange(
      desired,
      {
        code: 'MANIFEST_CONFLICT',
        message: `${token.name} can't be renamed: the name ${desired.name} already belongs to another token (${formatIds(holders)})`,
        hint: 'choose another name, or declare the other token state: absent first',
      },
      token.id,
    );
  }
  return decideLive(situation, token);
}

/** Decides the change for a live token: an update, unless its secret or its age requires something else. */
function decideLive(situation: DecisionInput, token: Observed): Change {
  const { desired, forceReplace } = situation;
  const assessment = assessCustody(token, situation);
  if (forceReplace && desired.name === undefined && desired.existing !== token.name) {
    return errorChange(
      desired,
      {
        code: 'MANIFEST_INVALID',
        message: `${token.name} can't be made anew here: the manifest knows it by its ID, which would change`,
        hint: 'name the token instead of its ID, and run again with --replace',
      },
      token.id,
    );
  }
  if (forceReplace) return planReplace(situation, token, assessment, 'asked for with --replace');
  if (assessment.problem) return errorChange(desired, assessment.problem, token.id);
  if (assessment.custody === 'undelivered') {
    return planReplace(
      situation,
      token,
      assessment,
      'undelivered: an earlier attempt of ours made it, and nobody has its secret',
    );
  }
  if (token.expired) return planReplace(situation, token, assessment, 'it has expired');
  return planUpdate(situation, token, assessment);
}

/** Removes orphans from several tokens of one name. The next create or the end of the run deletes them. */
function withoutOrphans(tokens: readonly Observed[], situation: DecisionInput): readonly Observed[] {
  if (tokens.length < 2) return tokens;
  const kept = tokens.filter((token) => {
    const { entry, unanswered } = situation.recordFor(token.name);
    if (entry?.id && sameId(entry.id, token.id)) return true;
    return (
      ownershipOf(token, unresolvedAttempts({ entry, unanswered }), situation.rules, situation.evidence) !==
      'ours'
    );
  });
  return kept.length > 0 ? preferUnexpired(kept) : tokens.slice(0, 1);
}

function interruptedReplaceFor(
  { recordFor, desired }: DecisionInput,
  name: string | undefined,
): CreateAttempt | undefined {
  return name === undefined ? undefined : interruptedReplace(recordFor(name), desired.address);
}
