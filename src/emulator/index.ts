import { Hono } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { BadRequest } from './check.ts';
import { plainQuirks, type Quirks } from './quirks.ts';
import { registryRoutes } from './registries.ts';
import { type Seed, seedState } from './seed.ts';
import { dropExpired, type EmulatorState, type TokenState } from './state.ts';
import { tokenRoutes } from './tokens.ts';

/** How an emulator is set up. */
export interface EmulatorOptions {
  readonly seed?: Seed;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
  readonly quirks?: Partial<Quirks>;
}

/** A request that was answered. */
export interface SeenRequest {
  readonly method: string;
  /** With the query. */
  readonly path: string;
  readonly body: string;
}

/** The IONOS Container Registry API, in memory. */
export interface Emulator {
  fetch(request: Request): Promise<Response>;
  /** The live tokens of a registry, by its name. */
  tokens(registry: string): readonly TokenState[];
  /** What was asked, oldest first; the last ten thousand. */
  readonly requests: readonly SeenRequest[];
}

/** What the routes share. */
export interface World {
  readonly state: EmulatorState;
  readonly quirks: Quirks;
  readonly now: () => number;
}

/** The credentials that the emulator takes, and what they may do. */
const credentials = new Map([
  ['Bearer emulator', 'all'],
  [`Basic ${btoa('emulator:emulator')}`, 'all'],
  ['Bearer emulator-unprivileged', 'nothing'],
]);

/** An emulator of its own; nothing is shared between two. */
export function createEmulator(options: EmulatorOptions = {}): Emulator {
  const now = options.now ?? Date.now;
  const world: World = {
    state: seedState(options.seed ?? { registries: [] }, now()),
    quirks: { ...plainQuirks, ...options.quirks },
    now,
  };
  const requests: SeenRequest[] = [];
  const app = new Hono();

  app.use(async (context, next) => {
    const { method, url } = context.req.raw;
    const { pathname, search } = new URL(url);
    const body = method === 'GET' || method === 'HEAD' ? '' : await context.req.raw.clone().text();
    requests.push({ method, path: pathname + search, body });
    if (requests.length > 10_000) requests.shift();
    const rights = credentials.get(context.req.header('authorization') ?? '');
    // The body of a 401 is not documented; a page of HTML keeps clients honest.
    if (rights === undefined) return context.html('<html><body><h1>401 Unauthorized</h1></body></html>', 401);
    if (rights === 'nothing')
      return context.json(errorBody(403, 'forbidden', 'the privilege to manage registries is missing'), 403);
    await next();
    context.header('date', new Date(now()).toUTCString());
    return undefined;
  });

  const api = app.basePath('/containerregistries');
  registryRoutes(api, world);
  tokenRoutes(api, world);
  app.notFound((context) => context.json(errorBody(404, 'not-found', 'there is nothing here'), 404));
  app.onError((error, context) => {
    if (error instanceof Refusal)
      return context.json(errorBody(error.status, error.code, error.message), error.status);
    if (error instanceof BadRequest) return context.json(errorBody(400, error.code, error.message), 400);
    throw error;
  });

  return {
    fetch: async (request) => app.fetch(request),
    tokens: (name) =>
      [...world.state.values()]
        .filter((registry) => registry.name === name)
        .flatMap((registry) => {
          dropExpired(registry, now());
          return [...registry.tokens.values()];
        }),
    requests,
  };
}

/** A request that the API refuses. */
export class Refusal extends Error {
  readonly status: ContentfulStatusCode;
  readonly code: string;
  constructor(status: ContentfulStatusCode, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

function errorBody(status: number, errorCode: string, message: string): Record<string, unknown> {
  return { httpStatus: status, messages: [{ errorCode, message }] };
}
