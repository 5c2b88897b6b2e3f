import { ReconcileError } from '../../../core/model/errors.ts';
import type { Clock } from '../../../core/util/clock.ts';
import { neverAborted } from '../../../core/util/never-aborted.ts';
import type { Branch } from './branch.ts';

/** The patience with a push. */
export interface Patience {
  /** Tells whether the outcome is no longer worth waiting for. */
  readonly giveUp: () => boolean;
  /** Tells the same of a push that the remote rejects although the branch is unchanged; by default after three times. */
  readonly giveUpRejected?: () => boolean;
}

/** Returns the patience with a push that ends after this time, in milliseconds. */
export function patienceOf(clock: Clock, milliseconds: number): Patience {
  const end = clock.monotonic() + milliseconds;
  return { giveUp: () => clock.monotonic() >= end };
}

interface PushOptions extends Patience {
  readonly clock: Clock;
  readonly random: () => number;
}

/** Maximum number of times that a remote may reject a push although the branch is unchanged, by default. */
const maxRejections = 3;
const maxPauseMilliseconds = 8000;

/**
 * Pushes a commit until the branch shows what became of it: the same commit again after a push without a response. Returns
 * `changed` if the branch has neither this commit nor the expected one. Throws `STATE_UNAVAILABLE` if the remote doesn't
 * accept the commit, or doesn't respond in time; it may still have accepted it then.
 */
export async function pushUntilKnown(
  branch: Branch,
  id: string,
  expected: string | undefined,
  { clock, random, giveUp, giveUpRejected = () => true }: PushOptions,
): Promise<'accepted' | 'changed'> {
  let rejections = 0;
  for (let tries = 0; ; tries += 1) {
    const outcome = await branch.push(id, expected);
    if (outcome.kind === 'accepted') return 'accepted';
    const found = await headOf(branch);
    if (found?.id === id) return 'accepted';
    if (found && found.id !== expected) return 'changed';
    if (found && outcome.kind === 'rejected') rejections += 1;
    const isRefused = rejections >= maxRejections && giveUpRejected();
    if (isRefused || giveUp()) throw notPushed(branch, outcome.reason, outcome.hint);
    const pause = Math.min(maxPauseMilliseconds, 500 * 2 ** tries);
    await clock.sleep(pause * (0.5 + random() / 2), neverAborted);
  }
}

/** Returns the commit of the branch; `undefined` if the remote doesn't respond. */
async function headOf(branch: Branch): Promise<{ readonly id: string | undefined } | undefined> {
  try {
    return { id: await branch.head() };
  } catch (error) {
    if (error instanceof ReconcileError) return undefined;
    throw error;
  }
}

/** Returns the error of a state that can't be pushed. */
export function notPushed({ label }: Branch, reason: string, hint: string): ReconcileError {
  return new ReconcileError({
    code: 'STATE_UNAVAILABLE',
    message: `the state can't be pushed to ${label}: ${reason}`,
    hint,
  });
}
