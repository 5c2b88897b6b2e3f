import { ApiError } from '../api-error.ts';

const codes: Readonly<Record<number, string>> = {
  400: 'BAD_REQUEST',
  401: 'UNAUTHORIZED',
  403: 'FORBIDDEN',
  404: 'NOT_FOUND',
  405: 'METHOD_NOT_ALLOWED',
  409: 'CONFLICT',
  412: 'PRECONDITION',
  422: 'UNPROCESSABLE_ENTITY',
  500: 'UNKNOWN',
};

/** Returns an error with the code that Harbor has for its status: docs/services/harbor.md, Errors. */
export function harborError(
  status: 400 | 401 | 403 | 404 | 405 | 409 | 412 | 422 | 500,
  message: string,
): ApiError {
  return new ApiError(status, codes[status] ?? '', message);
}

/** Returns the 403 for rights that the caller doesn't have, which has a code of its own. */
export function denied(message: string): ApiError {
  return new ApiError(403, 'DENIED', message);
}

/** Returns the response to a rejected request. Harbor hides the message of a 5xx. */
export function harborErrorResponse({ status, code, message }: ApiError): Response {
  const shown = code === 'DENIED' ? code : (codes[status] ?? 'UNKNOWN');
  const text = status >= 500 ? 'internal server error' : message;
  return Response.json({ errors: [{ code: shown, message: text }] }, { status });
}
