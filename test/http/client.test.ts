import { HttpResponse, http } from 'msw';
import { setupServer } from 'msw/node';
import { afterAll, afterEach, beforeAll, describe, expect, it, test } from 'vitest';
import { ReconcileError } from '../../src/core/model/errors.ts';
import type { Clock } from '../../src/core/util/clock.ts';
import { maxBodyBytes } from '../../src/http/body.ts';
import {
  createHttpClient,
  type Fetch,
  type HttpClient,
  type HttpOptions,
  type RequestLog,
} from '../../src/http/client.ts';
import { createRateLimiter } from '../../src/http/rate-limiter.ts';
import { ionosInfo } from '../../src/providers/ionos/service.ts';

const baseUrl = 'https://api.example.com/base';
const timeout = 30_000;

const server = setupServer();
beforeAll(() => server.listen({ onUnhandledRequest: 'error' }));
afterEach(() => server.resetHandlers());
afterAll(() => server.close());

/** A clock on which waits pass at once, but for the request's deadline: it comes when it is told to. */
function fakeClock(): Clock & { readonly slept: number[]; strike(): void } {
  const slept: number[] = [];
  const deadlines: (() => void)[] = [];
  let time = Date.UTC(2026, 0, 1);
  return {
    slept,
    strike: () => {
      for (const strike of deadlines) strike();
    },
    now: () => time,
    monotonic: () => time,
    sleep: (milliseconds, signal) => {
      if (milliseconds === timeout) {
        return new Promise((resolve, reject) => {
          deadlines.push(resolve);
          signal?.addEventListener('abort', () => reject(signal.reason));
        });
      }
      slept.push(milliseconds);
      time += milliseconds;
      return Promise.resolve();
    },
  };
}

interface Client extends HttpClient {
  readonly clock: ReturnType<typeof fakeClock>;
  readonly logged: RequestLog[];
}

function client({ parallelism = 10, ...more }: Partial<HttpOptions> & { parallelism?: number } = {}): Client {
  const clock = fakeClock();
  const logged: RequestLog[] = [];
  const made = createHttpClient({
    service: 'IONOS',
    baseUrl,
    headers: { authorization: 'Bearer hunter2' },
    userAgent: 'reconcile/test',
    fetch: globalThis.fetch,
    clock,
    random: () => 1,
    timeoutMilliseconds: timeout,
    rateLimiter: createRateLimiter({ parallelism, clock }),
    mask: (text) => text.replaceAll('hunter2', '(sensitive)'),
    log: (entry) => {
      logged.push(entry);
    },
    authHints: { unauthorized: 'check IONOS_TOKEN', forbidden: () => 'ask for the right' },
    errorText: ionosInfo.errorText,
    ...more,
  });
  return { ...made, clock, logged };
}

const signal = new AbortController().signal;
const get = { method: 'GET', path: '/things' } as const;
const post = { method: 'POST', path: '/things', body: { name: 'ci' } } as const;

/** The server answers with these, one after another, the last again and again; gives the requests it got. */
function serve(...answers: readonly (() => Response)[]): Request[] {
  const requests: Request[] = [];
  server.use(
    http.all(`${baseUrl}/*`, ({ request }) => {
      requests.push(request);
      const answer = answers[Math.min(requests.length, answers.length) - 1];
      return answer ? answer() : HttpResponse.error();
    }),
  );
  return requests;
}

async function failure(work: Promise<unknown>): Promise<ReconcileError> {
  const error: unknown = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof ReconcileError)) throw new Error('expected a ReconcileError', { cause: error });
  return error;
}

const ok = () => HttpResponse.json({ items: [] });
const answer =
  (status: number, body: string | null = null, headers: Record<string, string> = {}) =>
  () =>
    new HttpResponse(body, { status, headers });
const reset = () => HttpResponse.error();

/** A fetch that fails as undici does. */
function broken(code: string, syscall?: string): { readonly fetch: Fetch; readonly tries: () => number } {
  let tries = 0;
  return {
    tries: () => tries,
    fetch: async () => {
      tries += 1;
      throw new TypeError('fetch failed', { cause: Object.assign(new Error(code), { code, syscall }) });
    },
  };
}

