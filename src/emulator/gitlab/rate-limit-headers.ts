import type { MiddlewareHandler } from 'hono';
import { limitedHeaders, type RateLimit } from '../rate-limit.ts';

/** Requests per minute. */
const perMinute = 2000;
const minute = 60_000;
const name = 'throttle_authenticated_api';

/** Creates the handler that adds what is left of the rate limit to all responses. It never rejects a request. */
export function rateLimitHeaders(now: () => number): MiddlewareHandler {
  let current = 0;
  let observed = 0;
  return async (context, next) => {
    await next();
    const started = Math.floor(now() / minute);
    observed = started === current ? observed + 1 : 1;
    current = started;
    const { headers } = context.res;
    headers.set('ratelimit-limit', String(perMinute));
    headers.set('ratelimit-name', name);
    headers.set('ratelimit-observed', String(observed));
    headers.set('ratelimit-remaining', String(Math.max(0, perMinute - observed)));
    headers.set('ratelimit-reset', String(((started + 1) * minute) / 1000));
  };
}

/**
 * Returns the headers of a 429: the common ones under GitLab's names, with its own (docs/services/gitlab.md, Rate
 * limits).
 */
export function gitlabLimitedHeaders(limit: RateLimit, now: number): Readonly<Record<string, string>> {
  if (limit.header === 'none') return {};
  const until = Math.ceil((now + limit.waitMs) / 1000);
  const renamed = Object.entries(limitedHeaders(limit, now)).map(([header, value]) => [
    header.replace('x-ratelimit-', 'ratelimit-'),
    value,
  ]);
  return {
    ...Object.fromEntries(renamed),
    'ratelimit-limit': String(perMinute),
    'ratelimit-name': name,
    'ratelimit-observed': String(perMinute + 1),
    'ratelimit-resettime': new Date(until * 1000).toUTCString(),
  };
}
