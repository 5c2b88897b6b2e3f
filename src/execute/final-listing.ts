import { containedProblem } from '../core/model/errors.ts';
import type { Change } from '../core/model/plan.ts';
import { neverAborted } from '../core/util/never-aborted.ts';
import { takeSnapshot } from '../observe/snapshot.ts';
import type { Snapshot, Target } from '../observe/target.ts';
import type { ExecutionContext } from './context.ts';
import type { Scheduler } from './scheduler.ts';

/** One final listing per scope, made once all writes of the scope are sent, and shared by all tokens to look for in it. */
export interface FinalListing {
  /** Reports that the writes of a change have been sent, or won't be. */
  writeFinished(change: Change): void;
  /** Returns the listing of a target's scope after its last write; `undefined` if none is needed, or it failed. */
  of(target: Target): Promise<Snapshot | undefined>;
}

/**
 * Creates the final listings of a run.
 * @param changes those whose writes the listings wait for
 */
export function createFinalListing(
  changes: readonly Change[],
  context: ExecutionContext,
  scheduler: Scheduler,
): FinalListing {
  const { targets } = context;
  const scopeOf = (change: Change): string => targets.get(change.entryAddress)?.scopeKey ?? '';
  const writes = new Map<string, Countdown>();
  for (const scope of changes.map(scopeOf)) {
    const known = writes.get(scope) ?? new Countdown();
    known.add();
    writes.set(scope, known);
  }
  const listed = scopesToList(changes, targets);
  const listings = new Map<string, Promise<Snapshot | undefined>>();
  const list = async (target: Target): Promise<Snapshot | undefined> => {
    await writes.get(target.scopeKey)?.over;
    return scheduler.run('requests', () => listIfPossible(target, context));
  };
  return {
    writeFinished(change) {
      writes.get(scopeOf(change))?.countDown();
    },
    async of(target) {
      if (!listed.has(target.scopeKey)) return undefined;
      const listing = listings.get(target.scopeKey) ?? list(target);
      listings.set(target.scopeKey, listing);
      return listing;
    },
  };
}

/** The number of writes that a listing still waits for. */
class Countdown {
  #left = 0;
  #end = (): void => undefined;
  readonly over = new Promise<void>((resolve) => {
    this.#end = resolve;
  });

  add(): void {
    this.#left += 1;
  }

  countDown(): void {
    this.#left -= 1;
    if (this.#left === 0) this.#end();
  }
}

/** Maximum number of tokens on a page of a listing. */
const pageSize = 100;

/**
 * Returns the scopes to list once their writes are sent. The listing shows created tokens together with those of others.
 * Deleted tokens are read by ID, unless a listing takes fewer requests.
 */
function scopesToList(changes: readonly Change[], targets: ReadonlyMap<string, Target>): ReadonlySet<string> {
  const deletes = new Map<string, number>();
  const scopes = new Set<string>();
  for (const { action, entryAddress } of changes) {
    const target = targets.get(entryAddress);
    if (!target) continue;
    const { scopeKey, snapshot, desired } = target;
    if (action === 'create' || action === 'replace' || action === 'deliver') scopes.add(scopeKey);
    if (action !== 'delete' || !desired.wait) continue;
    const count = (deletes.get(scopeKey) ?? 0) + 1;
    deletes.set(scopeKey, count);
    if (count > Math.ceil(snapshot.tokens.all.length / pageSize)) scopes.add(scopeKey);
  }
  return scopes;
}

/** Returns the listing of a scope, or `undefined` if it can't be listed. Each token is then read by its ID. */
async function listIfPossible(
  target: Target,
  { clock, bug }: ExecutionContext,
): Promise<Snapshot | undefined> {
  try {
    return await takeSnapshot(target, clock, neverAborted);
  } catch (error) {
    containedProblem(error, bug);
    return undefined;
  }
}
