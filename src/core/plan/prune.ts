import { type CustodyRecord, secretsInSinks } from '../model/custody-record.ts';
import type { ConnectionSpec, Desired } from '../model/desired.ts';
import type { Problem, SourceLocation } from '../model/errors.ts';
import { familyNameOf } from '../model/generation-name.ts';
import { folded } from '../model/granted-values.ts';
import { addressOf, type Kind, type Observed } from '../model/token.ts';
import type { TokenIndex } from '../model/token-index.ts';
import { compareCodeUnits } from '../util/json.ts';
import { resolveCandidates } from './candidates.ts';
import type { PlanInput, UnseenInput } from './input.ts';

/** A rule that deletes undeclared tokens of one scope: docs/guards.md, Prune. */
export interface PruneRule {
  readonly kind: Kind;
  /** The scope as written; empty if the account is the only scope. */
  readonly scope: string;
  /** The scope in words. */
  readonly place: string;
  /** The pattern of the names: `*` matches any characters, `?` matches one. */
  readonly match: string;
  readonly idField: string;
  readonly connection: ConnectionSpec;
  readonly source: SourceLocation;
}

/** The tokens that the entries of a run declare in one scope; IDs in all scopes of the kind. */
export interface DeclaredTokens {
  /** The IDs, in lower case. */
  readonly ids: ReadonlySet<string>;
  readonly names: ReadonlySet<string>;
  /** The common beginnings of the names of whole families. */
  readonly families: ReadonlySet<string>;
}

/** Returns the live tokens that a rule covers and no entry declares. Never those that the service created for itself. */
export function findUndeclared(
  rule: PruneRule,
  live: TokenIndex,
  declared: DeclaredTokens,
): readonly Observed[] {
  const isCovered = globMatcher(rule.match);
  const mayBeDeclared = changedNames(live, declared);
  return live.all.filter(
    ({ id, name, generated }) =>
      !generated &&
      isCovered(name) &&
      !declared.ids.has(id.toLowerCase()) &&
      !declared.names.has(name) &&
      !declared.families.has(familyNameOf(name) ?? '') &&
      !mayBeDeclared(name),
  );
}

/**
 * Creates a function that tells whether a service may have changed a declared name to this one: its case, or trimmed or cut
 * it. Considers only declared names that no live token has.
 */
function changedNames(live: TokenIndex, { names, families }: DeclaredTokens): (name: string) => boolean {
  const missing = [...names].filter((name) => live.byName(name).length === 0);
  const bases = [...families].filter((base) => live.generationsOf(base).length === 0);
  // A generation's timestamp is unknown: twelve digits, or fewer if the name was cut.
  const asked = [...missing, ...bases.map((base) => `${base}-`)].map(folded).sort(compareCodeUnits);
  return (name) => {
    const rest = folded(name);
    const at = firstNotBefore(asked, rest);
    if (rest !== '' && asked[at]?.startsWith(rest)) return true;
    return bases.some((base) => /^\d{1,12}$/.test(afterPrefix(rest, `${folded(base)}-`)));
  };
}

function afterPrefix(text: string, prefix: string): string {
  return text.startsWith(prefix) ? text.slice(prefix.length) : '';
}

