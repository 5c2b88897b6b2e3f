import type { Desired } from '../core/model/desired.ts';
import { type Problem, ReconcileErrors } from '../core/model/errors.ts';
import { addressOf } from '../core/model/token.ts';
import { globMatcher, type PruneRule } from '../core/plan/prune.ts';

/** The entries of a run, and those outside it. */
export interface Selection {
  readonly desired: readonly Desired[];
  readonly aside: readonly Desired[];
  readonly prunes: readonly PruneRule[];
}

/** Tells whether an address matches one of the patterns of `--target`; none means all. */
export function matchesTarget(address: string, patterns: readonly string[]): boolean {
  return aimAt(patterns)(address);
}

function aimAt(patterns: readonly string[]): (address: string) => boolean {
  const matchers = patterns.map(globMatcher);
  return (address) => matchers.length === 0 || matchers.some((isMatch) => isMatch(address));
}

/** Maximum length of a pattern, in characters; no address is longer. */
const maxPattern = 1000;

/**
 * Splits entries into those that `--target` matches and the others, and keeps the rules if one of them can prune a
 * target.
 */
export function selectTargets(
  desired: readonly Desired[],
  prunes: readonly PruneRule[],
  patterns: readonly string[],
): Selection {
  refuse(patterns.flatMap(tooLong));
  const declared = new Set(desired.map(({ address }) => address));
  const isAimed = aimAt(patterns);
  // A declared address is never that of a token which a rule prunes.
  const open = patterns.filter((pattern) => /[*?]/.test(pattern) || !declared.has(pattern));
  const reaches = (rule: PruneRule): boolean => open.some((pattern) => canReach(pattern, rule));
  return {
    desired: desired.filter(({ address }) => isAimed(address)),
    aside: desired.filter(({ address }) => !isAimed(address)),
    // If one rule is kept, all are: prune needs every scope.
    prunes: patterns.length === 0 || prunes.some(reaches) ? prunes : [],
  };
}

function tooLong(pattern: string): readonly Problem[] {
  if (pattern.length <= maxPattern) return [];
  return [
    {
      code: 'USAGE',
      message: `--target ${pattern.slice(0, 40)}…: a pattern may have ${maxPattern} characters`,
      hint: 'shorten it, for example with *',
    },
  ];
}

/**
 * Tells whether a pattern can match the address of a token that a rule covers, by the text of both before a `*` or
 * `?`.
 */
function canReach(pattern: string, { kind, scope, match }: PruneRule): boolean {
  const literal = literalOf(pattern);
  const covered = addressOf(kind, scope, literalOf(match));
  return literal.startsWith(covered) || covered.startsWith(literal);
}

function literalOf(pattern: string): string {
  const [literal = ''] = pattern.split(/[*?]/);
  return literal;
}

const hint = 'reconcile plan --format json shows the addresses';

/** Throws if `--replace` names addresses outside the run: it would do nothing, and look done. */
export function rejectUnknownReplace(replace: readonly string[], desired: readonly Desired[]): void {
  refuse(
    replace
      .filter((address) => !desired.some((entry) => entry.address === address))
      .map((address) => ({
        code: 'USAGE',
        message: `--replace ${address}: no manifest declares it, or --target leaves it aside`,
        hint,
      })),
  );
}

/** Throws if `--target` matches nothing. Called after planning, as the tokens to prune are known only then. */
export function rejectUnmatchedTarget(target: readonly string[], planned: readonly string[]): void {
  refuse(
    target
      .filter((pattern) => !planned.some(globMatcher(pattern)))
      .map((pattern) => ({
        code: 'USAGE',
        message: `--target ${pattern}: there is no such address`,
        hint: `as in --target "registry_token:team-a/*"; ${hint}`,
      })),
  );
}

function refuse(problems: readonly Problem[]): void {
  if (problems.length > 0) throw new ReconcileErrors(problems);
}
