import { onTestFinished } from 'vitest';
import type { Clock } from '../../../src/core/util/clock.ts';
import { createEmulator } from '../../../src/emulator/index.ts';
import type { Authorization } from '../../../src/http/authorization.ts';
import { createHttpClient, type Fetch, type HttpClient } from '../../../src/http/client.ts';
import { createRateLimiter } from '../../../src/http/rate-limiter.ts';
import { dockerHubAccess } from '../../../src/providers/docker-hub/access.ts';
import { dockerHubInfo } from '../../../src/providers/docker-hub/service.ts';
import { conformingToDockerHub } from '../../contract/docker-hub.ts';

export const { signal } = new AbortController();

/** The API's address here. */
export const baseUrl = 'https://hub.example';

const timeoutMilliseconds = 30_000;

/** A clock that moves when it is told to. Waits between tries are over at once; no try ever takes too long. */
export function testClock(): Clock & { pass(seconds: number): void } {
  let now = Date.parse('2030-01-01T00:00:00Z');
  return {
    now: () => now,
    monotonic: () => now,
    pass: (seconds) => {
      now += seconds * 1000;
    },
    sleep: (milliseconds, until) =>
      milliseconds === timeoutMilliseconds
        ? new Promise((_, reject) => {
            until?.addEventListener('abort', () => reject(until.reason));
          })
        : Promise.resolve(),
  };
}

/** How Docker Hub is spoken to, through this `fetch`. */
export function httpThrough(
  fetch: Fetch,
  clock: Clock = testClock(),
  authorization?: Authorization,
): HttpClient {
  return createHttpClient({
    service: 'Docker Hub',
    baseUrl,
    headers: {},
    ...(authorization && { authorization }),
    userAgent: 'reconcile/test',
    fetch,
    clock,
    random: () => 0,
    timeoutMilliseconds,
    rateLimiter: createRateLimiter({ parallelism: 10, clock }),
    mask: (text) => text,
    log: () => undefined,
    authHints: dockerHubAccess.authHints,
    errorText: dockerHubInfo.errorText,
  });
}

/** A request as a stub sees it. */
export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly body: unknown;
  readonly userAgent: string | undefined;
}

/** A service that answers as it is told: a body with 200, or an answer of its own. Gives what it was asked. */
export function stub(answer: (asked: Asked, count: number) => unknown): {
  readonly fetch: Fetch;
  readonly asked: readonly Asked[];
} {
  const asked: Asked[] = [];
  return {
    asked,
    fetch: async (url, { method, headers, body }) => {
      const { origin, pathname, searchParams } = new URL(url);
      if (origin !== baseUrl) throw new Error(`asked at ${origin}`);
      const query = Object.fromEntries(searchParams);
      const one = {
        method,
        path: pathname,
        query,
        body: body === undefined ? undefined : JSON.parse(body),
        userAgent: headers['user-agent'],
      };
      asked.push(one);
      const answered = answer(one, asked.length);
      return answered instanceof Response ? answered : Response.json(answered);
    },
  };
}

/** The embedded API, on a clock that moves by hand; every request and answer has to be as described. */
export function embeddedHub() {
  const clock = testClock();
  const emulator = createEmulator({ now: clock.now });
  const conforming = conformingToDockerHub(emulator.fetch);
  const violations: unknown[] = [];
  onTestFinished(() => {
    // The client may take a violation for a broken connection.
    if (violations.length > 0) throw violations[0];
  });
  const fetch: Fetch = async (url, init) => {
    try {
      return await conforming(new Request(url, init));
    } catch (error) {
      violations.push(error);
      throw error;
    }
  };
  return { clock, fetch, hub: emulator.hub, paths: () => emulator.requests.map(({ path }) => path) };
}

/** An unsigned JWT. */
export function jwt(claims: object): string {
  const encoded = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${encoded({ alg: 'none' })}.${encoded(claims)}.c2ln`;
}