/** Returns the index of the first of some sorted texts that isn't before another one. */
function firstNotBefore(sorted: readonly string[], text: string): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (compareCodeUnits(sorted[middle] ?? '', text) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Creates an entry that declares an undeclared token absent. */
export function deleteEntryFor(rule: PruneRule, { id, name }: Pick<Observed, 'id' | 'name'>): Desired {
  const { kind, scope, place, idField, connection, source } = rule;
  return {
    address: addressOf(kind, scope, name),
    kind,
    state: 'absent',
    scope,
    place,
    id,
    idField,
    fields: {},
    createWith: 'post',
    allowReplace: false,
    protected: false,
    wait: true,
    waitTimeoutSeconds: 600,
    secret: undefined,
    connection,
    source,
    prunedBy: rule.match,
  };
}

/**
 * Creates the error that no prune rule is applied, at one of the rules. Pruning is disabled while the declared tokens
 * are not completely known.
 *
 * @param causes the problem of each scope that could not be resolved or listed
 * @param taken addresses that are in use
 */
export function nothingPruned(
  rule: PruneRule,
  causes: readonly Problem[],
  taken: ReadonlySet<string>,
): UnseenInput {
  const { kind, scope, match, source } = rule;
  const [first] = causes;
  if (!first) throw new TypeError('nothing is pruned, and there is no reason');
  const messages = [...new Set(causes.map(({ message }) => message))];
  const shown = messages.slice(0, maxShownCauses).join('; ');
  const more = messages.length > maxShownCauses ? `; and ${messages.length - maxShownCauses} more` : '';
  let address = addressOf(kind, scope, match);
  while (taken.has(address)) address += ' (prune)';
  return {
    desired: { ...deleteEntryFor(rule, { id: '', name: match }), address },
    problem: {
      code: first.code,
      message: `nothing is pruned in this run, because scopes in the manifests could not be resolved or listed: ${shown}${more}`,
      hint: 'prune deletes undeclared tokens, so every scope must be readable: correct the entry or the rule, or run again once the service responds',
      source,
      ...(first.httpStatus !== undefined && { httpStatus: first.httpStatus }),
    },
  };
}

/** Maximum number of causes that are shown. */
const maxShownCauses = 3;

/** Returns the token IDs in a record: those of held, pending, superseded and replaced tokens. */
export function idsOnRecord({ entry, pendingSecret, openAttempts }: CustodyRecord): readonly string[] {
  const attempts = [
    ...(entry?.unresolved ?? []),
    ...openAttempts,
    ...(pendingSecret ? [pendingSecret.attempt] : []),
  ];
  return [
    entry?.id,
    pendingSecret?.id,
    ...(entry?.superseded ?? []).map(({ id }) => id),
    ...attempts.map(({ replaces }) => replaces?.id),
  ].filter((id) => typeof id === 'string');
}

/**
 * Returns the declared tokens by the ID of a scope, as the address of a service can be spelled in many ways. IDs count in
 * every scope of their kind, as one account can have two names. The names of entries that could not be observed do, too.
 */
export function declaredTokensByScope(
  inputs: readonly PlanInput[],
): (scopeId: string, kind: Kind) => DeclaredTokens {
  const ids = new Map<string, Set<string>>();
  const names = new Map<string, Set<string>>();
  const families = new Map<string, Set<string>>();
  const add = (to: Map<string, Set<string>>, key: string, values: readonly string[]): void => {
    const known = to.get(key) ?? new Set();
    for (const value of values) known.add(value);
    to.set(key, known);
  };
  for (const input of inputs) {
    const { desired } = input;
    const wanted = [desired.name, desired.existing].filter((name) => name !== undefined);
    const key = 'problem' in input ? desired.kind : `${desired.kind} ${input.scope.id}`;
    add(names, key, wanted);
    if (desired.rotation) add(families, key, [desired.rotation.base]);
    const stated = [desired.id, desired.existing].filter((id) => id !== undefined);
    // Includes the tokens that a replace is to delete. The rules of replaces apply to them, and they are in use until then.
    const found =
      'problem' in input
        ? []
        : [
            ...resolveCandidates(input).map(({ id }) => id),
            ...wanted
              .map(input.recordFor)
              .flatMap((record) => [...idsOnRecord(record), ...secretsInSinks(record).map(({ id }) => id)]),
          ];
    add(
      ids,
      desired.kind,
      [...stated, ...found].map((id) => id.toLowerCase()),
    );
  }
  const both = (sets: Map<string, Set<string>>, scopeId: string, kind: Kind): ReadonlySet<string> =>
    new Set([...(sets.get(`${kind} ${scopeId}`) ?? []), ...(sets.get(kind) ?? [])]);
  return (scopeId, kind) => ({
    ids: ids.get(kind) ?? new Set(),
    names: both(names, scopeId, kind),
    families: both(families, scopeId, kind),
  });
}

/** Tells whether a name matches a pattern of `*` and `?`. */
export function matchesGlob(pattern: string, name: string): boolean {
  return globMatcher(pattern)(name);
}

/**
 * Compiles a pattern: `*` matches any characters, `?` matches one. Backtracks to the last star only, so the number of steps
 * is at most the product of the two lengths.
 */
export function globMatcher(pattern: string): (name: string) => boolean {
  const signs = [...pattern.replace(/\*{2,}/g, '*')];
  return (name) => matches(signs, [...name]);
}

function matches(signs: readonly string[], characters: readonly string[]): boolean {
  let sign = 0;
  let star = -1;
  let resumeAt = 0;
  for (let at = 0; at < characters.length; ) {
    if (signs[sign] === '*') {
      star = sign;
      resumeAt = at;
      sign += 1;
    } else if (sign < signs.length && (signs[sign] === '?' || signs[sign] === characters[at])) {
      sign += 1;
      at += 1;
    } else if (star >= 0) {
      // The last star matches one more character.
      resumeAt += 1;
      at = resumeAt;
      sign = star + 1;
    } else return false;
  }
  return signs.slice(sign).every((left) => left === '*');
}
