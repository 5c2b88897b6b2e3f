import type { CustodyRecord } from '../model/custody-record.ts';
import type { Problem, SourceLocation } from '../model/errors.ts';
import { familyNameOf } from '../model/generation-name.ts';
import { folded } from '../model/granted-values.ts';
import { addressOf, type ConnectionSpec, type Desired, type Kind, type Observed } from '../model/model.ts';
import type { TokenIndex } from '../model/token-index.ts';
import { compareCodeUnits } from '../util/json.ts';
import { resolveCandidates } from './candidates.ts';
import type { PlanInput, UnseenInput } from './input.ts';

/** Undeclared tokens of one scope that are to go: contract §1.6. */
export interface PruneRule {
  readonly kind: Kind;
  /** The scope as written; empty where the account is all there is. */
  readonly scope: string;
  /** The scope in words. */
  readonly place: string;
  /** What a name has to match: `*` stands for any characters, `?` for one. */
  readonly match: string;
  readonly idField: string;
  readonly connection: ConnectionSpec;
  readonly source: SourceLocation;
}

/** What the entries of a run have a hand in, in one scope; IDs in all scopes of the kind. */
export interface DeclaredTokens {
  /** In lower case. */
  readonly ids: ReadonlySet<string>;
  readonly names: ReadonlySet<string>;
  /** What the names of whole families begin with. */
  readonly families: ReadonlySet<string>;
}

/** The live tokens that a rule covers and nobody declares. Never those that the service has made for itself. */
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
 * Returns what tells whether a name may be what a service has made of a declared one: put in another case, trimmed or cut.
 * Only of those of which no live token has the name itself.
 */
function changedNames(live: TokenIndex, { names, families }: DeclaredTokens): (name: string) => boolean {
  const missing = [...names].filter((name) => live.byName(name).length === 0);
  const bases = [...families].filter((base) => live.generationsOf(base).length === 0);
  // Of a generation the mark is unknown: twelve digits.
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

/** An undeclared token as an entry that wants it gone. */
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
 * What a plan says of prune rules that are not carried out: nothing, as long as it can't be told what the manifests
 * declare. It stands at one of the rules, and is an error.
 *
 * @param causes why, for each scope that could not be resolved or listed
 * @param taken addresses that mean something else
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
  const shown = messages.slice(0, shownCauses).join('; ');
  const more = messages.length > shownCauses ? `; and ${messages.length - shownCauses} more` : '';
  let address = addressOf(kind, scope, match);
  while (taken.has(address)) address += ' (prune)';
  return {
    desired: { ...deleteEntryFor(rule, { id: '', name: match }), address },
    problem: {
      code: first.code,
      message: `nothing is pruned in this run, because scopes that the manifests name could not be resolved or listed: ${shown}${more}`,
      hint: 'prune deletes what no manifest declares, so it has to see every scope: correct the entry or the rule, or run again once the service responds',
      source,
      ...(first.httpStatus !== undefined && { httpStatus: first.httpStatus }),
    },
  };
}

/** How many causes are told at most. */
const shownCauses = 3;

/** Returns the tokens that the readable sinks of an entry name: all that is known if the ledger is lost. */
function idsInSinks({ sinkContents }: CustodyRecord): readonly string[] {
  return sinkContents.flatMap(({ holding }) => (typeof holding === 'object' ? [holding.id] : []));
}

/** Returns the tokens that records know: held, waiting to be, and those whose place they take. */
export function idsOnRecord({ entry, waiting, unanswered }: CustodyRecord): readonly string[] {
  const attempts = [...(entry?.doubts ?? []), ...unanswered, ...(waiting ? [waiting.attempt] : [])];
  return [
    entry?.id,
    waiting?.id,
    ...(entry?.retire ?? []).map(({ id }) => id),
    ...attempts.map(({ old }) => old?.id),
  ].filter((id) => typeof id === 'string');
}

/**
 * What the entries of a run have a hand in, by the ID of a scope, whatever the address of its service: it can be
 * spelled in many ways. A token's ID counts in every scope of its kind, as one account can have two names, and so does
 * what could not be looked at.
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
    const meant = [desired.name, desired.existing].filter((name) => name !== undefined);
    const key = 'problem' in input ? desired.kind : `${desired.kind} ${input.scope.id}`;
    add(names, key, meant);
    if (desired.rotation) add(families, key, [desired.rotation.base]);
    const stated = [desired.id, desired.existing].filter((id) => id !== undefined);
    // What a replace has to delete goes by the rules of replaces, and is in service until then.
    const found =
      'problem' in input
        ? []
        : [
            ...resolveCandidates(input).map(({ id }) => id),
            ...meant
              .map(input.recordFor)
              .flatMap((record) => [...idsOnRecord(record), ...idsInSinks(record)]),
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
 * Compiles a pattern: `*` stands for any characters, `?` for one. Matching goes back to the last star alone, so it takes no
 * more steps than the product of the two lengths.
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
      // The last star takes one more.
      resumeAt += 1;
      at = resumeAt;
      sign = star + 1;
    } else return false;
  }
  return signs.slice(sign).every((left) => left === '*');
}
