import type { Problem, Source } from './errors.ts';

/** An entry of a manifest and the things that only one entry may have a hand in. */
export interface Claim {
  readonly address: string;
  readonly source: Source;
  /** What is claimed, and how to say it. */
  readonly things: readonly { readonly key: string; readonly words: string }[];
}

/** The entries that claim a thing, by its key. */
export type Claimants<C extends Claim> = ReadonlyMap<string, readonly C[]>;

/** Returns who claims what. */
export function claimantsOf<C extends Claim>(claims: readonly C[]): Claimants<C> {
  const claimants = new Map<string, C[]>();
  for (const claim of claims) {
    for (const key of new Set(claim.things.map((thing) => thing.key))) {
      const others = claimants.get(key);
      if (others) others.push(claim);
      else claimants.set(key, [claim]);
    }
  }
  return claimants;
}

/** The entries that claim what another one claims, each with the problem to report for it. */
export function conflicts<C extends Claim>(
  claims: readonly C[],
  claimants: Claimants<C> = claimantsOf(claims),
): ReadonlyMap<C, Problem> {
  const problems = new Map<C, Problem>();
  for (const claim of claims) {
    for (const { key, words } of claim.things) {
      const other = claimants.get(key)?.find((claimant) => claimant !== claim);
      if (!other || problems.has(claim)) continue;
      problems.set(claim, conflictOf(claim, words, other));
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
