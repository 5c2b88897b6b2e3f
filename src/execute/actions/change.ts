import type { Change, RetiredToken } from '../../core/model/plan.ts';
import { liveToken, type Snapshot, type Target } from '../../observe/target.ts';
import type { ExecutionContext } from '../context.ts';
import type { ResultBuilder } from '../result-builder.ts';

/** A change that is being carried out. */
export interface ChangeContext {
  readonly change: Change;
  readonly target: Target;
  readonly report: ResultBuilder;
  readonly context: ExecutionContext;
}

/** The work that remains for a change after its writes are sent. */
export interface FollowUp {
  /** Looks for the written token in the final listing of its scope, and reads it by ID if the listing lacks it. */
  readonly confirm?: (closing: Snapshot | undefined) => Promise<void>;
  run(): Promise<void>;
}

/** Returns the ID of the token that a change concerns. */
export function idOf(change: Change): string {
  if (change.id === null) throw new TypeError(`${change.action} of ${change.address} without an ID`);
  return change.id;
}

/** Returns the token that a change deletes or replaces. */
export function retiredToken({ change, target }: Pick<ChangeContext, 'change' | 'target'>): RetiredToken {
  const id = idOf(change);
  const token = liveToken(target, id);
  return { id, name: token?.name ?? '', created: token?.origin.created ?? null };
}
