import type { SourceLocation } from '../model/errors.ts';
import { expiryOf, type FieldRules } from '../model/field-rules.ts';
import type { Custody, Kind, Observed, State } from '../model/model.ts';
import { formatInstant, parseInstant } from '../util/instant.ts';
import { compareCodeUnits, isObject, type Json } from '../util/json.ts';

/** How much a finding matters. */
export type Severity = 'low' | 'medium' | 'high';

/** From what matters least to what matters most. */
export const severities: readonly Severity[] = ['low', 'medium', 'high'];

/** What an audit looks for. */
export type AuditRule =
  | 'expired'
  | 'expiring'
  | 'no_expiry'
  | 'over_broad'
  | 'unused'
  | 'disabled'
  | 'undeclared'
  | 'custody'
  | 'rotation_overdue';

/** Something about a live token that somebody should look at. */
export interface AuditFinding {
  readonly rule: AuditRule;
  readonly severity: Severity;
  readonly address: string;
  readonly kind: Kind;
  readonly id: string;
  readonly name: string;
  readonly message: string;
  /** What to do about it. */
  readonly advice: string;
  /** Where the manifest declares the token; `null` where none does. */
  readonly source: SourceLocation | null;
}

/** What the manifests say of a live token. */
export interface DeclaredToken {
  /** That of the entry, which the command line takes. */
  readonly address: string;
  readonly state: State;
  readonly source: SourceLocation;
  /** What is known of its secret, if the manifest says where that goes. */
  readonly custody?: Custody;
  /**
   * Present if it is one of a family that rotates. Of its newest: when the successor is due, in seconds since 1970, and
   * whether it ends before it is as old as the manifest wants generations to become.
   */
  readonly generation?: { readonly due?: number; readonly isShort?: boolean };
}

/** A live token, as an audit sees it. */
export interface AuditedToken {
  readonly address: string;
  readonly kind: Kind;
  readonly token: Observed;
  readonly rules: FieldRules;
  readonly declared?: DeclaredToken;
}

/** What an audit goes by. */
export interface AuditThresholds {
  /** Seconds since 1970. */
  readonly now: number;
  /** What ends within so many days is about to. */
  readonly days: number;
  /** What was not used, or is switched off, for so many days is of no use. */
  readonly unusedDays: number;
}

const day = 86_400;

/** All findings, those that matter most first; each fault of a token once. */
export function audit(tokens: readonly AuditedToken[], standard: AuditThresholds): readonly AuditFinding[] {
  const rank = ({ severity }: AuditFinding): number => severities.indexOf(severity);
  return tokens
    .filter(({ token }) => !token.generated)
    .flatMap((audited) => findingsOf(audited, standard))
    .sort(
      (a, b) =>
        rank(b) - rank(a) ||
        compareCodeUnits(a.rule, b.rule) ||
        compareCodeUnits(a.address, b.address) ||
        compareCodeUnits(a.id, b.id),
    );
}

type Found = Pick<AuditFinding, 'rule' | 'severity' | 'message' | 'advice'>;

function findingsOf(audited: AuditedToken, standard: AuditThresholds): readonly AuditFinding[] {
  const { kind, token, declared } = audited;
  const address = declared?.address ?? audited.address;
  const found = [
    isDeclaredAbsent(audited) ? undefined : expiryFinding(audited, standard),
    isDeclaredAbsent(audited) ? undefined : usageFinding(audited, standard),
    isDeclaredAbsent(audited) || endedAt(audited, standard) ? undefined : overBroad(token.fields),
    declared ? custodyOf(declared) : undeclared,
  ].filter((one) => one !== undefined);
  const source = declared?.source ?? null;
  return found.map((one) => ({ ...one, address, kind, id: token.id, name: token.name, source }));
}

/** What is declared absent goes with the next apply, whatever else is wrong with it. */
function isDeclaredAbsent({ declared }: AuditedToken): boolean {
  return declared?.state === 'absent';
}

/** When a token ends, in seconds since 1970; `undefined` where it never does. */
export function expiresAt({ token, rules }: Pick<AuditedToken, 'token' | 'rules'>): number | undefined {
  const expiry = expiryOf(rules, token.fields);
  return expiry === null ? undefined : parseInstant(expiry, 'utc');
}

function endedAt(audited: AuditedToken, { now }: AuditThresholds): boolean {
  const end = expiresAt(audited);
  return audited.token.expired === true || (end !== undefined && end <= now);
}

