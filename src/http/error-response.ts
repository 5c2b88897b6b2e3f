import { ReconcileError } from '../core/model/errors.ts';
import type { Json } from '../core/util/json.ts';
import { errorText, type ReadErrorText, type ResponseHeaders } from './body.ts';
import type { NetworkFault } from './faults.ts';
import { maskPossibleSecrets, wordsOf } from './possible-secrets.ts';
import { returnsSecret, type SentRequest } from './retry.ts';

/** Hints for a 401, and for a 403 depending on the path and the service's message. */
export interface AuthHints {
  readonly unauthorized: string;
  readonly forbidden: (said: string, path: string) => string;
}

/** The service of a request, and the context for messages about it. */
export interface ServiceContext {
  /** The name in messages. */
  readonly service: string;
  readonly baseUrl: string;
  /** Masks credentials in responses. */
  readonly mask: (text: string) => string;
  readonly authHints: AuthHints;
  readonly errorText: ReadErrorText;
}

interface Asked extends SentRequest {
  readonly path: string;
  readonly body?: Json;
  readonly headers?: Readonly<Record<string, string>>;
}

interface Refused {
  readonly status: number;
  readonly text: string;
  readonly headers: ResponseHeaders;
}

/** Returns the content type of a response, masked, as servers can echo anything there, too. */
export function contentTypeOf(headers: ResponseHeaders, mask: (text: string) => string): string | null {
  const type = headers.get('content-type');
  return type === null ? null : mask(type).slice(0, 100);
}

/** Returns a function that masks secrets in the response to a request: known ones, and for a create all possible ones. */
export function maskFor({ mask }: Pick<ServiceContext, 'mask'>, request: Asked): (text: string) => string {
  if (!returnsSecret(request)) return mask;
  const requested = new Set([...wordsOf(request), ...Object.values(request.headers ?? {})]);
  return (text) => maskPossibleSecrets(mask(text), requested);
}

/** Returns the ID of a request in the logs of the service as part of a message; empty if the response has none. */
function requestIdIn(headers: ResponseHeaders, mask: (text: string) => string): string {
  const id = headers.get('x-request-id');
  // A server can echo anything there.
  return id !== null && /^[\w.:-]{1,128}$/.test(id) && mask(id) === id ? `, request ID ${id}` : '';
}

/** Creates the error for a response that rejects a request. */
export function responseError(
  addressee: ServiceContext,
  request: Asked,
  { status, text, headers }: Refused,
): ReconcileError {
  const { service, authHints } = addressee;
  const { method, path } = request;
  const mask = maskFor(addressee, request);
  const said = errorText(text, contentTypeOf(headers, mask), addressee.errorText, {
    quote: !returnsSecret(request),
    mask,
  });
  const what = `${method} ${path}${requestIdIn(headers, mask)}`;
  if (status === 401) {
    return new ReconcileError({
      code: 'AUTH',
      message: `${service} doesn't accept the credentials (401 for ${what}): ${said}`,
      hint: authHints.unauthorized,
      httpStatus: status,
    });
  }
  if (status === 403) {
    return new ReconcileError({
      code: 'AUTH',
      message: `${service} doesn't allow this (403 for ${what}): ${said}`,
      hint: authHints.forbidden(said, path),
      httpStatus: status,
    });
  }
  if (status >= 300 && status < 400) {
    return new ReconcileError({
      code: 'API_REJECTED',
      message: `${service} redirects ${what} (${status}); redirects are not followed, as credentials would go with them`,
      hint: 'check the API URL',
      httpStatus: status,
    });
  }
  if (status >= 500 || status === 408) {
    return new ReconcileError({
      code: returnsSecret(request) ? 'OUTCOME_UNKNOWN' : 'API_UNAVAILABLE',
      message: `${service} failed (${status} for ${what}): ${said}`,
      hint: 'run again later',
      httpStatus: status,
    });
  }
  if (status === 429) {
    return new ReconcileError({
      code: 'API_UNAVAILABLE',
      message: `${service} limits the rate of requests (429 for ${what}): ${said}`,
      hint: 'run again later, or with a lower --parallelism',
      httpStatus: status,
    });
  }
  return new ReconcileError({
    code: status === 404 ? 'NOT_FOUND' : 'API_REJECTED',
    message: `${service} rejected ${what} (${status}): ${said}`,
    httpStatus: status,
  });
}

/** Creates the error for a request without a response. */
export function faultError(
  { service, baseUrl, mask }: ServiceContext,
  request: Asked,
  { why, unsent }: NetworkFault,
): ReconcileError {
  const { method, path } = request;
  return new ReconcileError({
    code: returnsSecret(request) && !unsent ? 'OUTCOME_UNKNOWN' : 'API_UNAVAILABLE',
    message: `${service} can't be reached at ${new URL(baseUrl).host} (${method} ${path}): ${mask(why)}`,
    hint: 'check the network and the API URL, and run again',
  });
}
