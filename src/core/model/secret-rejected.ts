import { ReconcileError } from './errors.ts';

/** Statuses by which a service rejects a request without having carried it out. Others may come from a proxy, or after it. */
const rejections = [400, 401, 403, 404, 409, 422];

/** Thrown if the service has rejected a secret of ours: the token certainly still has its old one. */
export class SecretRejectedError extends ReconcileError {}

/** Returns the error of the only request to set a secret: a `SecretRejectedError` if the service has rejected it for good. */
export function asSecretRejection(error: unknown): unknown {
  if (!(error instanceof ReconcileError) || !rejections.includes(error.httpStatus ?? 0)) return error;
  return new SecretRejectedError(error, { cause: error });
}
