import { setTimeout } from 'node:timers/promises';
import { createApp, isTokenPath } from './app.ts';
import { type Fate, fateBy, meetFate, type TokenRequest } from './fate.ts';
import { intervene, type SecondActor, secondActor } from './intervene.ts';
import { createLate } from './late.ts';
import { plainQuirks, type Quirks } from './quirks.ts';
import { type Seed, seedState } from './seed.ts';
import type { TokenState } from './state.ts';
import { createStore } from './store.ts';

export type { Fate, TokenRequest } from './fate.ts';
export { Refusal } from './refusal.ts';
export type { NewToken } from './store.ts';
export type { World } from './world.ts';

/** How an emulator is set up. */
export interface EmulatorOptions {
  readonly seed?: Seed;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
  /** How late requests wait for their time. */
  readonly sleep?: (milliseconds: number) => Promise<void>;
  /** On top of the seed's. */
  readonly quirks?: Partial<Quirks>;
  /** Decides what becomes of a request to tokens; in place of the seed's list. Called once for each. */
  readonly fate?: (request: TokenRequest) => Fate;
}

/** A request that arrived. */
export interface SeenRequest {
  readonly method: string;
  /** With the query. */
  readonly path: string;
  /** Never that of a login. */
  readonly body: string;
}

/** The IONOS Container Registry API and the registry endpoint, in memory. */
export interface Emulator extends SecondActor {
  /** Rejects as `fetch` does where the connection is dropped. */
  fetch(request: Request): Promise<Response>;
  /** The live tokens of a registry, by its name; as they are, whatever reads show. */
  tokens(registry: string): readonly TokenState[];
  /** What was asked, oldest first; the last ten thousand. */
  readonly requests: readonly SeenRequest[];
  /** Resolves when no late request is left that has yet to take effect. */
  settled(): Promise<void>;
}

/** An emulator of its own; nothing is shared between two. */
export function createEmulator(options: EmulatorOptions = {}): Emulator {
  const seed = options.seed ?? { registries: [] };
  const now = options.now ?? Date.now;
  const quirks: Quirks = { ...plainQuirks, ...seed.quirks, ...options.quirks };
  const fate = options.fate ?? fateBy(seed.lost ?? []);
  // A late request keeps no process alive.
  const sleep = options.sleep ?? ((milliseconds) => setTimeout(milliseconds, undefined, { ref: false }));

  const state = seedState(seed, now());
  const store = createStore(quirks, now);
  const app = createApp({ state, store, quirks, now });
  const late = createLate(quirks.lateCommit, sleep);
  const actor = secondActor(state, store);
  const tokens = (name: string): readonly TokenState[] =>
    [...state.values()].filter((registry) => registry.name === name).flatMap(store.live);

  const requests: SeenRequest[] = [];
  const counts = new Map<string, number>();

  const record = async (request: Request, { pathname, search }: URL): Promise<void> => {
    const { method } = request;
    // Some clients try to log in by a POST first, with the password in its body.
    const silent = method === 'GET' || method === 'HEAD' || pathname === '/v2/token';
    requests.push({ method, path: pathname + search, body: silent ? '' : await request.clone().text() });
    if (requests.length > 10_000) requests.shift();
  };

  const answer = async (request: Request): Promise<Response> => {
    const url = new URL(request.url);
    await record(request, url);
    await late.caughtUp();
    if (!isTokenPath(url.pathname)) return app(request);
    const { method } = request;
    const count = (counts.get(method) ?? 0) + 1;
    counts.set(method, count);
    const asked: TokenRequest = { method, path: url.pathname + url.search, count };
    intervene(seed.secondActor ?? [], asked, actor, tokens);
    return meetFate(fate(asked), request, app, late.later);
  };

  return {
    ...actor,
    fetch: async (request) => {
      const response = await answer(request);
      // Refusals tell the time, too.
      response.headers.set('date', new Date(now()).toUTCString());
      return response;
    },
    tokens,
    requests,
    settled: late.settled,
  };
}
