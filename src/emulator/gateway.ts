import { createDelayedCommits } from './delayed-commit.ts';
import { type Fault, isNth } from './fault.ts';
import { injectFault } from './inject-fault.ts';
import type { TokenRequest } from './nth-request.ts';
import { type ApiRequest, limitedHeaders, type RateLimit } from './rate-limit.ts';
import type { EmulatedService } from './service.ts';

/** Functions that choose the fault and the rate limit of each request. Without one, the seed's lists apply. */
export interface FaultInjection {
  readonly fault?: ((request: TokenRequest) => Fault) | undefined;
  readonly rateLimit?: ((request: ApiRequest) => RateLimit | undefined) | undefined;
}

/** The entry point of requests to a service, which applies their faults. */
export interface Gateway {
  enter(request: Request, url: URL): Promise<Response>;
  /** Resolves when all late requests whose delay is over have taken effect. */
  caughtUp(): Promise<void>;
  /** Resolves when no late request is left. */
  settled(): Promise<void>;
}

/** Creates the entry point of one service. Its requests are counted separately from those of other services. */
export function createGateway(
  service: EmulatedService,
  { fault = service.faultOf, rateLimit = bySeed(service) }: FaultInjection,
  now: () => number,
  sleep: (milliseconds: number) => Promise<void>,
): Gateway {
  const late = createDelayedCommits(service.lateCommit, sleep);
  const all = createCounter();
  const toTokens = createCounter();

  return {
    enter: async (request, { pathname, search }) => {
      const { method } = request;
      const path = pathname + search;
      const limit = rateLimit({ service: service.name, method, path, count: all(method) });
      if (limit) {
        const headers = service.limitedHeaders?.(limit) ?? limitedHeaders(limit, now());
        return limitedResponse(service.limitedBody(), headers);
      }
      if (!service.isTokenPath(pathname)) return service.handle(request);
      const asked: TokenRequest = { method, path, count: toTokens(method) };
      service.before(asked);
      return injectFault(fault(asked), request, service, late.later);
    },
    caughtUp: late.caughtUp,
    settled: late.settled,
  };
}

function bySeed({ limited }: EmulatedService): (request: ApiRequest) => RateLimit | undefined {
  return (request) => limited.find((entry) => isNth(entry, request));
}

function limitedResponse(body: Response, headers: Readonly<Record<string, string>>): Response {
  for (const [name, value] of Object.entries(headers)) body.headers.set(name, value);
  return body;
}

/** Creates a counter for each method, from 1. */
function createCounter(): (method: string) => number {
  const counts = new Map<string, number>();
  return (method) => {
    const count = (counts.get(method) ?? 0) + 1;
    counts.set(method, count);
    return count;
  };
}