describe('a request', () => {
  it('gives the total of the header that it names, if that is a number', async () => {
    const totals = ['230', 'many'];
    serve(() => HttpResponse.json([], { headers: { 'x-total-count': totals.shift() ?? '' } }));
    const list = { method: 'GET', path: '/things', totalHeader: 'X-Total-Count' } as const;
    expect(await client().send(list, signal)).toMatchObject({ total: 230 });
    expect(await client().send(list, signal)).not.toHaveProperty('total');
  });

  it('that is a PUT and a change is repeated, and its error is none of a create', async () => {
    const requests = serve(() => new HttpResponse('{}', { status: 503 }));
    const change = { method: 'PUT', path: '/things/1', body: {}, isChange: true } as const;
    await expect(client().send(change, signal)).rejects.toMatchObject({ code: 'API_UNAVAILABLE' });
    expect(requests.length).toBeGreaterThan(1);
  });

  it('carries credentials, query and body, and gives the answer with the time of the server', async () => {
    const requests = serve(() =>
      HttpResponse.json({ id: '1' }, { status: 201, headers: { date: 'Thu, 01 Jan 2026 00:00:05 GMT' } }),
    );
    const answered = await client().send({ ...post, query: { limit: 5, q: 'a b' } }, signal);
    expect(answered).toEqual({
      status: 201,
      body: { id: '1' },
      date: Date.UTC(2026, 0, 1) / 1000 + 5,
      ahead: { atLeast: 5, atMost: 5 },
      headers: expect.any(Headers),
    });
    const [request] = requests;
    expect(request?.url).toBe(`${baseUrl}/things?limit=5&q=a+b`);
    expect(request?.headers.get('authorization')).toBe('Bearer hunter2');
    expect(request?.headers.get('content-type')).toBe('application/json');
    expect(await request?.json()).toEqual({ name: 'ci' });
  });

  it('can be told by its user agent', async () => {
    const requests = serve(ok);
    await client().send({ ...post, userAgentComment: 'nonce-1' }, signal);
    await client().send(post, signal);
    expect(requests.map(({ headers }) => headers.get('user-agent'))).toEqual([
      'reconcile/test (nonce-1)',
      'reconcile/test',
    ]);
  });

  it('tells before each try, with its number', async () => {
    const before: (readonly [number, number])[] = [];
    const requests = serve(answer(429), ok);
    const beforeTry = async (tries: number): Promise<void> => {
      before.push([tries, requests.length]);
    };
    await client().send({ ...post, beforeTry }, signal);
    expect(before).toEqual([
      [1, 0],
      [2, 1],
    ]);
  });

  it('may be answered with nothing', async () => {
    serve(answer(204));
    expect(await client().send({ method: 'DELETE', path: '/things/1' }, signal)).toMatchObject({
      status: 204,
      body: undefined,
    });
  });

  it('may expect another status', async () => {
    serve(answer(404));
    expect(await client().send(get, signal, [404])).toMatchObject({ status: 404 });
  });

  it('is logged without its query, headers and body', async () => {
    serve(ok);
    const { send, logged } = client();
    await send({ ...get, query: { q: 'x' } }, signal);
    expect(logged).toEqual([{ method: 'GET', path: '/things', status: 200, milliseconds: 0, attempt: 1 }]);
  });

  it('is not sent if the run was interrupted', async () => {
    const requests = serve(ok);
    await expect(client().send(get, AbortSignal.abort(new Error('stop')))).rejects.toThrow('stop');
    expect(requests).toEqual([]);
  });
});

