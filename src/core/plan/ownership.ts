import {
  type CreateAttempt,
  type CustodyRecord,
  secretsInSinks,
  unresolvedAttempts,
} from '../model/custody-record.ts';
import {
  canonicalizeFields,
  defaultFields,
  defaultFieldsOf,
  type FieldRules,
  filterFields,
  fitFields,
} from '../model/field-rules.ts';
import { bears, folded, isEvidence, isOneDayOff } from '../model/granted-values.ts';
import type { Observed } from '../model/token.ts';
import { sameId } from '../model/token-id.ts';
import type { TokenIndex } from '../model/token-index.ts';
import { diffFields } from './diff.ts';

/** The ownership of a token by recorded attempts: created by one of them, not created by them, or unknown. */
export type Ownership = 'ours' | 'foreign' | 'unknown';

/** The amount of evidence that is needed to treat a token as ours. */
export interface EvidencePolicy {
  /** The time within which a lost request may still take effect, in seconds. */
  readonly grace: number;
  /** True if only proof counts, not evidence. */
  readonly proofOnly: boolean;
  /** The creators, as the service names them, of tokens that are known to be ours; empty if unknown. */
  readonly knownCreators: ReadonlySet<string>;
}

/**
 * Returns the ownership of a token of the same name by one attempt. Proof is its nonce, if the service shows the mark
 * of the request, or the ID that we chose. Evidence has to be complete: created between the listing and the grace, by the same user,
 * with the properties that were sent, never changed and never used.
 */
function ownershipByAttempt(
  token: Observed,
  attempt: CreateAttempt,
  rules: FieldRules,
  evidence: EvidencePolicy,
  listed: readonly Observed[],
): Ownership {
  if (token.generated || !bears(token, attempt.name)) return 'foreign';
  if (token.origin.hasNoHistory) return ownershipByListing(token, attempt, rules, evidence, listed);
  const { created, createdBy, requestMark, modified, lastUsed } = token.origin;
  const isInTime =
    created !== null && created >= attempt.listedAt && created <= attempt.deadline + evidence.grace;
  if (attempt.id !== null) {
    // The ID alone is not proof: attempts are recorded in files that others may be able to write.
    const isNamed = folded(token.name) === folded(attempt.name);
    return sameId(token.id, attempt.id) && isNamed && isInTime ? 'ours' : 'foreign';
  }
  const nonce = nonceOf(token);
  if (nonce !== undefined) return nonce === attempt.nonce ? 'ours' : 'foreign';
  // Another program created it; or ours did, and a proxy or the service has rewritten or dropped the mark.
  if (requestMark || token.origin.showsMarks) {
    const isPossible = isInTime && matchesRequest(token, attempt, rules);
    return isPossible && !isProven(attempt, listed) ? 'unknown' : 'foreign';
  }
  const fits =
    isInTime &&
    isBySameUser(createdBy, attempt, evidence) &&
    matchesRequest(token, attempt, rules) &&
    !modified &&
    !lastUsed;
  const isOnly = token.origin.showsMarks !== false || !hasRival(token, attempt, rules, listed);
  const isEvident = fits && isOnly && !token.partial && !evidence.proofOnly;
  if (token.name === attempt.name) return isEvident ? 'ours' : 'unknown';
  // A service may have changed the name. If it may have cut the name, that is too little evidence to delete a token.
  if (!fits) return 'foreign';
  return isEvident && folded(token.name) === folded(attempt.name) ? 'ours' : 'unknown';
}

/**
 * Returns the ownership of a token whose past the service doesn't tell. It is evidence that the listing before an open attempt
 * lacked it, and that it has exactly the name and the properties that were sent. It isn't if another token fits as well.
 *
 * @param listed the tokens that are not accounted for otherwise
 */
function ownershipByListing(
  token: Observed,
  attempt: CreateAttempt,
  rules: FieldRules,
  { proofOnly }: EvidencePolicy,
  listed: readonly Observed[],
): Ownership {
  if (token.name !== attempt.name) return 'foreign';
  const fits = matchesRequest(token, attempt, rules);
  // A settled attempt creates nothing any more. Under `--strict-outcome` it may have created what was found then.
  const isSettled = 'resolvedAt' in attempt && attempt.resolvedAt !== null;
  if (isSettled) return proofOnly && fits ? 'unknown' : 'foreign';
  if (proofOnly || !fits) return 'unknown';
  return hasRival(token, attempt, rules, listed) ? 'unknown' : 'ours';
}

/** Tells whether another token may come from an attempt just as well: it is new, with the name and the properties that were sent. */
function hasRival(
  token: Observed,
  attempt: CreateAttempt,
  rules: FieldRules,
  listed: readonly Observed[],
): boolean {
  return listed.some(
    (other) =>
      !other.generated &&
      other.name === attempt.name &&
      !sameId(other.id, token.id) &&
      !attempt.knownIds.some((known) => sameId(known, other.id)) &&
      matchesRequest(other, attempt, rules),
  );
}

