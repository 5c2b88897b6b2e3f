import type { CustodyRecord } from '../model/custody-record.ts';
import type { RetiredToken } from '../model/plan.ts';
import type { Observed } from '../model/token.ts';
import { sameId } from '../model/token-id.ts';
import { resolveCandidates } from './candidates.ts';
import { makeChange } from './change.ts';
import { assessCustody } from './custody.ts';
import type { Decision } from './entry-plan.ts';
import type { AbsentFacts, AmbiguousFacts } from './facts.ts';
import type { DecisionInput } from './input.ts';
import { ownershipByRecord } from './ownership.ts';
import { isNamesake, keepReason } from './superseded.ts';

/**
 * Plans `state: absent`: deletes the entry's token, and the tokens related to it. These are the other generation of an
 * interrupted replace, tokens left over from a rename, and expired tokens of its name.
 */
export function planDelete({ input: { desired }, token, custody, others }: AbsentFacts): Decision {
  if (!token) return { change: makeChange(desired, { action: 'noop', reason: 'already absent' }) };
  const change = makeChange(desired, {
    action: 'delete',
    id: token.id,
    reason:
      desired.prunedBy === undefined
        ? 'declared absent'
        : `not declared in any manifest; matches the prune rule ${desired.prunedBy}`,
    custody,
  });
  const related = others.map(({ id, expired }) =>
    makeChange(desired, {
      address: `${desired.address} (${id})`,
      action: 'delete',
      id,
      reason: expired ? 'declared absent; expired' : 'declared absent; left over from an earlier replace',
      custody: 'unknown',
      cause: 'manifest',
    }),
  );
  return { change, related };
}

/** Gathers the facts of an entry that is declared absent. */
export function classifyAbsent(input: DecisionInput): AbsentFacts | AmbiguousFacts {
  const { desired, listed } = input;
  const targets = resolveCandidates(input);
  const records = recordsFor(input, targets);
  // A record alone is not enough to delete a token: the ledger is a file that others may be able to write.
  const owned = listedAs(records.flatMap(ownedIds), input).filter(
    (one) => isNamesake(one, desired) && records.some((found) => isRecordOf(found, one)),
  );
  const old = records.flatMap(oldTokens).flatMap((retired) => {
    const live = listed.byId(retired.id);
    return live && keepReason(live, retired, desired) === undefined ? [live] : [];
  });
  const known = [...owned, ...old];
  const strangers = targets.filter((one) => !includes(known, one) && !isOrphan(one, input));
  if (strangers.length + Math.min(owned.length, 1) > 1) {
    return { status: 'ambiguous', input, tokens: targets };
  }
  const token = owned[0] ?? strangers[0] ?? old[0] ?? targets[0];
  if (!token) return { status: 'absent', input, token, custody: 'unknown', others: [] };
  const { custody } = assessCustody(token, input);
  // Prune selects one token, and no related ones.
  if (desired.prunedBy !== undefined) return { status: 'absent', input, token, custody, others: [] };
  const expired = desired.id === undefined ? expiredBeside(targets, input) : [];
  const others = new Map([...known, ...expired].map((other) => [other.id, other]));
  others.delete(token.id);
  return { status: 'absent', input, token, custody, others: [...others.values()] };
}

/** Returns the records of the matching tokens. If an ID is given, only those that know that very token. */
function recordsFor(
  { desired, recordFor }: DecisionInput,
  targets: readonly Observed[],
): readonly CustodyRecord[] {
  const { id, name, existing } = desired;
  const names = [name, existing, ...targets.map((token) => token.name)];
  const records = [...new Set(names.filter((known) => known !== undefined))].map(recordFor);
  if (id === undefined) return records;
  const wanted = [id, ...targets.map((token) => token.id)];
  return records.filter((found) =>
    [...ownedIds(found), ...oldTokens(found).map((old) => old.id)].some((known) =>
      wanted.some((other) => sameId(other, known)),
    ),
  );
}

function ownedIds({ entry, pendingSecret }: CustodyRecord): readonly string[] {
  return [entry?.id, pendingSecret?.id].filter((id) => typeof id === 'string');
}

/** Tells whether a record belongs to a token: it has its ID, and its creation time. */
function isRecordOf({ entry, pendingSecret }: CustodyRecord, { id, origin }: Observed): boolean {
  if (entry?.id && sameId(entry.id, id) && entry.created === origin.created) return true;
  return pendingSecret !== undefined && sameId(pendingSecret.id, id);
}

function oldTokens({ entry, pendingSecret }: CustodyRecord): readonly RetiredToken[] {
  const old = pendingSecret?.attempt.replaceOrder === 'create_first' ? pendingSecret.attempt.replaces : null;
  return [...(entry?.superseded ?? []), ...(old ? [old] : [])];
}

function listedAs(ids: readonly string[], { listed, live }: DecisionInput): readonly Observed[] {
  const found = ids.map((id) => live.byId(id) ?? listed.byId(id)).filter((token) => token !== undefined);
  return [...new Map(found.map((token) => [token.id, token])).values()];
}

/** Tells whether a token is an orphan of an unresolved attempt. Orphans are deleted separately. */
function isOrphan(token: Observed, input: DecisionInput): boolean {
  return ownershipByRecord(token, input.recordFor(token.name), input) === 'ours';
}

function expiredBeside(targets: readonly Observed[], { live }: DecisionInput): readonly Observed[] {
  return targets.flatMap(({ name }) => live.byName(name)).filter(({ expired }) => expired);
}

function includes(tokens: readonly Observed[], { id }: Observed): boolean {
  return tokens.some((token) => sameId(token.id, id));
}
