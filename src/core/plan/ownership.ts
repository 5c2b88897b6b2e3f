import type { CreateAttempt } from '../model/custody-record.ts';
import { canonicalizeFields, defaultFields, type FieldRules, filterFields } from '../model/field-rules.ts';
import { bears, folded, isEvidence } from '../model/granted-values.ts';
import type { Observed } from '../model/model.ts';
import { diffFields } from './diff.ts';

/** Whether a token comes from an attempt of ours: surely, surely not, or it can't be told. */
export type Ownership = 'ours' | 'foreign' | 'unsure';

/** How much it takes to believe that a token is ours. */
export interface EvidencePolicy {
  /** How late a lost request may still take effect, in seconds. */
  readonly grace: number;
  /** Only proof counts, no evidence. */
  readonly proofOnly: boolean;
  /** Who the service says has made tokens that are known to be ours; empty where that is not known. */
  readonly knownCreators: ReadonlySet<string>;
}

/**
 * Whether a token of the same name comes from an attempt. Proof is its nonce, where the service shows the user
 * agent, or the ID that we chose. Evidence has to be complete: made between the listing and the grace, by the
 * same user, with the properties that were sent, never changed and never used.
 */
export function ownershipByAttempt(
  token: Observed,
  attempt: CreateAttempt,
  rules: FieldRules,
  standard: EvidencePolicy,
): Ownership {
  if (token.generated || !bears(token, attempt.name)) return 'foreign';
  const { created, createdBy, userAgent, modified, lastUsed } = token.origin;
  const isInTime =
    created !== null && created >= attempt.listedAt && created <= attempt.deadline + standard.grace;
  if (attempt.id !== null) {
    // The ID alone is no proof: attempts are on record in files that others may be able to write.
    const isNamed = folded(token.name) === folded(attempt.name);
    return sameId(token.id, attempt.id) && isNamed && isInTime ? 'ours' : 'foreign';
  }
  const nonce = userAgent ? userAgentMarker.exec(userAgent)?.[1] : undefined;
  if (nonce !== undefined) return nonce === attempt.nonce ? 'ours' : 'foreign';
  // Somebody else's program; or ours, through a proxy that has rewritten its name.
  if (userAgent) return isInTime && matchesRequest(token, attempt, rules) ? 'unsure' : 'foreign';
  const sameUser =
    createdBy === null || standard.knownCreators.size === 0 || standard.knownCreators.has(createdBy);
  const fits = isInTime && sameUser && matchesRequest(token, attempt, rules) && !modified && !lastUsed;
  const isEvident = fits && !token.partial && !standard.proofOnly;
  if (token.name === attempt.name) return isEvident ? 'ours' : 'unsure';
  // A service may have changed the name. If it may have cut it, that is too little evidence to delete a token.
  if (!fits) return 'foreign';
  return isEvident && folded(token.name) === folded(attempt.name) ? 'ours' : 'unsure';
}

/** How an attempt, of ours or of another run, shows in a user agent: with its nonce. */
const userAgentMarker = /\breconcile\/\S+ \((\S+)\)/;

/** What all attempts say of a token that stood in none of their listings. */
export function ownershipOf(
  token: Observed,
  attempts: readonly CreateAttempt[],
  rules: FieldRules,
  standard: EvidencePolicy,
): Ownership {
  const verdicts = attempts
    .filter(({ seen }) => !seen.some((id) => sameId(id, token.id)))
    .map((attempt) => ownershipByAttempt(token, attempt, rules, standard));
  if (verdicts.includes('ours')) return 'ours';
  return verdicts.includes('unsure') ? 'unsure' : 'foreign';
}

/** Whether two IDs are the same; services don't care about the case of a UUID. */
export function sameId(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}

/**
 * Whether a token is as it was asked for, but for a name or a time of day that the service may have changed; what wasn't
 * asked for has to be what the service gives. Fields that it doesn't show say nothing.
 */
function matchesRequest(token: Observed, attempt: CreateAttempt, rules: FieldRules): boolean {
  const sent = filterFields(attempt.fields, rules, ({ patchAfterCreate }) => !patchAfterCreate);
  const wanted = canonicalizeFields(rules, { ...defaultFields(rules), ...sent });
  const isUnseen = (field: string): boolean =>
    !(field in token.fields) || token.assumed?.includes(field) === true;
  return diffFields(wanted, token.fields).every(
    ({ field, before, after }) => isUnseen(field) || isEvidence(rules[field], after, before),
  );
}