describe('retries', () => {
  test.each([
    {
      why: 'as long as Retry-After says',
      answers: [answer(429, null, { 'retry-after': '7' }), ok],
      slept: [7000],
    },
    { why: 'longer each time', answers: [answer(500), answer(503), ok], slept: [250, 500] },
    { why: 'after a reset', answers: [reset, ok], slept: [250] },
  ])('repeat a GET, waiting $why', async ({ answers, slept }) => {
    const requests = serve(...answers);
    const { send, clock } = client();
    expect(await send(get, signal)).toMatchObject({ status: 200, body: { items: [] } });
    expect(requests).toHaveLength(answers.length);
    expect(clock.slept).toEqual(slept);
  });

  it('end after six tries', async () => {
    const requests = serve(answer(503));
    expect(await failure(client().send(get, signal))).toMatchObject({
      code: 'API_UNAVAILABLE',
      httpStatus: 503,
    });
    expect(requests).toHaveLength(6);
  });

  test.each([
    { why: '500', result: answer(500) },
    { why: 'a reset', result: reset },
    { why: 'an answer that is no JSON', result: answer(201, '<html>', { 'content-type': 'text/html' }) },
  ])('never repeat a POST after $why: its outcome is unknown', async ({ result }) => {
    const requests = serve(result);
    const { send, clock } = client();
    expect((await failure(send(post, signal))).code).toBe('OUTCOME_UNKNOWN');
    expect((await failure(send({ ...post, method: 'PUT' }, signal))).code).toBe('OUTCOME_UNKNOWN');
    expect(requests).toHaveLength(2);
    expect(clock.slept).toEqual([]);
  });

  it('are one for each request once a host has left one without any answer, until it answers again', async () => {
    const requests = serve(...Array.from({ length: 9 }, () => reset), ok, reset, ok);
    const { send } = client();
    const tries = async (): Promise<number> => {
      const before = requests.length;
      await send(get, signal).catch(() => undefined);
      return requests.length - before;
    };
    // Six tries, then one each; the tenth is answered, and the next is tried again.
    expect([await tries(), await tries(), await tries(), await tries()]).toEqual([6, 1, 1, 1]);
    expect([await tries(), await tries()]).toEqual([1, 2]);
  });

  it('pause for as long as the host asks, even after a request without retry', async () => {
    serve(answer(503, null, { 'retry-after': '7' }), ok);
    const { send, clock } = client();
    expect((await failure(send(post, signal))).code).toBe('OUTCOME_UNKNOWN');
    expect(clock.slept).toEqual([]);
    await send(get, signal);
    expect(clock.slept).toEqual([7000]);
  });

  it('wait for the next quota after a response that used up the last one', async () => {
    const reset = String(Date.UTC(2026, 0, 1) / 1000 + 20);
    const used = answer(200, '{}', { 'ratelimit-remaining': '0', 'ratelimit-reset': reset });
    const requests = serve(used, ok);
    const { send, clock } = client();
    await send(get, signal);
    expect(clock.slept).toEqual([]);
    await send(get, signal);
    expect(clock.slept).toEqual([20_000]);
    expect(requests).toHaveLength(2);
  });

  it('repeat a request that is limited with a text', async () => {
    const reset = String(Date.UTC(2026, 0, 1) / 1000 + 20);
    const limited = answer(429, 'Retry later\n', { 'content-type': 'text/plain', 'ratelimit-reset': reset });
    serve(limited, ok);
    const { send, clock } = client();
    expect(await send(get, signal)).toMatchObject({ status: 200 });
    expect(clock.slept).toEqual([20_000]);
  });

  test.each([
    { why: 'a fault', first: reset },
    { why: 'a pause that the host asks for', first: answer(429, null, { 'retry-after': '100' }) },
  ])('are not waited for once the run hurries: after $why', async ({ first }) => {
    const requests = serve(first, ok);
    const hurry = new AbortController();
    const clock: Clock = {
      now: () => 0,
      monotonic: () => 0,
      // Waiting requests are aborted.
      sleep: (milliseconds, waiting) =>
        new Promise((_, reject) => {
          waiting?.addEventListener('abort', () => reject(waiting.reason));
          if (milliseconds !== timeout) hurry.abort(new Error('the deadline is over'));
        }),
    };
    const { send } = client({
      clock,
      noRetry: hurry.signal,
      rateLimiter: createRateLimiter({ parallelism: 1, clock }),
    });
    expect((await failure(send(get, signal))).code).toBe('API_UNAVAILABLE');
    expect(requests).toHaveLength(1);
  });

  it('renew credentials once: a service that refuses all of them is not asked for ever', async () => {
    const requests = serve(answer(401));
    let made = 0;
    const authorization = {
      header: async () => `Bearer ${made}`,
      renew: async () => {
        made += 1;
        return true;
      },
    };
    expect((await failure(client({ authorization }).send(get, signal))).code).toBe('AUTH');
    expect(requests).toHaveLength(2);
  });

  it('repeat a POST after 429', async () => {
    const requests = serve(answer(429, null, { 'retry-after': '2' }), answer(201, '{"id":"1"}'));
    const { send, clock } = client();
    expect(await send(post, signal)).toMatchObject({ status: 201 });
    expect(requests).toHaveLength(2);
    expect(clock.slept).toEqual([2000]);
  });

  test.each([
    { code: 'ECONNREFUSED', why: 'was certainly not sent', tries: 6, error: 'API_UNAVAILABLE' },
    { code: 'ENOTFOUND', why: 'was certainly not sent', tries: 6, error: 'API_UNAVAILABLE' },
    { code: 'UND_ERR_CONNECT_TIMEOUT', why: 'was certainly not sent', tries: 6, error: 'API_UNAVAILABLE' },
    { code: 'ECONNRESET', why: 'may have been carried out', tries: 1, error: 'OUTCOME_UNKNOWN' },
    { code: 'UND_ERR_SOCKET', why: 'may have been carried out', tries: 1, error: 'OUTCOME_UNKNOWN' },
    { code: 'ESOMETHING', why: 'may have been carried out', tries: 1, error: 'OUTCOME_UNKNOWN' },
    { code: 'EHOSTUNREACH', why: 'was certainly not sent', tries: 6, error: 'API_UNAVAILABLE' },
    {
      code: 'EHOSTUNREACH',
      syscall: 'read',
      why: 'may have been carried out',
      tries: 1,
      error: 'OUTCOME_UNKNOWN',
    },
  ])('of a POST after $code, as it $why: $tries tries', async ({ code, syscall, tries, error }) => {
    const transport = broken(code, syscall);
    expect((await failure(client({ fetch: transport.fetch }).send(post, signal))).code).toBe(error);
    expect(transport.tries()).toBe(tries);
  });
});

