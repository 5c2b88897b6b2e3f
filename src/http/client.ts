import { type ClockLead, clockLead } from '../core/model/clock-lead.ts';
import { ReconcileError } from '../core/model/errors.ts';
import type { Clock } from '../core/util/clock.ts';
import { isNestedTooDeeply, type Json, parseJson } from '../core/util/json.ts';
import type { Authorization } from './authorization.ts';
import { type ResponseHeaders, readText } from './body.ts';
import { contentTypeOf, faultError, maskFor, responseError, type ServiceContext } from './error-response.ts';
import { classifyFault, type NetworkFault } from './faults.ts';
import type { RateLimiter } from './rate-limiter.ts';
import {
  defaultRetryPolicy,
  nextRetry,
  quotaPause,
  type RetryPolicy,
  requestedPause,
  retryLogin,
  returnsSecret,
} from './retry.ts';

/** A request to the API, with the properties that decide how it is retried and read. */
export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** The path below the base URL, with a leading slash and encoded segments. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number>>;
  /** The response header that holds the number of items in all pages, if the service has one. */
  readonly totalHeader?: string;
  readonly body?: Json;
  /** Headers of this request alone. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Appended to the program's name in the `User-Agent`, in brackets. */
  readonly userAgentComment?: string;
  /** Marks a PUT that changes an object and returns no secret. It is repeated like a PATCH. */
  readonly isChange?: true;
  /** Marks a login without a one-time code. It is sent again if the service certainly has not evaluated it. */
  readonly isLogin?: true;
  /** Called just before each try, with its number from 1. */
  readonly beforeTry?: (tries: number) => Promise<void>;
}

/** A response with a 2xx status, or with a status that the caller expects. */
export interface HttpResponse {
  readonly status: number;
  /** `undefined` if the body is empty. */
  readonly body: Json | undefined;
  readonly headers: ResponseHeaders;
  /** The number of items in all pages of a list, if the request names its header. */
  readonly total?: number;
  /** The server's clock in seconds since 1970, if sent, and its lead. */
  readonly date?: number;
  readonly ahead?: ClockLead;
}

/** A client of one API, with credentials, a deadline, and retries if they are safe. */
export interface HttpClient {
  /** Maximum duration of one try. */
  readonly timeoutSeconds: number;
  /**
   * Sends a request.
   * @param expected statuses outside of 2xx that are responses, not errors
   * @throws ReconcileError `AUTH` (401, 403), `NOT_FOUND` (404), `API_REJECTED` (other rejections), `API_UNAVAILABLE`
   * (faults and 5xx of a request that changes nothing, or that was never sent), `OUTCOME_UNKNOWN` (the same of a POST or PUT
   * that may have been carried out)
   */
  send(request: HttpRequest, signal: AbortSignal, expected?: readonly number[]): Promise<HttpResponse>;
}

/** The function that sends requests: `fetch`, or a compatible one. */
export type Fetch = (url: string, init: FetchInit) => Promise<FetchResponse>;

/** The part of `Response` that is used here. */
export interface FetchResponse {
  readonly status: number;
  readonly headers: ResponseHeaders;
  readonly body: AsyncIterable<Uint8Array> | null;
}

/** The part of `RequestInit` that is used here. */
export interface FetchInit {
  readonly method: string;
  readonly headers: Record<string, string>;
  readonly body?: string;
  readonly redirect: 'manual';
  readonly signal: AbortSignal;
}

/** One line of the request log. */
export interface RequestLog {
  readonly method: string;
  /** The path without the query. */
  readonly path: string;
  readonly status?: number;
  readonly milliseconds: number;
  readonly attempt: number;
  readonly fault?: string;
}

/** The options of an API client. */
export interface HttpOptions extends ServiceContext {
  /** Headers sent with each request, including credentials. */
  readonly headers: Readonly<Record<string, string>>;
  /** Credentials that may have to be fetched or renewed; otherwise they are in the headers. */
  readonly authorization?: Authorization;
  readonly userAgent: string;
  readonly fetch: Fetch;
  readonly clock: Clock;
  readonly random: () => number;
  /** Maximum duration of one try, including its body. */
  readonly timeoutMilliseconds: number;
  /** The rate limiter for requests to the host, shared by all of its clients. */
  readonly rateLimiter: RateLimiter;
  readonly retry?: RetryPolicy;
  /** Disables retries once aborted; requests in flight may complete. */
  readonly noRetry?: AbortSignal;
  readonly log: (entry: RequestLog) => void;
}

