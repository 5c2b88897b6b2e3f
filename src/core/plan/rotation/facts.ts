import type { Observed, Rotation, Sink } from '../../model/model.ts';
import type { PendingFacts } from '../facts.ts';
import type { DeliveryStatus } from './delivery.ts';
import type { Family } from './family.ts';

/** The newest generation of a family. All times in seconds since 1970. */
export interface GenerationFacts {
  readonly token: Observed;
  readonly createdAt: number | undefined;
  readonly expiresAt: number | undefined;
  /** The rotation settings, adapted if the service gave it a shorter life than requested. */
  readonly rotation: Rotation;
  readonly rotationDueAt: number | undefined;
  /** Present if it can't be used. */
  readonly unusable: 'expired' | 'disabled' | undefined;
  readonly delivery: DeliveryStatus;
}

/** A family whose newest generation exists. */
export interface LiveFamily extends Family {
  readonly generation: GenerationFacts;
}

/** The facts of a family, gathered once. Its change follows from the status. */
export type RotationFacts =
  /** The manifest declares the family absent. */
  | (Family & { readonly status: 'absent'; readonly generation: undefined })
  /** An earlier run has created a generation, and its secret is in the spool. */
  | (Family & {
      readonly status: 'pending';
      readonly pending: PendingFacts;
      readonly generation: GenerationFacts | undefined;
    })
  | (Family & { readonly status: 'missing'; readonly generation: undefined })
  /** A sink that received the newest secret now holds that of a token outside of the family. */
  | (LiveFamily & { readonly status: 'overwritten'; readonly sink: Sink })
  /**
   * The newest generation: one of several tokens that could be it, to be replaced with `--replace`, unusable, not known to be
   * delivered, due for a successor, or good as it is.
   */
  | (LiveFamily & {
      readonly status: 'ambiguous' | 'forced' | 'expired' | 'disabled' | 'undelivered' | 'due' | 'current';
    });
