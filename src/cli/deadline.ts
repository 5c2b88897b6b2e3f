import { ReconcileError } from '../core/model/errors.ts';
import type { ProcessIo } from './io.ts';

/**
 * The process with an end: when so many seconds are over, the run is interrupted as by a signal, but is no success of
 * an interruption: its exit code says what was done.
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
          message: `the deadline of ${seconds} s is over; nothing new was started`,
          hint: 'run again, with a later --deadline if the service is only slow',
        }),
      ),
    () => undefined,
  );
  return { ...io, interrupt: AbortSignal.any([io.interrupt, deadline.signal]) };
}
