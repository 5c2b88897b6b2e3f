import { HTTPException } from 'hono/http-exception';
import { ApiError } from '../api-error.ts';

const titles: Readonly<Record<number, string>> = {
  400: '400 Bad request',
  401: '401 Unauthorized',
  403: '403 Forbidden',
  404: '404 Not found',
  405: '405 Method Not Allowed',
  500: '500 Internal Server Error',
};

/** The prefix of the code of an error that belongs to a field. */
const fieldCode = 'field ';

/**
 * Returns an error whose body is `message` alone, by default that of its status: docs/services/gitlab.md, Errors.
 */
export function gitlabError(
  status: 400 | 401 | 403 | 404 | 405 | 500,
  message: string = titles[status] ?? '',
): ApiError {
  return new ApiError(status, 'message', message);
}

/** Returns the 400 of a request with well-formed parameters, with the reason after `400 Bad request`. */
export function badRequest(reason: string): ApiError {
  return gitlabError(400, `400 Bad request - ${reason}`);
}

/** Returns the 400 of a malformed parameter, in `error`. */
export function badParameter(message: string): ApiError {
  return new ApiError(400, 'parameter', message);
}

/** Returns the 400 of an invalid field, in `message` by field. */
export function badField(field: string, message: string): ApiError {
  return new ApiError(400, `${fieldCode}${field}`, message);
}

/** Returns the 401 for a caller whose own token is revoked or has expired. */
export function invalidToken(reason: 'revoked' | 'expired'): ApiError {
  const description = {
    revoked: 'Token was revoked. You have to re-authorize from the user.',
    expired: 'Token is expired. You can either do re-authorization or token refresh.',
  }[reason];
  return new ApiError(401, 'invalid_token', description);
}

/** Returns the 403 for a caller whose token lacks a scope. */
export function insufficientScope(): ApiError {
  const description = 'The request requires higher privileges than provided by the access token.';
  return new ApiError(403, 'insufficient_scope', description);
}

/** Returns the redirect to the current address of a moved project. */
export function moved(location: string): HTTPException {
  return new HTTPException(301, { res: Response.json(null, { status: 301, headers: { location } }) });
}

/**
 * Returns the response to a rejected request, in the form that belongs to its code: docs/services/gitlab.md, Errors.
 */
export function gitlabErrorResponse({ status, code, message }: ApiError): Response {
  return Response.json(bodyOf(code, message), { status });
}

function bodyOf(code: string, message: string): Readonly<Record<string, unknown>> {
  if (code.startsWith(fieldCode)) return { message: { [code.slice(fieldCode.length)]: [message] } };
  switch (code) {
    case 'message':
      return { message };
    case 'invalid_token':
      return { error: code, error_description: message };
    case 'insufficient_scope':
      return { error: code, error_description: message, scope: 'api' };
    case 'token-not-found':
      return { message: titles[404] };
    default:
      return { error: message };
  }
}

/**
 * Returns the response to a request over the rate limit, without its headers: docs/services/gitlab.md, Rate limits.
 */
export function retryLater(): Response {
  return new Response('Retry later\n', { status: 429, headers: { 'content-type': 'text/plain' } });
}