type AttemptResult =
  | {
      readonly type: 'response';
      readonly status: number;
      readonly text: string;
      /** The text as JSON; `undefined` if it is empty, or not JSON. */
      readonly body: Json | undefined;
      readonly headers: ResponseHeaders;
      /** The times of the request and of the response's head, in milliseconds since 1970. */
      readonly sentAt: number;
      readonly at: number;
    }
  | ({ readonly type: 'fault' } & NetworkFault);

/** The usual reason that ends a deadline's timer. Created once, as each new error captures a stack. */
const ended = new Error('answered');

/** Maximum nesting of a response's values, far above that of any API. */
const maxDepth = 100;

/**
 * Creates a client of one API. All its requests share the credentials, the rate limiter and the retry policy of the
 * options.
 */
export function createHttpClient(options: HttpOptions): HttpClient {
  const { clock, service, rateLimiter, noRetry } = options;
  const policy = options.retry ?? defaultRetryPolicy;
  /** Number of responses of any kind. */
  let responses = 0;
  /** True if a request was given up before any response arrived. The other requests then have one try each. */
  let silent = false;

  async function send(
    request: HttpRequest,
    signal: AbortSignal,
    expected: readonly number[] = [],
  ): Promise<HttpResponse> {
    const responsesBefore = responses;
    let renewed = false;
    for (let attempt = 1; ; attempt += 1) {
      signal.throwIfAborted();
      const authorization = await options.authorization?.header(signal);
      const tried = await rateLimiter.run(
        signal,
        async () => {
          await request.beforeTry?.(attempt);
          return tryOnce(request, signal, attempt, authorization);
        },
        noRetry,
      );
      // A 401 means that nothing was done, so any request can be sent again with other credentials; once.
      if (tried.type === 'response' && tried.status === 401 && authorization !== undefined && !renewed) {
        renewed = true;
        if (await options.authorization?.renew(authorization, signal)) continue;
      }
      if (tried.type === 'response' && (isOk(tried.status) || expected.includes(tried.status))) {
        return answerOf(request, tried);
      }
      const now = clock.now();
      const again =
        nextRetry(request, attempt, tried, now, options.random(), policy) ??
        (request.isLogin && retryLogin(attempt, tried, options.random(), policy));
      const pause = again?.hostWide ? again.waitMs : requestedPause(tried, now, policy);
      if (pause !== undefined) rateLimiter.pause(pause);
      const unheard = tried.type === 'fault' && responses === responsesBefore;
      if (unheard && attempt >= policy.tries) silent = true;
      if (!again || noRetry?.aborted || (silent && tried.type === 'fault')) {
        throw failure(request, tried);
      }
      try {
        if (!again.hostWide) await clock.sleep(again.waitMs, waiting(signal));
        else await rateLimiter.waitUntilOpen(waiting(signal));
      } catch (error) {
        if (signal.aborted || !noRetry?.aborted) throw error;
        throw failure(request, tried);
      }
    }
  }

  /** Returns a signal that also ends a wait between two tries once retries are disabled. */
  function waiting(signal: AbortSignal): AbortSignal {
    return noRetry ? AbortSignal.any([signal, noRetry]) : signal;
  }

  function failure(request: HttpRequest, tried: AttemptResult): ReconcileError {
    return tried.type === 'response'
      ? responseError(options, request, tried)
      : faultError(options, request, tried);
  }

  async function tryOnce(
    request: HttpRequest,
    signal: AbortSignal,
    attempt: number,
    authorization: string | undefined,
  ): Promise<AttemptResult> {
    const started = clock.now();
    const log = (more: { status?: number; fault?: string }): void =>
      options.log({
        method: request.method,
        path: request.path,
        milliseconds: clock.now() - started,
        attempt,
        ...more,
      });
    let isAnswered = false;
    const deadline = new AbortController();
    const timer = new AbortController();
    clock.sleep(options.timeoutMilliseconds, timer.signal).then(
      () => deadline.abort(),
      () => undefined,
    );
    try {
      const response = await options.fetch(urlOf(options.baseUrl, request), {
        method: request.method,
        headers: {
          ...options.headers,
          ...request.headers,
          ...(authorization !== undefined && { authorization }),
          'user-agent': userAgent(request),
          accept: 'application/json',
          ...(request.body !== undefined && { 'content-type': 'application/json' }),
        },
        ...(request.body !== undefined && { body: JSON.stringify(request.body) }),
        // A redirect could send the credentials anywhere, and no API here needs one.
        redirect: 'manual',
        signal: AbortSignal.any([signal, deadline.signal]),
      });
      const at = clock.now();
      isAnswered = true;
      responses += 1;
      silent = false;
      if (response.status === 429) rateLimiter.onThrottled(started);
      else {
        rateLimiter.onAccepted();
        const pause = quotaPause(response.headers, at, policy);
        if (pause !== undefined) rateLimiter.pause(pause);
      }
      const text = await readText(response);
      if (text === undefined) {
        log({ status: response.status, fault: 'too large' });
        return { type: 'fault', why: 'its response is too large', unsent: false, permanent: true };
      }
      const body = text.trim() === '' ? undefined : parseJson(text, maxDepth);
      if (body === undefined && isDeepJson(text)) {
        log({ status: response.status, fault: 'too deep' });
        return { type: 'fault', why: 'its response is nested too deeply', unsent: false, permanent: true };
      }
      if (isOk(response.status) && body === undefined && isCutOff(text, response.headers)) {
        log({ status: response.status, fault: 'cut off' });
        return { type: 'fault', why: 'its response is cut off', unsent: false };
      }
      log({ status: response.status });
      return {
        type: 'response',
        status: response.status,
        text,
        body,
        headers: response.headers,
        sentAt: started,
        at,
      };
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      if (deadline.signal.aborted) {
        log({ fault: 'timeout' });
        return {
          type: 'fault',
          why: `no response within ${options.timeoutMilliseconds / 1000} s`,
          unsent: false,
        };
      }
      const found = classifyFault(error);
      log({ fault: found.why });
      return { type: 'fault', ...found, ...(found.broken && !isAnswered && { unanswered: true }) };
    } finally {
      timer.abort(ended);
    }
  }

  function answerOf(request: HttpRequest, tried: AttemptResult & { type: 'response' }): HttpResponse {
    const date = Date.parse(tried.headers.get('date') ?? '');
    const { body } = tried;
    if (isOk(tried.status) && tried.text.trim() !== '' && body === undefined) {
      throw new ReconcileError({
        code: returnsSecret(request) ? 'OUTCOME_UNKNOWN' : 'API_UNAVAILABLE',
        message: `${service} sent a response to ${request.method} ${request.path} that is not JSON (${tried.status}, ${
          contentTypeOf(tried.headers, maskFor(options, request)) ?? 'no content type'
        })`,
        hint: 'check the API URL, and any proxy in between',
        httpStatus: tried.status,
      });
    }
    const reported = { date: Math.floor(date / 1000), ahead: clockLead(date, tried.sentAt, tried.at) };
    const total = request.totalHeader && tried.headers.get(request.totalHeader);
    return {
      status: tried.status,
      body,
      headers: tried.headers,
      ...(total && /^\d+$/.test(total) && { total: Number(total) }),
      ...(!Number.isNaN(date) && reported),
    };
  }

  function userAgent({ userAgentComment }: HttpRequest): string {
    return userAgentComment === undefined ? options.userAgent : `${options.userAgent} (${userAgentComment})`;
  }

  return { send, timeoutSeconds: options.timeoutMilliseconds / 1000 };
}

function urlOf(baseUrl: string, { path, query }: HttpRequest): string {
  const parameters = new URLSearchParams(
    Object.entries(query ?? {}).map(([key, value]): [string, string] => [key, String(value)]),
  );
  return `${baseUrl}${path}${parameters.size > 0 ? `?${parameters}` : ''}`;
}

/** Tells whether a text is JSON that is nested too deeply, or may be. */
function isDeepJson(text: string): boolean {
  return isNestedTooDeeply(text, maxDepth) && (isNestedTooDeeply(text) || parseJson(text) !== undefined);
}

/** Tells whether a text that isn't JSON was declared as JSON. A broken connection may show in no other way. */
function isCutOff(text: string, headers: ResponseHeaders): boolean {
  return text.trim() !== '' && /\bjson\b/i.test(headers.get('content-type') ?? '');
}

function isOk(status: number): boolean {
  return status >= 200 && status < 300;
}
