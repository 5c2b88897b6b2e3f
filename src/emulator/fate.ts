import type { Service } from './service.ts';

/** A method that token requests have. */
export const methods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const;

/** What can become of a request. */
export const fates = [
  'answer',
  'drop_before',
  'drop_after',
  'late',
  'error_before',
  'error_after',
  'truncate',
  'no_secret',
] as const;

/**
 * What becomes of a request: it is answered; its connection is dropped, before or after it took effect; its
 * connection is dropped at once, and it takes effect `lateCommit` later; it is answered 500, before or after
 * it took effect; its answer ends in the middle; the secret in its answer is empty.
 */
export type Fate = (typeof fates)[number];

/** A request to the tokens of a service. */
export interface TokenRequest {
  readonly method: string;
  /** With the query. */
  readonly path: string;
  /** The how many-th it is of its method among those to tokens of its service, from 1. */
  readonly count: number;
}

/** Which of the token requests is meant. */
export interface Nth {
  readonly method: (typeof methods)[number];
  /** From 1. */
  readonly nth: number;
}

/** A request whose fate is known beforehand. */
export interface LostRequest extends Nth {
  readonly fate: Fate;
}

/** Whether a request is the one that is meant. */
export function isNth({ method, nth }: Nth, request: Pick<TokenRequest, 'method' | 'count'>): boolean {
  return request.method === method && request.count === nth;
}

/** A decision by list. */
export function fateBy(lost: readonly LostRequest[]): (request: TokenRequest) => Fate {
  return (request) => lost.find((entry) => isNth(entry, request))?.fate ?? 'answer';
}

/** A connection that ended without an answer; as undici's fetch says it. */
export class ConnectionDropped extends TypeError {
  constructor() {
    super('fetch failed', { cause: Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' }) });
  }
}

/** Lets a request meet its fate. `later` carries out what it is given once `lateCommit` is over. */
export async function meetFate(
  fate: Fate,
  request: Request,
  service: Pick<Service, 'handle' | 'withoutSecret'>,
  later: (act: () => Promise<unknown>) => void,
): Promise<Response> {
  switch (fate) {
    case 'drop_before':
      throw new ConnectionDropped();
    case 'drop_after':
      await service.handle(request);
      throw new ConnectionDropped();
    case 'late': {
      // Its body goes with the connection, so it is read before.
      const copy = await detached(request);
      later(() => service.handle(copy));
      throw new ConnectionDropped();
    }
    case 'error_before':
      return serverError();
    case 'error_after':
      await service.handle(request);
      return serverError();
    case 'truncate':
      return rewritten(await service.handle(request), (text) => text.slice(0, text.length / 2));
    case 'no_secret':
      return withoutSecret(await service.handle(request), service);
    case 'answer':
      return service.handle(request);
  }
}

async function detached(request: Request): Promise<Request> {
  const { method, headers, url } = request;
  const body = await request.text();
  return new Request(url, { method, headers, ...(body !== '' && { body }) });
}

/** The body of a 500 is not documented; a page of HTML keeps clients honest. */
function serverError(): Response {
  const headers = { 'content-type': 'text/html; charset=UTF-8' };
  return new Response('<html><body><h1>500 Internal Server Error</h1></body></html>', {
    status: 500,
    headers,
  });
}

async function rewritten(answer: Response, change: (text: string) => string): Promise<Response> {
  const { status, headers } = answer;
  if (answer.body === null) return answer;
  return new Response(change(await answer.text()), { status, headers });
}

async function withoutSecret(answer: Response, service: Pick<Service, 'withoutSecret'>): Promise<Response> {
  if (answer.status !== 201) return answer;
  return rewritten(answer, (text) => JSON.stringify(service.withoutSecret(JSON.parse(text))));
}