describe('rejections', () => {
  test.each([
    { status: 401, code: 'AUTH', hint: 'check IONOS_TOKEN' },
    { status: 403, code: 'AUTH', hint: 'ask for the right' },
    { status: 404, code: 'NOT_FOUND', hint: undefined },
    { status: 400, code: 'API_REJECTED', hint: undefined },
    { status: 409, code: 'API_REJECTED', hint: undefined },
    { status: 422, code: 'API_REJECTED', hint: undefined },
  ])('$status is $code, at once', async ({ status, code, hint }) => {
    const body = JSON.stringify({ messages: [{ errorCode: 'x-1', message: 'no such thing' }] });
    const requests = serve(answer(status, body, { 'content-type': 'application/json' }));
    const error = await failure(client().send(post, signal));
    expect(error).toMatchObject({ code, httpStatus: status });
    expect(error.hint).toBe(hint);
    expect(error.message).toContain('no such thing (x-1)');
    expect(requests).toHaveLength(1);
  });

  it('429 to the last is API_UNAVAILABLE', async () => {
    serve(answer(429, null, { 'retry-after': '1' }));
    const { send, clock } = client();
    expect(await failure(send(post, signal))).toMatchObject({ code: 'API_UNAVAILABLE', httpStatus: 429 });
    expect(clock.slept).toEqual(Array(11).fill(1000));
  });

  test.each([301, 302, 307, 308])('a redirect (%i) is not followed', async (status) => {
    const requests = serve(answer(status, null, { location: `${baseUrl}/elsewhere` }));
    const error = await failure(client().send(get, signal));
    expect(error).toMatchObject({ code: 'API_REJECTED', httpStatus: status });
    expect(error.message).toContain('not followed');
    expect(requests).toHaveLength(1);
  });

  it('a response of HTML is an error', async () => {
    serve(answer(200, '<html>log in</html>', { 'content-type': 'text/html' }));
    const error = await failure(client().send(get, signal));
    expect(error.code).toBe('API_UNAVAILABLE');
    expect(error.message).toContain('text/html');
  });

  test.each([
    { request: get, code: 'API_UNAVAILABLE' },
    { request: post, code: 'OUTCOME_UNKNOWN' },
  ])('a response over the limit is an error: $code for a $request.method', async ({ request, code }) => {
    const endless: Fetch = async () =>
      new Response(
        new ReadableStream({
          pull: (controller) => controller.enqueue(new Uint8Array(maxBodyBytes / 4)),
        }),
      );
    const error = await failure(client({ fetch: endless }).send(request, signal));
    expect(error.code).toBe(code);
    expect(error.message).toContain('too large');
  });

  test.each([
    { why: 'as a message', body: '{"message":"Bearer hunter2 has expired"}' },
    { why: 'as text', body: 'Bearer hunter2 has expired' },
  ])('mask credentials that are echoed $why', async ({ body }) => {
    serve(answer(401, body));
    const { message } = await failure(client().send(get, signal));
    expect(message).not.toContain('hunter2');
    expect(message).toContain('Bearer (sensitive) has expired');
  });

  const secret = 'Zx8kq0aBc9dEf7gH1';
  const put = { ...post, method: 'PUT' } as const;
  test.each([
    { why: 'in a message of IONOS', body: JSON.stringify({ messages: [{ message: `bad ${secret}` }] }) },
    { why: 'in its code', body: JSON.stringify({ messages: [{ errorCode: secret, message: 'bad' }] }) },
    { why: 'in a message of Docker Hub', body: JSON.stringify({ message: `token=${secret}` }) },
    { why: 'as a key', body: JSON.stringify({ detail: 'bad', fields: { [secret]: 'x' } }) },
    { why: 'with escapes', body: JSON.stringify({ text: secret }).replace('Z', '\\u005a') },
    { why: 'where a long text is cut', body: JSON.stringify({ text: `${'x '.repeat(245)}${secret}` }) },
    { why: 'in no known shape', body: JSON.stringify({ token: secret }) },
    { why: 'in its type', body: '<p>', headers: { 'content-type': `text/html; v=${secret}` } },
  ])('mask a possible new secret in the response to a create: $why', async (given) => {
    for (const status of [400, 401, 403, 404, 408, 409, 422, 500, 503]) {
      for (const request of [post, put]) {
        serve(answer(status, given.body, given.headers));
        const { message, hint = '' } = await failure(client().send(request, signal));
        expect(message + hint).not.toContain(secret);
        // Nor any part of it that would help to guess the rest.
        expect(message + hint).not.toContain(secret.slice(1, 8));
      }
    }
    serve(answer(201, '<p>', given.headers));
    expect((await failure(client().send(post, signal))).message).not.toContain(secret);
  });

  it('show what the request to create has said itself, and the ID in the error of a read', async () => {
    const body = { name: 'ci-push-20260101-eu' };
    serve(answer(422, '{"message":"the name ci-push-20260101-eu is taken"}'));
    expect((await failure(client().send({ ...post, body }, signal))).message).toContain(body.name);
    serve(answer(400, '{"message":"no token 0b6d3f0e-1111-4222-8333"}'));
    expect((await failure(client().send(get, signal))).message).toContain('0b6d3f0e-1111-4222-8333');
  });

  it('mask a credential that is echoed with escapes', async () => {
    serve(answer(401, '{"message":"Bearer \\u0068unter2 has expired"}'));
    expect((await failure(client().send(get, signal))).message).not.toContain('hunter2');
  });

  it('leave no half of a credential where a long text is cut', async () => {
    serve(answer(401, `${'x'.repeat(107)} Bearer hunter2 has expired`));
    expect((await failure(client().send(get, signal))).message).not.toContain('hunt');
  });
});

