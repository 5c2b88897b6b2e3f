import type { WantedState } from '../model/desired.ts';
import type { SourceLocation } from '../model/errors.ts';
import { expirySeconds, type FieldRules } from '../model/field-rules.ts';
import type { Custody, Kind, Observed } from '../model/token.ts';
import type { TokenKind } from '../model/token-kind.ts';
import { formatInstant } from '../util/instant.ts';
import { compareCodeUnits } from '../util/json.ts';

/** The severity of a finding. */
export type Severity = 'low' | 'medium' | 'high';

/** The severities, the lowest first. */
export const severities: readonly Severity[] = ['low', 'medium', 'high'];

/** The problems that an audit looks for. */
export type AuditRule =
  | 'expired'
  | 'expiring'
  | 'same_end'
  | 'no_expiry'
  | 'over_broad'
  | 'unused'
  | 'disabled'
  | 'undeclared'
  | 'custody'
  | 'rotation_overdue';

/** A problem with a live token that needs attention. */
export interface AuditFinding {
  readonly rule: AuditRule;
  readonly severity: Severity;
  readonly address: string;
  readonly kind: Kind;
  readonly id: string;
  readonly name: string;
  readonly message: string;
  /** The advice for fixing it. */
  readonly advice: string;
  /** The place in the manifest that declares the token; `null` if the token is undeclared. */
  readonly source: SourceLocation | null;
}

/** The declaration of a live token in the manifests. */
export interface DeclaredToken {
  /** The address of the entry, as the command line accepts it. */
  readonly address: string;
  readonly state: WantedState;
  readonly source: SourceLocation;
  /** The state of its secret, if the manifest sets `secret`. */
  readonly custody?: Custody;
  /**
   * Present if the token belongs to a family that rotates. For the newest generation: the time when the successor is due,
   * in seconds since 1970, and whether the token ends before it reaches the age at which the manifest rotates.
   */
  readonly generation?: { readonly due?: number; readonly isShort?: boolean };
}

/** A live token with its declaration, as input of an audit. */
export interface AuditedToken {
  readonly address: string;
  readonly kind: Kind;
  readonly token: Observed;
  readonly rules: FieldRules;
  readonly overBroad: TokenKind['overBroad'];
  readonly defaultsEnd?: TokenKind['defaultsEnd'];
  readonly declared?: DeclaredToken;
}

/** The thresholds of an audit. */
export interface AuditThresholds {
  /** The current time, in seconds since 1970. */
  readonly now: number;
  /** Tokens that expire within this number of days are reported. */
  readonly days: number;
  /** Tokens that were unused or disabled for this number of days are reported. */
  readonly unusedDays: number;
}

const day = 86_400;

/** Returns all findings, the most severe first. Each problem of a token is reported once. */
export function auditTokens(
  tokens: readonly AuditedToken[],
  thresholds: AuditThresholds,
): readonly AuditFinding[] {
  const rank = ({ severity }: AuditFinding): number => severities.indexOf(severity);
  const audited = tokens.filter(({ token }) => !token.generated);
  const sameEnds = countSameEnds(audited, thresholds);
  return audited
    .flatMap((one) => findingsOf(one, thresholds, sameEnds))
    .sort(
      (a, b) =>
        rank(b) - rank(a) ||
        compareCodeUnits(a.rule, b.rule) ||
        compareCodeUnits(a.address, b.address) ||
        compareCodeUnits(a.id, b.id),
    );
}

type Found = Pick<AuditFinding, 'rule' | 'severity' | 'message' | 'advice'>;

/** The number of tokens of a kind that end on each day, by `endDayOf`. */
type SameEnds = ReadonlyMap<string, number>;

/** Minimum number of tokens that end on one day for a finding. */
const minSameEnds = 5;

