import { ReconcileError } from '../core/model/errors.ts';
import type { Clock } from '../core/util/clock.ts';
import { exceedsDepth, isNestedTooDeeply, type Json, parseJson } from '../core/util/json.ts';
import type { Authorization } from './authorization.ts';
import { type ResponseHeaders, readText } from './body.ts';
import { contentTypeOf, faultError, maskFor, refusal, type ServiceContext } from './error-response.ts';
import { classifyFault, type Fault } from './faults.ts';
import type { RateLimiter } from './rate-limiter.ts';
import {
  defaultRetryPolicy,
  nextRetry,
  type RetryPolicy,
  requestedPause,
  retryLogin,
  returnsSecret,
} from './retry.ts';

/** A request to the API. */
export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Below the base URL, with a leading slash; segments already encoded. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number>>;
  readonly body?: Json;
  /** Stands in brackets behind the program's name in the `User-Agent`. */
  readonly userAgentComment?: string;
  /** A login without a one-time code: sent again if the service certainly has not judged it. */
  readonly isLogin?: true;
  /** Is called just before each try, with its number from 1. */
  readonly beforeTry?: (tries: number) => Promise<void>;
}

/** An answer in the 200s, or one with a status that the caller said it expects. */
export interface HttpResponse {
  readonly status: number;
  /** `undefined` where the body is empty. */
  readonly body: Json | undefined;
  /** The server's clock, in seconds since 1970, if it told; and how far it is ahead of ours. */
  readonly date?: number;
  readonly ahead?: number;
}

/** Sends requests to one API, with credentials, a deadline, and retries where they are safe. */
export interface HttpClient {
  /** How long one try may take. */
  readonly timeoutSeconds: number;
  /**
   * @param expected statuses outside of the 200s that are answers, not errors
   * @throws ReconcileError `AUTH` (401, 403), `NOT_FOUND` (404), `API_REJECTED` (other refusals),
   * `API_UNAVAILABLE` (faults and 5xx of a request that changes nothing, or that was never sent),
   * `OUTCOME_UNKNOWN` (the same of a POST or PUT that may have been carried out)
   */
  send(request: HttpRequest, signal: AbortSignal, expected?: readonly number[]): Promise<HttpResponse>;
}

/** What a request is sent with: `fetch`, or something like it. */
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
  /** Without the query. */
  readonly path: string;
  readonly status?: number;
  readonly milliseconds: number;
  readonly attempt: number;
  readonly fault?: string;
}

/** What an API client needs. */
export interface HttpOptions extends ServiceContext {
  /** Sent with each request, the credentials among them. */
  readonly headers: Readonly<Record<string, string>>;
  /** Credentials that may have to be got, or to be renewed; otherwise they are among the headers. */
  readonly authorization?: Authorization;
  readonly userAgent: string;
  readonly fetch: Fetch;
  readonly clock: Clock;
  readonly random: () => number;
  /** How long one try may take, its body included. */
  readonly timeoutMilliseconds: number;
  /** What requests to the host pass through; shared by all who speak to it. */
  readonly gate: RateLimiter;
  readonly retry?: RetryPolicy;
  /** Once aborted, nothing is tried again: what is under way has one chance to end well. */
  readonly noRetry?: AbortSignal;
  readonly log: (entry: RequestLog) => void;
}

type AttemptResult =
  | {
      readonly type: 'answer';
      readonly status: number;
      readonly text: string;
      /** The text as JSON; `undefined` where it is empty, or none. */
      readonly body: Json | undefined;
      readonly headers: ResponseHeaders;
      /** When its head was there; milliseconds since 1970. */
      readonly at: number;
    }
  | ({ readonly type: 'fault' } & Fault);

/** Why a deadline's timer ends as a rule; made once, as each reason that is made by itself keeps a stack. */
const ended = new Error('answered');

/** Values within values, to which no answer of an API comes near. */
const maxDepth = 100;

