import { adjust, create, replace } from './adjust.ts';
import { assess } from './assess.ts';
import { ambiguous, change, failed, ids } from './change.ts';
import { type Attempt, doubtsOf, unfinishedReplace } from './custody.ts';
import { deliverWaiting } from './deliver.ts';
import type { Change, Observed } from './model.ts';
import { sameId, verdictOf } from './ours.ts';
import type { Situation } from './situation.ts';

/** The one thing to do about one token: contract §1.2, and what an earlier run has left unfinished. */
export function decide(situation: Situation): Change {
  switch (situation.desired.state) {
    case 'present':
      return decidePresent(situation);
    case 'update':
      return decideUpdate(situation);
    case 'absent':
      return decideAbsent(situation);
  }
}

/** The token that an entry is about, were it carried out now: for telling whether two entries share it. */
export function targetsOf({ desired, live }: Pick<Situation, 'desired' | 'live'>): readonly Observed[] {
  if (desired.state === 'present') return desired.name === undefined ? [] : live.named(desired.name);
  const referred = desired.ref === undefined ? [] : live.referred(desired.ref);
  if (referred.length > 0 || desired.state === 'absent' || desired.name === undefined) return referred;
  return live.named(desired.name);
}

function decidePresent(situation: Situation): Change {
  const waiting = situation.remake ? undefined : deliverWaiting(situation, situation.desired.name);
  if (waiting) return waiting;
  const tokens = meant(targetsOf(situation), situation);
  if (tokens.length > 1) return ambiguous(situation.desired, tokens);
  const [token] = tokens;
  return token ? settle(situation, token) : create(situation, begun(situation, situation.desired.name));
}

function decideUpdate(situation: Situation): Change {
  const { desired, live } = situation;
  const waiting = situation.remake
    ? undefined
    : (deliverWaiting(situation, desired.name) ?? deliverWaiting(situation, desired.ref));
  if (waiting) return waiting;
  const tokens = meant(targetsOf(situation), situation);
  if (tokens.length > 1) return ambiguous(desired, tokens);
  const [token] = tokens;
  if (!token) {
    const replacing = begun(situation, desired.name) ?? begun(situation, desired.ref);
    if (replacing) return create(situation, replacing);
    const sought = [desired.ref, desired.name].filter((name) => name !== undefined).join(' nor ');
    return change(desired, {
      action: 'noop',
      reason: 'no such token',
      warnings: [
        `there is no token ${sought} to update in ${desired.scope}; state: update never creates one`,
      ],
    });
  }
  if (desired.name === undefined || desired.name === token.name) return settle(situation, token);
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

function decideAbsent(situation: Situation): Change {
  const { desired } = situation;
  const tokens = targetsOf(situation);
  if (tokens.length > 1) return ambiguous(desired, tokens);
  const [token] = tokens;
  if (!token) return change(desired, { action: 'noop', reason: 'there is no such token' });
  return change(desired, {
    action: 'delete',
    id: token.id,
    reason: 'declared absent',
    custody: assess(token, situation).custody,
  });
}

/** A live token that is there to be adjusted, unless its secret tells otherwise. */
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
  return kept.length > 0 ? kept : tokens.slice(0, 1);
}

function begun({ record, desired }: Situation, name: string | undefined): Attempt | undefined {
  return name === undefined ? undefined : unfinishedReplace(record(name), desired.address);
}
