import { ReconcileError } from '../core/model/errors.ts';

/** Returns the same error with another message and hint. */
export function withContext(error: ReconcileError, message: string, hint: string): ReconcileError {
  const { code, httpStatus } = error;
  return new ReconcileError(
    { code, message, hint, ...(httpStatus !== undefined && { httpStatus }) },
    { cause: error },
  );
}
