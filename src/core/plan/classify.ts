import { type CreateAttempt, interruptedReplace, isBeingReplaced } from '../model/custody-record.ts';
import type { Problem } from '../model/errors.ts';
import type { FieldChange } from '../model/plan.ts';
import type { Observed } from '../model/token.ts';
import { findCandidates, findSuccessor, preferUnexpired } from './candidates.ts';
import { assessCustody } from './custody.ts';
import { classifyAbsent } from './delete.ts';
import { mayBeLive } from './deliver.ts';
import { diffAgainstLive } from './diff.ts';
import type { AbsentFacts, AmbiguousFacts, LiveFacts, PendingFacts } from './facts.ts';
import type { DecisionInput } from './input.ts';
import { type LateExpiry, recordedLateExpiry, uncorrectedWarning } from './late-expiry.ts';
import { ownershipByRecord } from './ownership.ts';
import { classifyFamily } from './rotation/classify.ts';
import type { RotationFacts } from './rotation/facts.ts';

/** The facts of one entry, gathered once. `decide` chooses the change by their status. */
export type EntryFacts = {
  readonly input: DecisionInput;
  /** The token that has replaced the one that the manifest still names by its ID. */
  readonly successor?: Observed | undefined;
} & (
  | { readonly status: 'family'; readonly family: RotationFacts }
  /** The manifest names a token by its ID that the service created for itself. */
  | { readonly status: 'service_managed'; readonly token: Observed }
  | AmbiguousFacts
  | AbsentFacts
  /** An earlier run has created a token, and its secret is in the spool. */
  | ({ readonly status: 'pending' } & PendingFacts)
  /** No live token; `interrupted` is a replace of an earlier run that has deleted the old token. */
  | { readonly status: 'missing'; readonly interrupted: CreateAttempt | undefined }
  /** The token can't be renamed, as other tokens have the new name. */
  | { readonly status: 'name_taken'; readonly token: Observed; readonly holders: readonly Observed[] }
  /** The live token must not be changed. */
  | { readonly status: 'blocked'; readonly token: Observed; readonly problem: Problem }
  /**
   * A live token: to be replaced with `--replace`, about to be deleted by an earlier run that replaces it, without a delivered
   * secret, expired, or usable as it is.
   */
  | ({ readonly status: 'forced' | 'being_replaced' | 'undelivered' | 'expired' | 'current' } & LiveFacts)
);

/** Gathers the facts of one entry: its tokens, their ownership and custody, the differences, and unfinished work. */
export function classify(input: DecisionInput): EntryFacts {
  const { desired, live, listed, recordFor, forceReplace } = input;
  if (desired.rotation) return { status: 'family', input, family: classifyFamily(input, desired.rotation) };
  const { state, id, name, existing } = desired;
  const named = id === undefined ? undefined : listed.byId(id);
  if (named?.generated) return { status: 'service_managed', input, token: named };
  const successor = id === undefined ? undefined : findSuccessor(input);
  if (state === 'absent') return { ...classifyAbsent(input), successor };

  const declared = state === 'update' ? [name, existing] : [name];
  const names = [...declared, id === undefined ? undefined : live.byId(id)?.name];
  const records = names.filter((known) => known !== undefined).map(recordFor);
  const pending = forceReplace
    ? undefined
    : records.map(({ pendingSecret }) => pendingSecret).find((secret) => secret && mayBeLive(secret, input));
  if (pending) return { status: 'pending', input, pending, token: live.byId(pending.id), successor };

  const found = findCandidates(input);
  const tokens = found.length > 1 ? withoutOrphans(found, input) : found;
  if (tokens.length > 1) return { status: 'ambiguous', input, tokens };
  const [token] = tokens;
  if (!token) {
    const interrupted = declared
      .map((known) => known !== undefined && interruptedReplace(recordFor(known), desired.address))
      .find((attempt) => attempt);
    return { status: 'missing', input, interrupted: interrupted || undefined };
  }
  const isRenamed = state === 'update' && name !== undefined && name !== token.name;
  const holders = isRenamed && input.uniqueNames ? holdersOf(name, input) : [];
  if (holders.length > 0) return { status: 'name_taken', input, token, holders, successor };
  const custody = assessCustody(token, input);
  if (custody.problem && !forceReplace) {
    return { status: 'blocked', input, token, problem: custody.problem, successor };
  }
  const late = token.granted && recordedLateExpiry(token, input);
  const differences = late
    ? differencesOfLate(late, token, input)
    : diffAgainstLive(desired, token, input.rules);
  const isUndelivered = custody.custody === 'undelivered';
  const isReplaced = isBeingReplaced(recordFor(token.name), {
    address: desired.address,
    id: token.id,
    at: input.listedAt,
    grace: input.evidence.grace,
  });
  const usual = isUndelivered
    ? 'undelivered'
    : isReplaced
      ? 'being_replaced'
      : token.expired
        ? 'expired'
        : 'current';
  return { status: forceReplace ? 'forced' : usual, input, token, custody, differences, successor };
}

/**
 * Returns the wanted fields that differ from those of a token that ends too late. Its expiry differs, although it is on record,
 * if the signed-in credential can correct it.
 */
function differencesOfLate(late: LateExpiry, token: Observed, input: DecisionInput): readonly FieldChange[] {
  const { [late.field]: _, ...granted } = token.granted ?? {};
  const all = diffAgainstLive(input.desired, { ...token, granted }, input.rules);
  return uncorrectedWarning(late, token, input) ? all.filter(({ field }) => field !== late.field) : all;
}

/** Removes orphans from several tokens of one name. The next create or the end of the run deletes them. */
function withoutOrphans(tokens: readonly Observed[], input: DecisionInput): readonly Observed[] {
  const kept = tokens.filter((token) => {
    const record = input.recordFor(token.name);
    return ownershipByRecord(token, record, input, [record.entry?.id]) !== 'ours';
  });
  return kept.length > 0 ? preferUnexpired(kept) : tokens.slice(0, 1);
}

/** Returns the tokens that have a name. An undelivered one doesn't count: it is deleted when the new one is created. */
function holdersOf(name: string, input: DecisionInput): readonly Observed[] {
  return input.live.byName(name).filter((token) => assessCustody(token, input).custody !== 'undelivered');
}