describe('the deadline of a request', () => {
  const silent: Fetch = (_, init) =>
    new Promise((_resolve, reject) => {
      init.signal.throwIfAborted();
      init.signal.addEventListener('abort', () => reject(init.signal.reason));
    });

  it('ends a request without a response; a create then has an unknown outcome', async () => {
    const { send, clock, logged } = client({ fetch: silent });
    const sent = failure(send(post, signal));
    await expect
      .poll(() => {
        clock.strike();
        return logged.length;
      })
      .toBe(1);
    const error = await sent;
    expect(error.code).toBe('OUTCOME_UNKNOWN');
    expect(error.message).toContain('no response within 30 s');
    expect(logged).toMatchObject([{ fault: 'timeout', attempt: 1 }]);
  });

  it('covers the body', async () => {
    const stalled: Fetch = async (_, init) =>
      new Response(
        new ReadableStream({
          start(controller) {
            init.signal.addEventListener('abort', () => controller.error(init.signal.reason));
          },
        }),
      );
    const { send, clock, logged } = client({ fetch: stalled });
    const sent = failure(send(post, signal));
    await expect
      .poll(() => {
        clock.strike();
        return logged.length;
      })
      .toBe(1);
    expect((await sent).message).toContain('no response within 30 s');
  });

  it('is not what ends a request when the run is interrupted', async () => {
    const run = new AbortController();
    const sent = client({ fetch: silent }).send(get, run.signal);
    run.abort(new Error('stop'));
    await expect(sent).rejects.toThrow('stop');
  });
});

it('no more requests are under way at once than allowed', async () => {
  let underWay = 0;
  let most = 0;
  const answers: (() => void)[] = [];
  const slow: Fetch = async () => {
    underWay += 1;
    most = Math.max(most, underWay);
    await new Promise<void>((resolve) => {
      answers.push(resolve);
    });
    underWay -= 1;
    return new Response('{}');
  };
  const { send } = client({ fetch: slow, parallelism: 3 });
  let done = 0;
  const all = Promise.all(
    Array.from({ length: 10 }, async () => {
      await send(get, signal);
      done += 1;
    }),
  );
  await expect
    .poll(
      () => {
        answers.shift()?.();
        return done;
      },
      { interval: 1 },
    )
    .toBe(10);
  await all;
  expect(most).toBe(3);
});
