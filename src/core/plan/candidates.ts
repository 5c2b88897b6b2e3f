import type { LedgerEntry } from '../model/custody-record.ts';
import { bears } from '../model/granted-values.ts';
import type { Observed } from '../model/token.ts';
import { sameId } from '../model/token-id.ts';
import type { DecisionInput } from './input.ts';

/** The input for finding the token of an entry. */
export type MatchInput = Pick<DecisionInput, 'desired' | 'live' | 'listed' | 'recordFor'>;

/** Returns the tokens of an entry, to find out whether two entries share one. */
export function resolveCandidates(input: MatchInput): readonly Observed[] {
  const { desired, live } = input;
  if (desired.rotation) return live.generationsOf(desired.rotation.base);
  const candidates = findCandidates(input);
  return candidates.length > 1 ? preferUnexpired(candidates) : candidates;
}

/** Returns the tokens that match an entry, including expired ones. */
export function findCandidates(input: MatchInput): readonly Observed[] {
  const { desired, live } = input;
  if (desired.rotation) return live.generationsOf(desired.rotation.base);
  if (desired.id !== undefined) {
    const token = live.byId(desired.id) ?? findSuccessor(input);
    return token ? [token] : [];
  }
  if (desired.state === 'present') return desired.name === undefined ? [] : live.byName(desired.name);
  const referred = desired.existing === undefined ? [] : live.byNameOrId(desired.existing);
  if (referred.length > 0 || desired.name === undefined || (desired.state === 'absent' && desired.existing))
    return referred;
  return live.byName(desired.name);
}

/** Returns the unexpired ones of several tokens, or all if all have expired. */
export function preferUnexpired(tokens: readonly Observed[]): readonly Observed[] {
  const current = tokens.filter(({ expired }) => !expired);
  return current.length > 0 ? current : tokens;
}

/** Returns the successor of a token that reconcile has replaced and that the manifest still names by its ID. */
export function findSuccessor({ desired, live, listed, recordFor }: MatchInput): Observed | undefined {
  const { id, name } = desired;
  if (id === undefined || name === undefined || live.byId(id)) return undefined;
  // Searches the record of the name that the old token still has, or else that of the address.
  const former = listed.byId(id)?.name;
  const entries = [former, name].flatMap((known) =>
    known === undefined ? [] : (recordFor(known).entry ?? []),
  );
  const superseding = (known: string): LedgerEntry | undefined =>
    entries.find((entry) => entry.superseded.some((old) => sameId(old.id, known)));
  // The record of the former name may hold the old token itself, under this address.
  const next = superseding(id) ?? entries.find((entry) => entry.address === desired.address);
  // The successor may itself have been replaced since.
  const successor = (next?.id && superseding(next.id)) || next;
  const token = successor?.id ? live.byId(successor.id) : undefined;
  // A record alone is not enough: the ledger is a file that others may be able to write.
  return token && successor?.created === token.origin.created && bears(token, successor.name)
    ? token
    : undefined;
}
