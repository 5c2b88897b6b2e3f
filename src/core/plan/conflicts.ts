import type { Problem, SourceLocation } from '../model/errors.ts';

/** An entry of a manifest, and the resources that only one entry may use. */
export interface Claim {
  readonly address: string;
  readonly source: SourceLocation;
  /** The claimed resources, each with its label for messages. */
  readonly resources: readonly { readonly key: string; readonly label: string }[];
}

/** Groups entries by the resources that they claim, and finds those that claim a resource of another entry. */
export function groupClaims<C extends Claim>(
  claims: readonly C[],
): { readonly claimants: ReadonlyMap<string, readonly C[]>; readonly conflicts: ReadonlyMap<C, Problem> } {
  const claimants = new Map<string, C[]>();
  for (const claim of claims) {
    for (const { key } of claim.resources) {
      const others = claimants.get(key);
      if (!others) claimants.set(key, [claim]);
      else if (others.at(-1) !== claim) others.push(claim);
    }
  }
  const conflicts = new Map<C, Problem>();
  for (const claim of claims) {
    for (const { key, label } of claim.resources) {
      const other = claimants.get(key)?.find((claimant) => claimant !== claim);
      if (!other) continue;
      conflicts.set(claim, conflictOf(claim, label, other));
      break;
    }
  }
  return { claimants, conflicts };
}

/** Returns the entries that claim a resource of another entry, each with the problem to report for it. */
export function findConflicts<C extends Claim>(claims: readonly C[]): ReadonlyMap<C, Problem> {
  return groupClaims(claims).conflicts;
}

/** Creates the problem that an entry claims a resource that another one declares. */
export function conflictOf(
  { address, source }: Pick<Claim, 'address' | 'source'>,
  words: string,
  other: Claim,
): Problem {
  return {
    code: 'MANIFEST_CONFLICT',
    message: `${address}: ${words} is also declared at ${other.source.file}:${other.source.line}${
      other.address === address ? '' : ` (${other.address})`
    }`,
    hint: 'keep one of the two',
    source,
  };
}
