import { ReconcileError } from '../core/model/errors.ts';

/** Thrown if the run was interrupted before a create was sent. */
export class NotSentError extends ReconcileError {
  constructor(name: string) {
    super({ code: 'INTERRUPTED', message: `interrupted: ${name} was not created`, hint: 'run again' });
  }
}

/** Returns the error for a create that was sent before, and is not retried as the run was interrupted. */
export function notRetriedError(name: string): ReconcileError {
  return new ReconcileError({
    code: 'INTERRUPTED',
    message: `interrupted: ${name} was not created, and the create was not retried`,
    hint: 'run again: the next run finishes it',
  });
}
