import type { Sink } from '../../model/sink.ts';
import type { PendingFacts } from '../facts.ts';
import type { Family, NewestGeneration } from './family.ts';

/** A family whose newest generation exists. */
export interface LiveFamily extends Family {
  readonly newest: NewestGeneration;
}

/** The facts of a family, gathered once. Its change follows from the status. */
export type RotationFacts =
  /** The manifest declares the family absent. */
  | (Family & { readonly status: 'absent' })
  /** An earlier run has created a generation, and its secret is in the spool. */
  | (Family & { readonly status: 'pending'; readonly pending: PendingFacts })
  | (Family & { readonly status: 'missing' })
  /** A sink that received the newest secret now holds that of a token outside of the family. */
  | (LiveFamily & { readonly status: 'overwritten'; readonly sink: Sink })
  /**
   * The newest generation: one of several tokens that could be it, to be replaced with `--replace`, unusable, not known to be
   * delivered, due for a successor, or good as it is.
   */
  | (LiveFamily & {
      readonly status: 'ambiguous' | 'forced' | 'expired' | 'disabled' | 'undelivered' | 'due' | 'current';
    });
