import type { Problem, Source } from './errors.ts';

/** An entry of a manifest and the things that only one entry may have a hand in. */
export interface Claim {
  readonly address: string;
  readonly source: Source;
  /** What is claimed, and how to say it. */
  readonly things: readonly { readonly key: string; readonly words: string }[];
}

/** The entries that claim what another one claims, each with the problem to report for it. */
export function conflicts<C extends Claim>(claims: readonly C[]): ReadonlyMap<C, Problem> {
  const claimants = new Map<string, C[]>();
  for (const claim of claims) {
    for (const key of new Set(claim.things.map((thing) => thing.key))) {
      const others = claimants.get(key);
      if (others) others.push(claim);
      else claimants.set(key, [claim]);
    }
  }
  const problems = new Map<C, Problem>();
  for (const claim of claims) {
    for (const { key, words } of claim.things) {
      const other = claimants.get(key)?.find((claimant) => claimant !== claim);
      if (!other || problems.has(claim)) continue;
      problems.set(claim, {
        code: 'MANIFEST_CONFLICT',
        message: `${claim.address}: ${words} is also declared at ${other.source.file}:${other.source.line}${
          other.address === claim.address ? '' : ` (${other.address})`
        }`,
        hint: 'keep one of the two',
        source: claim.source,
      });
    }
  }
  return problems;
}
