import { objectOf, parseContent } from './parse-content.ts';
import { defaultQuirks, type StandInQuirks } from './quirks.ts';
import { ServiceError } from './service-error.ts';
import { showToken } from './show-token.ts';
import { createStore, type StandInSeed, type Store, type StoredScope, type TokenContent } from './store.ts';

/** The address of the service. */
export const standInUrl = 'https://stand-in.example/api';

/** The fault of a request: no response, before or after it takes effect. */
export type StandInFault = 'before' | 'after';

/** The options of the service. */
export interface StandInOptions {
  /** Returns milliseconds since 1970. */
  readonly now: () => number;
  /** Returns so many random bytes in hex. */
  readonly hex: (bytes: number) => string;
  readonly seed: StandInSeed;
  readonly quirks?: Partial<StandInQuirks>;
  /** Returns the fault of a request; called before it is handled. */
  readonly faultFor?: (method: string, path: string) => StandInFault | undefined;
}

/** A request as it was received. */
export interface ReceivedRequest {
  readonly method: string;
  /** The path below the base URL, without the query. */
  readonly path: string;
  readonly body: string;
}

/** A made-up service in memory. Its PUT replaces a whole token, its tokens have numbers, and it knows days only. */
export interface StandIn {
  readonly store: Store;
  readonly requests: readonly ReceivedRequest[];
  fetch(request: Request): Promise<Response>;
  /** Creates a token on behalf of a user of the console. Returns its ID and secret. */
  createAs(
    user: string,
    path: string,
    content: Partial<TokenContent>,
  ): { readonly id: string; readonly secret: string };
  /** Changes a part of a token, as the console does. */
  changeAs(path: string, id: string, change: Partial<TokenContent>): void;
}

/** The users, by their bearer token. `limited` may not set secrets, and `reader` may do nothing. */
const users: Readonly<Record<string, { readonly name: string; readonly denied: readonly string[] }>> = {
  'Bearer emulator': { name: 'emulator', denied: [] },
  'Bearer other': { name: 'other', denied: [] },
  'Bearer limited': { name: 'limited', denied: ['set_secret'] },
  'Bearer reader': { name: 'reader', denied: ['list', 'create', 'change', 'delete', 'set_secret'] },
};

const content: TokenContent = { name: '', description: '', permissions: [], days: -1, disabled: false };

/** Creates the service. The same options and requests always lead to the same responses. */
export function createStandInService(options: StandInOptions): StandIn {
  const quirks = { ...defaultQuirks, ...options.quirks };
  const { now, hex } = options;
  const store = createStore(options.seed, quirks, now, hex);
  const requests: ReceivedRequest[] = [];
  const shuffle = <T>(items: readonly T[]): readonly T[] =>
    items
      .map((item) => ({ item, key: hex(4) }))
      .sort((a, b) => (a.key < b.key ? -1 : 1))
      .map(({ item }) => item);
  const shown = (scope: StoredScope, token: Parameters<typeof showToken>[0]): object =>
    showToken(store.lag.shown(token), scope, quirks, now(), shuffle);

  const respond = (status: number, body?: unknown, headers: Readonly<Record<string, string>> = {}) =>
    new Response(body === undefined ? null : JSON.stringify(body), {
      status,
      headers: {
        date: new Date(now()).toUTCString(),
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
    });

  const page = (items: readonly object[], query: URLSearchParams): Response => {
    const size = Math.min(Number(query.get('page_size') ?? 10), quirks.pageCap);
    const first = (Number(query.get('page') ?? 1) - 1) * size;
    return respond(200, items.slice(first, first + size), {
      ...(quirks.totals && { 'x-total-count': String(items.length) }),
    });
  };

  const userOf = (authorization: string | null, right: string) => {
    const user = users[authorization ?? ''];
    if (!user) throw new ServiceError(401, 'unknown credentials');
    if (user.denied.includes(right)) throw new ServiceError(403, `${user.name} may not ${right}`);
    return user;
  };

  const handle = async (request: Request, path: string, query: URLSearchParams): Promise<Response> => {
    const { method } = request;
    const right =
      { GET: 'list', POST: 'create', PUT: 'change', PATCH: 'set_secret', DELETE: 'delete' }[method] ?? '';
    if (path === '/me') {
      const user = users[request.headers.get('authorization') ?? ''];
      if (!user) throw new ServiceError(401, 'unknown credentials');
      return respond(200, user);
    }
    const user = userOf(request.headers.get('authorization'), right);
    if (path === '/projects') {
      const projects = [...store.scopes.values()].filter(({ project }) => project !== '');
      return page(
        projects.map(({ path: own, project: name }) => ({ id: Number(own.slice('projects/'.length)), name })),
        query,
      );
    }
    const [, own = '', id] = /^\/(projects\/\d+|system)\/tokens(?:\/(\d+))?$/.exec(path) ?? [];
    const scope = store.scope(own);
    if (id === undefined) {
      if (method === 'GET') {
        return page(
          store.lag.listed(scope.collection).map((token) => shown(scope, token)),
          query,
        );
      }
      const token = store.add(scope, parseContent(await request.json(), quirks), user.name);
      return respond(201, { ...shown(scope, token), secret: token.secret });
    }
    const token = scope.collection.tokens.get(id);
    if (!token) throw new ServiceError(404, `no token ${id}`);
    switch (method) {
      case 'GET':
        if (!store.lag.readable(token)) throw new ServiceError(404, `no token ${id}`);
        return respond(200, shown(scope, token));
      case 'PUT': {
        const changed = parseContent(await request.json(), quirks);
        if (changed.name !== token.content.name) throw new ServiceError(400, 'name: a token keeps its name');
        store.change(token, { content: changed });
        return respond(200);
      }
      case 'PATCH': {
        const { secret } = objectOf(await request.json());
        if (typeof secret !== 'string' || secret.length < 8) throw new ServiceError(400, 'secret: too short');
        store.change(token, { secret });
        return respond(200);
      }
      case 'DELETE':
        store.remove(scope, id);
        return respond(200);
      default:
        throw new ServiceError(405, method);
    }
  };

  return {
    store,
    requests,
    async fetch(request) {
      const url = new URL(request.url);
      const path = url.pathname.slice(new URL(standInUrl).pathname.length);
      requests.push({ method: request.method, path, body: await request.clone().text() });
      const fault = options.faultFor?.(request.method, path);
      if (fault === 'before') throw lost();
      const response = await handle(request, path, url.searchParams).catch((error: unknown) => {
        if (!(error instanceof ServiceError)) throw error;
        return respond(error.status, { errors: [{ message: error.message }] });
      });
      if (fault === 'after') throw lost();
      return response;
    },
    createAs(user, path, given) {
      const { id, secret } = store.add(store.scope(path), { ...content, ...given }, user);
      return { id, secret };
    },
    changeAs(path, id, change) {
      const token = store.scope(path).collection.tokens.get(id);
      if (token) store.change(token, { content: { ...token.content, ...change } });
    },
  };
}

function lost(): Error {
  return new TypeError('fetch failed', {
    cause: Object.assign(new Error('ECONNRESET'), { code: 'ECONNRESET' }),
  });
}
