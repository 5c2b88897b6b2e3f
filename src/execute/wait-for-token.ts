import type { Observed } from '../core/model/token.ts';
import { neverAborted } from '../core/util/never-aborted.ts';
import type { SpoolEntry } from '../custody/state/spool.ts';
import type { Target } from '../observe/target.ts';
import type { ExecutionContext } from './context.ts';
import { poll } from './poll.ts';
import { earliestServerTime } from './server-time.ts';

/** Reads a new token that the listing lacks until its grace is over. It may not show right after its creation. */
export async function waitForToken(
  { client, scope, snapshot, desired }: Target,
  { id, respondedAt }: { readonly id: string; readonly respondedAt: number },
  { clock, evidence, stop, listener }: ExecutionContext,
): Promise<Observed | undefined> {
  const left = respondedAt + evidence.grace - earliestServerTime(clock, snapshot);
  // Never aborted: an interrupted read would look like a deleted token, and its secret would be dropped.
  return poll(() => client.read(scope, id, neverAborted), {
    clock,
    timeoutMilliseconds: Math.max(0, left) * 1000,
    signal: stop,
    onWait: () => listener.onWait(desired.address, 'to appear'),
  });
}

/** Tells whether a spooled secret can still be used: its token is live, or too new to tell. */
export async function isLive(target: Target, entry: SpoolEntry, context: ExecutionContext): Promise<boolean> {
  return entry.made !== null && (await waitForToken(target, entry.made, context)) !== undefined;
}
