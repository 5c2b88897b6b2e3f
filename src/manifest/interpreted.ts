import type { Desired } from '../core/model/desired.ts';
import type { Problem } from '../core/model/errors.ts';
import type { PruneRule } from '../core/plan/prune.ts';

/** The addresses of the entries of a run. Repeated ones are problems, which are reported once everything was read. */
export interface Addresses {
  add(address: string): void;
  /** Returns the number of entries whose address an earlier entry has. */
  repeated(): number;
}

/** Creates the set of addresses of a run. */
export function createAddresses(): Addresses {
  const seen = new Set<string>();
  let repeated = 0;
  return {
    add(address) {
      if (seen.has(address)) repeated += 1;
      seen.add(address);
    },
    repeated: () => repeated,
  };
}

/** The remaining capacity of a run for a document. */
export interface Room {
  readonly tokens: number;
  readonly pruneRules: number;
  /** The addresses of the run so far. */
  readonly addresses: Addresses;
}

/** The content of a manifest, and its numbers of tokens and prune rules. */
export interface Interpreted {
  readonly desired: readonly Desired[];
  readonly prunes: readonly PruneRule[];
  readonly errors: readonly Problem[];
  readonly warnings: readonly Problem[];
  readonly count: number;
  readonly pruneCount: number;
}