function countSameEnds(tokens: readonly AuditedToken[], thresholds: AuditThresholds): SameEnds {
  const counts = new Map<string, number>();
  for (const audited of tokens) {
    const key = endDayOf(audited, thresholds);
    if (key !== undefined) counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return counts;
}

/** Returns the kind and the day of a token's end; `undefined` if it doesn't matter that others end then as well. */
function endDayOf(audited: AuditedToken, thresholds: AuditThresholds): string | undefined {
  const { kind, declared, defaultsEnd } = audited;
  const end = expirySeconds(audited.rules, audited.token.fields);
  const isHandled = declared?.generation !== undefined || isDeclaredAbsent(audited);
  if (!defaultsEnd || isHandled || end === undefined || endedAt(audited, thresholds)) return undefined;
  return `${kind} ${formatInstant(end).slice(0, 10)}`;
}

/** Reports a token that ends on the same day as many others, so that one day stops many consumers. */
function sameEndFinding(
  audited: AuditedToken,
  thresholds: AuditThresholds,
  sameEnds: SameEnds,
): Found | undefined {
  const key = endDayOf(audited, thresholds);
  const count = (key === undefined ? undefined : sameEnds.get(key)) ?? 0;
  if (key === undefined || count < minSameEnds) return undefined;
  return {
    rule: 'same_end',
    severity: 'low',
    message: `ends on ${key.slice(key.lastIndexOf(' ') + 1)} together with ${count - 1} others of its kind`,
    advice: 'give each its own end, or add rotate',
  };
}

function findingsOf(
  audited: AuditedToken,
  thresholds: AuditThresholds,
  sameEnds: SameEnds,
): readonly AuditFinding[] {
  const { kind, token, declared } = audited;
  const address = declared?.address ?? audited.address;
  const found = [
    isDeclaredAbsent(audited) ? undefined : expiryFinding(audited, thresholds),
    sameEndFinding(audited, thresholds, sameEnds),
    isDeclaredAbsent(audited) ? undefined : usageFinding(audited, thresholds),
    isDeclaredAbsent(audited) || endedAt(audited, thresholds) ? undefined : broadRights(audited),
    declared ? custodyOf(declared) : undeclared,
  ].filter((one) => one !== undefined);
  const source = declared?.source ?? null;
  return found.map((one) => ({ ...one, address, kind, id: token.id, name: token.name, source }));
}

/** Tells whether a token is declared absent. The next apply deletes it, so its other problems don't matter. */
function isDeclaredAbsent({ declared }: AuditedToken): boolean {
  return declared?.state === 'absent';
}

function endedAt(audited: AuditedToken, { now }: AuditThresholds): boolean {
  const end = expirySeconds(audited.rules, audited.token.fields);
  return audited.token.expired === true || (end !== undefined && end <= now);
}

/** Checks a token's expiry, or its next rotation if it belongs to a family, which has a rule of its own. */
function expiryFinding(audited: AuditedToken, thresholds: AuditThresholds): Found | undefined {
  const { declared } = audited;
  const { now, days } = thresholds;
  const end = expirySeconds(audited.rules, audited.token.fields);
  if (declared?.generation) return generationFinding(declared.generation, end, now);
  if (endedAt(audited, thresholds)) {
    return {
      rule: 'expired',
      severity: 'high',
      message: end === undefined ? 'expired' : `expired at ${formatInstant(end)}`,
      advice: declared
        ? 'set a later expiry and run reconcile apply, or declare it absent'
        : 'delete it, or declare its replacement',
    };
  }
  if (end === undefined) {
    return {
      rule: 'no_expiry',
      severity: 'medium',
      message: 'never expires',
      advice: 'set an expiry, or add rotate',
    };
  }
  if (end > now + days * day) return undefined;
  const left = Math.floor((end - now) / day);
  return {
    rule: 'expiring',
    severity: 'medium',
    message: `expires on ${formatInstant(end)}, ${left === 0 ? 'within a day' : `in ${left === 1 ? 'a day' : `${left} days`}`}`,
    advice: 'renew it, or add rotate',
  };
}

function generationFinding(
  { due, isShort = false }: NonNullable<DeclaredToken['generation']>,
  end: number | undefined,
  now: number,
): Found | undefined {
  if (due === undefined) return undefined;
  if (due > now) {
    if (!isShort || end === undefined) return undefined;
    return {
      rule: 'expiring',
      severity: 'low',
      message: `expires on ${formatInstant(end)}, earlier than rotate.every and rotate.overlap require; the successor is due on ${formatInstant(due)}`,
      advice: 'run reconcile apply on a schedule, or reconcile rotate with its address now',
    };
  }
  return {
    rule: 'rotation_overdue',
    severity: 'high',
    message: `the next rotation was due on ${formatInstant(due)}`,
    advice: 'run reconcile apply, and schedule it several times within before_expiry',
  };
}

/** Checks whether a token is used. A disabled token isn't used either, so both are one finding. */
function usageFinding(audited: AuditedToken, thresholds: AuditThresholds): Found | undefined {
  const { token, rules } = audited;
  const { created, lastUsed, changedAt } = token.origin;
  const { now, unusedDays } = thresholds;
  const before = now - unusedDays * day;
  // The old generations of a family are deleted soon anyway.
  const isOld = audited.declared?.generation && audited.declared.generation.due === undefined;
  if (isOld || endedAt(audited, thresholds)) return undefined;
  const isOff = Object.entries(rules).some(
    ([field, { activeValue }]) => activeValue !== undefined && token.fields[field] !== activeValue,
  );
  if (isOff) {
    const known = [created, lastUsed, changedAt].filter((time) => typeof time === 'number');
    if (known.length === 0 || Math.max(...known) > before) return undefined;
    return {
      rule: 'disabled',
      severity: 'low',
      message: `disabled, and neither used nor changed since ${formatInstant(Math.max(...known))}`,
      advice: 'delete it: if it is enabled again, it has all its permissions',
    };
  }
  if (lastUsed === undefined || (lastUsed ?? created ?? 0) > before) return undefined;
  return {
    rule: 'unused',
    severity: 'low',
    message: lastUsed === null ? 'never used' : `last used at ${formatInstant(lastUsed)}`,
    advice: 'delete it if it is not needed',
  };
}

/** Reports rights that are broader than one purpose needs. */
function broadRights({ token, overBroad }: AuditedToken): Found | undefined {
  const found = overBroad(token.fields);
  if (!found) return undefined;
  const { rights, advice } = found;
  return {
    rule: 'over_broad',
    severity: 'high',
    message: `scope too broad: ${[...new Set(rights)].join(', ')}`,
    advice,
  };
}

const undeclared: Found = {
  rule: 'undeclared',
  severity: 'medium',
  message: 'not declared in any manifest',
  advice: 'adopt it with reconcile export, or delete it',
};

function custodyOf({ custody, state, generation }: DeclaredToken): Found | undefined {
  if (state === 'absent' || generation || custody === undefined || custody === 'held') return undefined;
  const messages = {
    missing: 'a sink no longer has its secret',
    undelivered: 'its secret is not delivered',
    unknown: 'it is unknown whether its sinks have its secret',
  };
  return {
    rule: 'custody',
    severity: custody === 'unknown' ? 'medium' : 'high',
    message: messages[custody],
    advice:
      custody === 'undelivered'
        ? 'run reconcile apply to deliver it, or to recreate the token'
        : 'to recreate it, run reconcile apply --replace with its address',
  };
}
