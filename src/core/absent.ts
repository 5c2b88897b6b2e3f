import { assess } from './assess.ts';
import { ambiguous, change } from './change.ts';
import { doubtsOf, type TokenRecord } from './custody.ts';
import type { Change, Observed, RetiredToken } from './model.ts';
import { sameId, verdictOf } from './ours.ts';
import type { Situation } from './situation.ts';
import { isNamesake, keepReason } from './superseded.ts';
import { targetsOf } from './targets.ts';

/** A token that has to be gone: the one that is meant is deleted, and see `alsoAbsent`. */
export function decideAbsent(situation: Situation): Change {
  const { desired } = situation;
  const found = findGoners(situation);
  if ('several' in found) return ambiguous(desired, found.several);
  const { token } = found;
  if (!token) return change(desired, { action: 'noop', reason: 'there is no such token' });
  return change(desired, {
    action: 'delete',
    id: token.id,
    reason:
      desired.prunedBy === undefined
        ? 'declared absent'
        : `no manifest declares it, and prune covers ${desired.prunedBy}`,
    custody: assess(token, situation).custody,
  });
}

/**
 * What else goes with a token that has to be gone: the other generation of a replace that was interrupted, what a
 * rename has left over, and tokens of its name that have expired.
 */
export function alsoAbsent(situation: Situation): readonly Change[] {
  const { desired } = situation;
  // Prune means one token, and nothing that goes with it.
  if (desired.state !== 'absent' || desired.prunedBy !== undefined) return [];
  const found = findGoners(situation);
  if ('several' in found) return [];
  return found.others.map((token) =>
    change(desired, {
      address: `${desired.address} (${token.id})`,
      action: 'delete',
      id: token.id,
      reason: token.expired
        ? 'declared absent; it has expired'
        : 'declared absent; a replace has left it over',
      custody: 'unknown',
      cause: 'manifest',
    }),
  );
}

type Goners =
  | { readonly several: readonly Observed[] }
  | { readonly token: Observed | undefined; readonly others: readonly Observed[] };

function findGoners(situation: Situation): Goners {
  const { desired, listed } = situation;
  const targets = targetsOf(situation);
  const records = recordsFor(situation, targets);
  // A record alone is not enough to delete a token: the ledger is a file that others may be able to write.
  const owned = listedAs(records.flatMap(ownedIds), situation).filter(
    (token) => isNamesake(token, desired) && records.some((found) => isRecordOf(found, token)),
  );
  const old = records.flatMap(oldTokens).flatMap((known) => {
    const token = listed.withId(known.id);
    return token && keepReason(token, known, desired) === undefined ? [token] : [];
  });
  const known = [...owned, ...old];
  const strangers = targets.filter((token) => !includes(known, token) && !isLeftBehind(token, situation));
  if (strangers.length + Math.min(owned.length, 1) > 1) return { several: targets };
  const token = owned[0] ?? strangers[0] ?? old[0] ?? targets[0];
  const expired = desired.id === undefined ? expiredBeside(targets, situation) : [];
  const others = new Map([...known, ...expired].map((other) => [other.id, other]));
  if (token) others.delete(token.id);
  return { token, others: [...others.values()] };
}

/** The records of the tokens that are meant; where an ID is given, only if they know that very token. */
function recordsFor({ desired, record }: Situation, targets: readonly Observed[]): readonly TokenRecord[] {
  const { id, name, ref } = desired;
  const names = [name, ref, ...targets.map((token) => token.name)];
  const records = [...new Set(names.filter((known) => known !== undefined))].map(record);
  if (id === undefined) return records;
  const meant = [id, ...targets.map((token) => token.id)];
  return records.filter((found) =>
    [...ownedIds(found), ...oldTokens(found).map((old) => old.id)].some((known) =>
      meant.some((other) => sameId(other, known)),
    ),
  );
}

function ownedIds({ entry, waiting }: TokenRecord): readonly string[] {
  return [entry?.id, waiting?.id].filter((id) => typeof id === 'string');
}

/** Tells whether a record is of a token: of its ID, and of one that was created at that time. */
function isRecordOf({ entry, waiting }: TokenRecord, { id, origin }: Observed): boolean {
  if (entry?.id && sameId(entry.id, id) && entry.created === origin.created) return true;
  return waiting !== undefined && sameId(waiting.id, id);
}

function oldTokens({ entry, waiting }: TokenRecord): readonly RetiredToken[] {
  const old = waiting?.attempt.order === 'create_first' ? waiting.attempt.old : null;
  return [...(entry?.retire ?? []), ...(old ? [old] : [])];
}

function listedAs(ids: readonly string[], { listed, live }: Situation): readonly Observed[] {
  const found = ids.map((id) => live.withId(id) ?? listed.withId(id)).filter((token) => token !== undefined);
  return [...new Map(found.map((token) => [token.id, token])).values()];
}

/** What an attempt of ours has left behind is cleaned up as such. */
function isLeftBehind(token: Observed, { record, rules, standard }: Situation): boolean {
  return verdictOf(token, doubtsOf(record(token.name)), rules, standard) === 'ours';
}

function expiredBeside(targets: readonly Observed[], { live }: Situation): readonly Observed[] {
  return targets.flatMap(({ name }) => live.named(name)).filter(({ expired }) => expired);
}

function includes(tokens: readonly Observed[], { id }: Observed): boolean {
  return tokens.some((token) => sameId(token.id, id));
}
