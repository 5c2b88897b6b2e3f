import { ReconcileError } from '../core/errors.ts';
import { type AnswerHeaders, errorText } from './body.ts';
import type { Fault } from './faults.ts';
import { isSecretive } from './retry.ts';

/** What to do about a 401, and about a 403 by what the service says: its words choose the advice, nothing else. */
export interface AuthHints {
  readonly unauthorized: string;
  readonly forbidden: (said: string) => string;
}

/** Who was asked, and how to speak of it. */
export interface Addressee {
  /** As in messages: `IONOS`. */
  readonly service: string;
  readonly baseUrl: string;
  /** Blanks out credentials that the server sends back. */
  readonly mask: (text: string) => string;
  readonly authHints: AuthHints;
}

interface Asked {
  readonly method: string;
  readonly path: string;
}

interface Refused {
  readonly status: number;
  readonly text: string;
  readonly headers: AnswerHeaders;
}

/** What an answer says that it is; servers can echo anything there, too. */
export function contentTypeOf(headers: AnswerHeaders, mask: (text: string) => string): string | null {
  const type = headers.get('content-type');
  return type === null ? null : mask(type).slice(0, 100);
}

/** What an answer that is a refusal says to the user. */
export function refusal(
  { service, mask, authHints }: Addressee,
  { method, path }: Asked,
  { status, text, headers }: Refused,
): ReconcileError {
  // Masked first: a secret that is cut in two is no longer recognised.
  const said = errorText(mask(text), contentTypeOf(headers, mask), !isSecretive(method));
  const what = `${method} ${path}`;
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
      hint: authHints.forbidden(said),
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
      code: isSecretive(method) ? 'OUTCOME_UNKNOWN' : 'API_UNAVAILABLE',
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
    message: `${service} refused ${what} (${status}): ${said}`,
    httpStatus: status,
  });
}

/** What a request that got no answer says to the user. */
export function unreached(
  { service, baseUrl }: Addressee,
  { method, path }: Asked,
  { why, unsent }: Fault,
): ReconcileError {
  return new ReconcileError({
    code: isSecretive(method) && !unsent ? 'OUTCOME_UNKNOWN' : 'API_UNAVAILABLE',
    message: `${service} can't be reached at ${new URL(baseUrl).host} (${method} ${path}): ${why}`,
    hint: 'check the network and the API URL, and run again',
  });
}
