import { type Problem, ReconcileError } from '../core/model/errors.ts';
import type { ProcessIo } from './io.ts';

/**
 * Returns the process with a deadline: after these seconds the run is interrupted as by a signal, but its exit code
 * is that of its results, not of an interruption.
 *
 * @param over aborted when the run has ended, so that nothing waits for the deadline
 */
export function withDeadline(io: ProcessIo, seconds: number | undefined, over: AbortSignal): ProcessIo {
  if (seconds === undefined) return io;
  const deadline = new AbortController();
  io.clock.sleep(seconds * 1000, over).then(
    () =>
      deadline.abort(
        new ReconcileError({
          code: 'INTERRUPTED',
          message: `the deadline of ${seconds} s has passed`,
          hint: 'run again; if the service is slow, raise --deadline',
        }),
      ),
    () => undefined,
  );
  return { ...io, interrupt: AbortSignal.any([io.interrupt, deadline.signal]) };
}

/** Returns the problem of a run that was to change something, and was interrupted: what is begun is finished. */
export function interruptedChanges(problem: Problem): Problem {
  return { ...problem, message: `${problem.message}; nothing new was started` };
}