/** Its end, or that of its turn in a family: a family has its own rule. */
function expiryFinding(audited: AuditedToken, standard: AuditThresholds): Found | undefined {
  const { declared } = audited;
  const { now, days } = standard;
  const end = expiresAt(audited);
  if (declared?.generation) return generationFinding(declared.generation, end, now);
  if (endedAt(audited, standard)) {
    return {
      rule: 'expired',
      severity: 'high',
      message: end === undefined ? 'it has expired' : `it expired at ${formatInstant(end)}`,
      advice: declared
        ? 'run reconcile apply with a later expiry, or declare it absent'
        : 'delete it, or declare what takes its place',
    };
  }
  if (end === undefined) {
    return {
      rule: 'no_expiry',
      severity: 'medium',
      message: 'it never expires',
      advice: 'give it an expiry, or let it rotate',
    };
  }
  if (end > now + days * day) return undefined;
  const left = Math.floor((end - now) / day);
  return {
    rule: 'expiring',
    severity: 'medium',
    message: `it expires on ${formatInstant(end)}, ${left === 0 ? 'within a day' : `in ${left === 1 ? 'a day' : `${left} days`}`}`,
    advice: 'renew it, or let it rotate',
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
      message: `it expires on ${formatInstant(end)}, earlier than rotate.every and rotate.overlap need; its successor is due on ${formatInstant(due)}`,
      advice: 'run reconcile apply on a schedule, or reconcile rotate with its address now',
    };
  }
  return {
    rule: 'rotation_overdue',
    severity: 'high',
    message: `its successor was due on ${formatInstant(due)}`,
    advice: 'run reconcile apply, and on a schedule: several times within before_expiry',
  };
}

/** Whether anybody uses it. What is switched off isn't used either, which is one finding. */
function usageFinding(audited: AuditedToken, standard: AuditThresholds): Found | undefined {
  const { token, rules } = audited;
  const { created, lastUsed, changedAt } = token.origin;
  const { now, unusedDays } = standard;
  const before = now - unusedDays * day;
  // The old generations of a family are on their way out.
  const isOld = audited.declared?.generation && audited.declared.generation.due === undefined;
  if (isOld || endedAt(audited, standard)) return undefined;
  const isOff = Object.entries(rules).some(
    ([field, { activeValue }]) => activeValue !== undefined && token.fields[field] !== activeValue,
  );
  if (isOff) {
    const known = [created, lastUsed, changedAt].filter((time) => typeof time === 'number');
    if (known.length === 0 || Math.max(...known) > before) return undefined;
    return {
      rule: 'disabled',
      severity: 'low',
      message: `it is switched off, and nothing has happened to it since ${formatInstant(Math.max(...known))}`,
      advice: 'delete it: switched on again it can do all that it could',
    };
  }
  if (lastUsed === undefined || (lastUsed ?? created ?? 0) > before) return undefined;
  return {
    rule: 'unused',
    severity: 'low',
    message: lastUsed === null ? 'it was never used' : `it was last used at ${formatInstant(lastUsed)}`,
    advice: 'find out who needs it, and delete it if nobody does',
  };
}

/** What it may do beyond what one purpose needs. */
function overBroad(fields: Observed['fields']): Found | undefined {
  const scopes = listOf(fields['scopes']);
  const resources = listOf(fields['resources']);
  const broad = [
    ...scopes.filter((scope) => scope === 'repo:admin').map(() => 'repo:admin'),
    ...scopes.filter(isObject).flatMap(({ name, actions }) => [
      ...(name === '*' ? ['all names (*)'] : []),
      ...listOf(actions)
        .filter((action) => action === '*' || action === 'delete')
        .map((action) => (action === '*' ? 'all actions (*)' : 'delete')),
    ]),
    ...resources
      .filter(isObject)
      .flatMap(({ path }) => (typeof path === 'string' && /(^|\/)\*$/.test(path) ? [`all of ${path}`] : [])),
  ];
  if (broad.length === 0) return undefined;
  return {
    rule: 'over_broad',
    severity: 'high',
    message: `it may do more than one purpose needs: ${[...new Set(broad)].join(', ')}`,
    advice: scopes.includes('repo:admin')
      ? 'make it anew with repo:write, or less: nothing but an administrator needs more'
      : 'name the repositories and actions that it is for',
  };
}

function listOf(value: Json | undefined): readonly Json[] {
  return Array.isArray(value) ? (value as readonly Json[]) : [];
}

const undeclared: Found = {
  rule: 'undeclared',
  severity: 'medium',
  message: 'no manifest declares it',
  advice: 'adopt it with reconcile export, or delete it',
};

function custodyOf({ custody, state, generation }: DeclaredToken): Found | undefined {
  if (state === 'absent' || generation || custody === undefined || custody === 'held') return undefined;
  const messages = {
    missing: 'its secret was handed over, and a sink has it no longer',
    undelivered: 'its secret was never handed over',
    unknown: 'it is not known whether its sinks have its secret',
  };
  return {
    rule: 'custody',
    severity: custody === 'unknown' ? 'medium' : 'high',
    message: messages[custody],
    advice:
      custody === 'undelivered'
        ? 'run reconcile apply: it is made anew'
        : 'make it anew with reconcile apply --replace and its address',
  };
}