/** A client of one API. */
export function createHttpClient(options: HttpOptions): HttpClient {
  const { clock, service, gate, noRetry } = options;
  const policy = options.retry ?? defaultRetryPolicy;
  /** How many answers there were, of any kind. */
  let answers = 0;
  /** Whether a request was given up while nothing at all was answered: then each of the others has one try. */
  let silent = false;

  async function send(
    request: HttpRequest,
    signal: AbortSignal,
    expected: readonly number[] = [],
  ): Promise<HttpResponse> {
    const answersBefore = answers;
    let renewed = false;
    for (let attempt = 1; ; attempt += 1) {
      signal.throwIfAborted();
      const authorization = await options.authorization?.header(signal);
      const tried = await gate.run(
        signal,
        async () => {
          await request.beforeTry?.(attempt);
          return tryOnce(request, signal, attempt, authorization);
        },
        noRetry,
      );
      // A 401 means that nothing was done, so any request can be sent again with other credentials; once.
      if (tried.type === 'answer' && tried.status === 401 && authorization !== undefined && !renewed) {
        renewed = true;
        if (await options.authorization?.renew(authorization, signal)) continue;
      }
      if (tried.type === 'answer' && (isOk(tried.status) || expected.includes(tried.status))) {
        return answerOf(request, tried);
      }
      const now = clock.now();
      const again =
        nextRetry(request.method, attempt, tried, now, options.random(), policy) ??
        (request.isLogin && retryLogin(attempt, tried, options.random(), policy));
      const pause = again?.hostWide ? again.wait : requestedPause(tried, now, policy);
      if (pause !== undefined) gate.pause(pause);
      const unheard = tried.type === 'fault' && answers === answersBefore;
      if (unheard && attempt >= policy.tries) silent = true;
      if (!again || noRetry?.aborted || (silent && tried.type === 'fault')) {
        throw failure(request, tried);
      }
      try {
        if (!again.hostWide) await clock.sleep(again.wait, waiting(signal));
        else await gate.open(waiting(signal));
      } catch (error) {
        if (signal.aborted || !noRetry?.aborted) throw error;
        throw failure(request, tried);
      }
    }
  }

  /** Ends a wait between two tries also when nothing is to be tried again. */
  function waiting(signal: AbortSignal): AbortSignal {
    return noRetry ? AbortSignal.any([signal, noRetry]) : signal;
  }

  function failure(request: HttpRequest, tried: AttemptResult): ReconcileError {
    return tried.type === 'answer' ? refusal(options, request, tried) : faultError(options, request, tried);
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
          ...(authorization !== undefined && { authorization }),
          'user-agent': userAgent(request),
          accept: 'application/json',
          ...(request.body !== undefined && { 'content-type': 'application/json' }),
        },
        ...(request.body !== undefined && { body: JSON.stringify(request.body) }),
        // A redirect could lead the credentials anywhere; no API here needs one.
        redirect: 'manual',
        signal: AbortSignal.any([signal, deadline.signal]),
      });
      const at = clock.now();
      isAnswered = true;
      answers += 1;
      silent = false;
      if (response.status === 429) gate.refused(started);
      else gate.onAccepted();
      const text = await readText(response);
      if (text === undefined) {
        log({ status: response.status, fault: 'too large' });
        return { type: 'fault', why: 'its answer is too large', unsent: false, lasting: true };
      }
      const body = text.trim() === '' ? undefined : parseJson(text);
      if (isNestedTooDeeply(text) || (body !== undefined && exceedsDepth(body, maxDepth))) {
        log({ status: response.status, fault: 'too deep' });
        return { type: 'fault', why: 'its answer is nested too deeply', unsent: false, lasting: true };
      }
      if (isOk(response.status) && body === undefined && isCutOff(text, response.headers)) {
        log({ status: response.status, fault: 'cut off' });
        return { type: 'fault', why: 'its answer is cut off', unsent: false };
      }
      log({ status: response.status });
      return { type: 'answer', status: response.status, text, body, headers: response.headers, at };
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      if (deadline.signal.aborted) {
        log({ fault: 'timeout' });
        return {
          type: 'fault',
          why: `no answer within ${options.timeoutMilliseconds / 1000} s`,
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

  function answerOf(request: HttpRequest, tried: AttemptResult & { type: 'answer' }): HttpResponse {
    const date = Date.parse(tried.headers.get('date') ?? '');
    const { body } = tried;
    if (isOk(tried.status) && tried.text.trim() !== '' && body === undefined) {
      throw new ReconcileError({
        code: returnsSecret(request.method) ? 'OUTCOME_UNKNOWN' : 'API_UNAVAILABLE',
        message: `${service} answered ${request.method} ${request.path} with something that is no JSON (${tried.status}, ${
          contentTypeOf(tried.headers, maskFor(options, request)) ?? 'no content type'
        })`,
        hint: 'check the API URL, and any proxy in between',
        httpStatus: tried.status,
      });
    }
    const told = { date: Math.floor(date / 1000), ahead: Math.ceil((date - tried.at) / 1000) };
    return { status: tried.status, body, ...(!Number.isNaN(date) && told) };
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

/** Whether a text that is no JSON was said to be: a connection that broke need not show otherwise. */
function isCutOff(text: string, headers: ResponseHeaders): boolean {
  return text.trim() !== '' && /\bjson\b/i.test(headers.get('content-type') ?? '');
}

function isOk(status: number): boolean {
  return status >= 200 && status < 300;
}
