import type { Problem, SourceLocation } from '../model/errors.ts';

/** An entry of a manifest and the things that only one entry may have a hand in. */
export interface Claim {
  readonly address: string;
  readonly source: SourceLocation;
  /** What is claimed, and how to say it. */
  readonly resources: readonly { readonly key: string; readonly label: string }[];
}

/** The entries that claim a thing, by its key. */
export type Claimants<C extends Claim> = ReadonlyMap<string, readonly C[]>;

/** Returns who claims what. */
export function claimantsOf<C extends Claim>(claims: readonly C[]): Claimants<C> {
  const claimants = new Map<string, C[]>();
  for (const claim of claims) {
    for (const key of new Set(claim.resources.map((thing) => thing.key))) {
      const others = claimants.get(key);
      if (others) others.push(claim);
      else claimants.set(key, [claim]);
    }
  }
  return claimants;
}

/** The entries that claim what another one claims, each with the problem to report for it. */
export function findConflicts<C extends Claim>(
  claims: readonly C[],
  claimants: Claimants<C> = claimantsOf(claims),
): ReadonlyMap<C, Problem> {
  const problems = new Map<C, Problem>();
  for (const claim of claims) {
    for (const { key, label } of claim.resources) {
      const other = claimants.get(key)?.find((claimant) => claimant !== claim);
      if (!other || problems.has(claim)) continue;
      problems.set(claim, conflictOf(claim, label, other));
    }
  }
  return problems;
}

/** Reports that an entry claims what another one declares. */
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