/** Tells whether a token is listed that an attempt has provably created. It has created no other. */
function isProven({ nonce }: CreateAttempt, listed: readonly Observed[]): boolean {
  return listed.some((token) => nonceOf(token) === nonce);
}

/** Returns the nonce of the attempt that a token shows; `undefined` if it shows none. */
function nonceOf({ origin: { requestMark } }: Observed): string | undefined {
  return requestMark ? markPattern.exec(requestMark)?.[1] : undefined;
}

/** Tells whether reconcile has certainly not created a token: the service would show the mark of the request. */
export function isByOtherProgram(token: Observed): boolean {
  return token.origin.showsMarks === true && nonceOf(token) === undefined;
}

/** Tells whether the ownership of a token depends on the others of its name. */
export function dependsOnOthers({ origin }: Observed): boolean {
  return origin.hasNoHistory === true || origin.showsMarks !== undefined;
}

/** Tells whether the creator of a token is that of an attempt: recorded with it, else a known one. True if unknown. */
function isBySameUser(
  createdBy: string | null,
  attempt: CreateAttempt,
  { knownCreators }: EvidencePolicy,
): boolean {
  if (createdBy === null) return true;
  if (attempt.createdBy !== undefined) return attempt.createdBy === createdBy;
  return knownCreators.size === 0 || knownCreators.has(createdBy);
}

/** Pattern of the mark of an attempt of any run, with its nonce. A version has no slash, so that the time is linear. */
const markPattern = /\breconcile\/[^\s/]+ \((\S+)\)/;

/**
 * Returns the ownership of a token by all attempts whose listings it was not in.
 *
 * @param listed the live tokens of its scope that are not accounted for otherwise
 */
export function ownershipOf(
  token: Observed,
  attempts: readonly CreateAttempt[],
  rules: FieldRules,
  evidence: EvidencePolicy,
  listed: readonly Observed[] = [],
): Ownership {
  const ownerships = attempts
    .filter(({ knownIds }) => !knownIds.some((id) => sameId(id, token.id)))
    .map((attempt) => ownershipByAttempt(token, attempt, rules, evidence, listed));
  if (ownerships.includes('ours')) return 'ours';
  return ownerships.includes('unknown') ? 'unknown' : 'foreign';
}

/**
 * Returns the ownership of a token by the unresolved attempts of a record.
 *
 * @param known the IDs of tokens that are accounted for otherwise. They are not ours in this sense.
 */
export function ownershipByRecord(
  token: Observed,
  record: Pick<CustodyRecord, 'entry' | 'openAttempts' | 'pendingSecret'>,
  {
    rules,
    evidence,
    listed,
  }: {
    readonly rules: FieldRules;
    readonly evidence: EvidencePolicy;
    readonly listed?: TokenIndex;
  },
  known: readonly (string | null | undefined)[] = [],
): Ownership {
  if (known.some((id) => id && sameId(id, token.id))) return 'foreign';
  const attempts = unresolvedAttempts(record);
  if (!dependsOnOthers(token) || attempts.length === 0) {
    return ownershipOf(token, attempts, rules, evidence);
  }
  const { entry, pendingSecret } = record;
  const accounted = [
    ...known,
    entry?.id,
    pendingSecret?.id,
    ...(entry?.superseded ?? []).map(({ id }) => id),
  ];
  const others = (listed?.byName(token.name) ?? []).filter(
    ({ id }) => !accounted.some((one) => one && sameId(one, id)),
  );
  return ownershipOf(token, attempts, rules, evidence, others);
}

/**
 * Returns the ownership of a token by the unresolved attempts of a record. A token with a recorded secret is not ours in this
 * sense: it is in the ledger, in the spool or in a sink.
 */
export function ownershipOfUnrecorded(
  token: Observed,
  record: CustodyRecord,
  evidence: Parameters<typeof ownershipByRecord>[2],
): Ownership {
  const { entry, pendingSecret } = record;
  const known = [
    entry?.id,
    pendingSecret?.id,
    ...(entry?.superseded ?? []).map(({ id }) => id),
    ...secretsInSinks(record).map(({ id }) => id),
  ];
  return ownershipByRecord(token, record, evidence, known);
}

/**
 * Tells whether a token is as requested, except for a name or a time of day that the service may have changed. Fields that
 * were not requested have to have the service's default. Fields that it doesn't show are ignored.
 */
function matchesRequest(token: Observed, attempt: CreateAttempt, rules: FieldRules): boolean {
  const sent = filterFields(attempt.fields, rules, ({ patchAfterCreate }) => !patchAfterCreate);
  const wanted = canonicalizeFields(rules, {
    ...defaultFields(rules),
    ...defaultFieldsOf(rules, token.id),
    ...sent,
  });
  const isUnseen = (field: string): boolean =>
    !(field in token.fields) || token.assumed?.includes(field) === true;
  const kept = fitFields(rules, wanted, token.origin.created, token.fields);
  return diffFields(kept, token.fields).every(
    ({ field, before, after }) =>
      isUnseen(field) ||
      isEvidence(rules[field], wanted[field] ?? after, before) ||
      isOneDayOff(rules[field], after, before),
  );
}
