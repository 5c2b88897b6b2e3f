import { decideAbsent } from './absent.ts';
import { adjust, create, replace } from './adjust.ts';
import { assess } from './assess.ts';
import { ambiguous, change, failed, ids } from './change.ts';
import { type Attempt, doubtsOf, unfinishedReplace } from './custody.ts';
import { deliverWaiting } from './deliver.ts';
import { isFamily } from './family.ts';
import type { Change, Observed } from './model.ts';
import { sameId, verdictOf } from './ours.ts';
import { rotate } from './rotate.ts';
import type { Situation } from './situation.ts';
import { candidatesOf, lasting, successor } from './targets.ts';

/** The one thing to do about one token: contract §1.2, and what an earlier run has left unfinished. */
export function decide(situation: Situation): Change {
  if (isFamily(situation)) return rotate(situation).change;
  const { desired, listed } = situation;
  const named = desired.id === undefined ? undefined : listed.withId(desired.id);
  if (named?.generated) return failed(desired, generated(situation, named), named.id);
  const decided = decideFor(situation);
  const heir = successor(situation);
  if (!heir || decided.id !== heir.id) return decided;
  const note = `the token ${desired.id} was replaced: ${heir.id} has taken its place; write that as ${desired.idField}, or leave it out`;
  return { ...decided, warnings: [...decided.warnings, note] };
}

function decideFor(situation: Situation): Change {
  switch (situation.desired.state) {
    case 'present':
      return decidePresent(situation);
    case 'update':
      return decideUpdate(situation);
    case 'absent':
      return decideAbsent(situation);
  }
}

function generated({ desired }: Situation, { id, name }: Observed) {
  return {
    code: 'MANIFEST_INVALID' as const,
    message: `the token ${name} (${id}) was made by the service for itself, and is never managed`,
    hint: `name another token as ${desired.idField}`,
  };
}

function decidePresent(situation: Situation): Change {
  const { desired } = situation;
  const waiting = waitingFor(situation, [desired.name]);
  if (waiting) return waiting;
  const tokens = meant(candidatesOf(situation), situation);
  if (tokens.length > 1) return ambiguous(desired, tokens);
  const [token] = tokens;
  if (token) return settle(situation, token);
  const replacing = begun(situation, desired.name);
  if (desired.id !== undefined && !replacing) {
    return failed(desired, {
      code: 'NOT_FOUND',
      message: `there is no token ${desired.id} in ${desired.place}`,
      hint: `mend the ${desired.idField}, or leave it out to have a new token made`,
    });
  }
  return create(situation, replacing);
}

/** The delivery of a secret that waits under one of these names, or under the one that the token bears now. */
function waitingFor(situation: Situation, names: readonly (string | undefined)[]): Change | undefined {
  const { desired, live, remake } = situation;
  if (remake) return undefined;
  const named = desired.id === undefined ? undefined : live.withId(desired.id)?.name;
  for (const name of [...names, named]) {
    const delivery = deliverWaiting(situation, name);
    if (delivery) return delivery;
  }
  return undefined;
}

function decideUpdate(situation: Situation): Change {
  const { desired, live } = situation;
  const waiting = waitingFor(situation, [desired.name, desired.ref]);
  if (waiting) return waiting;
  const tokens = meant(candidatesOf(situation), situation);
  if (tokens.length > 1) return ambiguous(desired, tokens);
  const [token] = tokens;
  if (!token) {
    const replacing = begun(situation, desired.name) ?? begun(situation, desired.ref);
    if (replacing) return create(situation, replacing);
    const sought = [desired.id ?? desired.ref, desired.id === undefined ? desired.name : undefined]
      .filter((name) => name !== undefined)
      .join(' nor ');
    return change(desired, {
      action: 'noop',
      reason: 'no such token',
      warnings: [
        `there is no token ${sought} to update in ${desired.place}; state: update never creates one`,
      ],
    });
  }
  if (desired.name === undefined || desired.name === token.name || !situation.uniqueNames)
    return settle(situation, token);
  // A half-made token of the new name is in nobody's way: it is deleted when the new one is made.
  const holders = live
    .named(desired.name)
    .filter((holder) => assess(holder, situation).custody !== 'half_made');
  if (holders.length > 0) {
    return failed(
      desired,
      {
        code: 'MANIFEST_CONFLICT',
        message: `${token.name} can't be renamed: the name ${desired.name} already belongs to another token (${ids(holders)})`,
        hint: 'choose another name, or declare the other token state: absent first',
      },
      token.id,
    );
  }
  return settle(situation, token);
}

/** A live token that is there to be adjusted, unless its secret or its age tells otherwise. */
function settle(situation: Situation, token: Observed): Change {
  const { desired, remake } = situation;
  const assessment = assess(token, situation);
  if (remake && desired.name === undefined && desired.ref !== token.name) {
    return failed(
      desired,
      {
        code: 'MANIFEST_INVALID',
        message: `${token.name} can't be made anew here: the manifest knows it by its ID, which would change`,
        hint: 'name the token instead of its ID, and run again with --replace',
      },
      token.id,
    );
  }
  if (remake) return replace(situation, token, assessment, 'asked for with --replace');
  if (assessment.problem) return failed(desired, assessment.problem, token.id);
  if (assessment.custody === 'half_made') {
    return replace(
      situation,
      token,
      assessment,
      'half-made: an earlier attempt of ours made it, and nobody has its secret',
    );
  }
  if (token.expired) return replace(situation, token, assessment, 'it has expired');
  return adjust(situation, token, assessment);
}

/**
 * Of several tokens of one name, those that can be meant: not what an attempt of ours has left behind, which
 * the making of the next one or the end of the run cleans up.
 */
function meant(tokens: readonly Observed[], situation: Situation): readonly Observed[] {
  if (tokens.length < 2) return tokens;
  const kept = tokens.filter((token) => {
    const { entry, unanswered } = situation.record(token.name);
    if (entry?.id && sameId(entry.id, token.id)) return true;
    return verdictOf(token, doubtsOf({ entry, unanswered }), situation.rules, situation.standard) !== 'ours';
  });
  return kept.length > 0 ? lasting(kept) : tokens.slice(0, 1);
}

function begun({ record, desired }: Situation, name: string | undefined): Attempt | undefined {
  return name === undefined ? undefined : unfinishedReplace(record(name), desired.address);
}
