import { type Problem, ReconcileErrors } from '../core/errors.ts';
import { addressOf, type Desired } from '../core/model.ts';
import { globMatches, type PruneRule } from '../core/prune.ts';

/** What a run is about, and what it leaves aside. */
export interface Aim {
  readonly desired: readonly Desired[];
  readonly aside: readonly Desired[];
  readonly prunes: readonly PruneRule[];
}

/** Whether an address matches one of the patterns of `--target`; none means all. */
export function isAimedAt(address: string, patterns: readonly string[]): boolean {
  return patterns.length === 0 || patterns.some((pattern) => globMatches(pattern, address));
}

/** The entries that `--target` aims at, the others, and the rules; none of those if none can prune what it aims at. */
export function takeAim(
  desired: readonly Desired[],
  prunes: readonly PruneRule[],
  patterns: readonly string[],
): Aim {
  const declared = new Set(desired.map(({ address }) => address));
  // An address that an entry has is that of no token which a rule prunes.
  const open = patterns.filter((pattern) => /[*?]/.test(pattern) || !declared.has(pattern));
  const reaches = (rule: PruneRule): boolean => open.some((pattern) => canReach(pattern, rule));
  return {
    desired: desired.filter(({ address }) => isAimedAt(address, patterns)),
    aside: desired.filter(({ address }) => !isAimedAt(address, patterns)),
    // One that can't prune it has to be understood all the same: prune needs every scope.
    prunes: patterns.length === 0 || prunes.some(reaches) ? prunes : [],
  };
}

/** Whether a pattern can match the address of a token that a rule covers: by what both say before a `*` or `?`. */
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

/** Throws where `--replace` names addresses that the run isn't about: it would do nothing, and look done. */
export function refuseUnknown(replace: readonly string[], desired: readonly Desired[]): void {
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

/** The same of `--target`, once it is known what is planned: what is pruned shows only in the services. */
export function refuseMissed(target: readonly string[], planned: readonly string[]): void {
  refuse(
    target
      .filter((pattern) => !planned.some((address) => globMatches(pattern, address)))
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
