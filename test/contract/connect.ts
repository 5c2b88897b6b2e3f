import { afterEach, expect } from 'vitest';
import type { Clock } from '../../src/core/util/clock.ts';
import { createHttpClient, type Fetch } from '../../src/http/client.ts';
import { createRateLimiter } from '../../src/http/rate-limiter.ts';
import type { Client, CreateMarker } from '../../src/providers/provider.ts';
import { type Provider, type Running, start } from './subject.ts';

const violations: unknown[] = [];

/** Fails each test of a file in which a request or a response violates the description of the service. */
export function failOnSpecViolations(): void {
  // The provider may take a violation for a broken connection, so it is told here once more.
  afterEach(() => {
    expect(violations.splice(0)).toEqual([]);
  });
}

const timeoutMilliseconds = 30_000;

/** A clock on which pauses end at once, and no request times out. */
const clock: Clock = {
  now: () => start,
  monotonic: () => start,
  sleep: (milliseconds, signal) =>
    milliseconds === timeoutMilliseconds
      ? new Promise((_, reject) => {
          signal?.addEventListener('abort', () => reject(signal.reason));
        })
      : Promise.resolve(),
};

/** Creates a client of a service in memory. */
export function connect(
  provider: Provider,
  running: Pick<Running, 'baseUrl' | 'fetch' | 'authorizations'>,
  authorization = running.authorizations.valid,
): Client {
  const fetch: Fetch = async (url, init) => {
    try {
      return await running.fetch(new Request(url, init));
    } catch (error) {
      if (!isNetworkFault(error)) violations.push(error);
      throw error;
    }
  };
  return provider.connect({
    http: createHttpClient({
      service: provider.declaration.service.name,
      baseUrl: running.baseUrl,
      headers: headersOf(provider, authorization),
      userAgent: 'reconcile/test',
      fetch,
      clock,
      random: () => 0,
      timeoutMilliseconds,
      rateLimiter: createRateLimiter({ parallelism: 4, clock }),
      mask: (text) => text,
      log: () => undefined,
      authHints: provider.access.authHints,
      errorText: provider.declaration.service.errorText,
    }),
    endpoint: running.baseUrl,
    program: 'reconcile/test',
    user: async () => userIn(authorization),
    now: () => start,
  });
}

/** Returns the header with credentials, as the provider sends it. */
function headersOf({ access: { tokenHeader } }: Provider, authorization: string): Record<string, string> {
  return tokenHeader === undefined
    ? { authorization }
    : { [tokenHeader]: authorization.replace(/^Bearer /, '') };
}

/** Returns the user of Basic credentials; the usual one if they are a token. */
function userIn(authorization: string): string {
  const [scheme, encoded = ''] = authorization.split(' ');
  if (scheme !== 'Basic') return 'emulator';
  return Buffer.from(encoded, 'base64').toString().split(':')[0] ?? '';
}

/** Tells whether an error is one that a service in memory throws in place of a lost response. */
function isNetworkFault(error: unknown): boolean {
  return error instanceof TypeError && error.message === 'fetch failed';
}

/** A create under an ID of the service's choice, or of ours. */
export function mark(id: string | null = null): CreateMarker {
  return { nonce: 'nonce-1', id, beforeTry: async () => undefined };
}
