import { setMaxListeners } from 'node:events';
import type { buildConnector as BuildConnector, Dispatcher, Pool as PoolTypes } from 'undici';
import type { ResponseHeaders } from './body.ts';
import { pinCertificate } from './certificate-pin.ts';
import type { Fetch, FetchResponse } from './client.ts';
import { skipInterimResponses } from './interim.ts';
import { type Proxies, proxyFor } from './proxy.ts';

/** A function like `fetch` on a pool of persistent connections, and the function that closes them. */
export interface Transport {
  readonly fetch: Fetch;
  close(): Promise<void>;
}

/** The options for connections. */
export interface TransportOptions {
  /** The address of the API. */
  readonly url: string;
  /** Maximum number of connections to a host. */
  readonly connections: number;
  /** Maximum duration of a whole request. The connection has to be established earlier, or nothing was sent. */
  readonly timeoutMilliseconds: number;
  /** SHA-256 of the server's certificate, 64 hex digits in lower case. Checked in addition to CA and host name. */
  readonly fingerprint?: string;
  readonly proxies: Proxies;
}

/** Maximum duration of connecting, in milliseconds. */
const connectMilliseconds = 10_000;

/** Creates a transport with its own pool. */
export function createTransport(options: TransportOptions): Transport {
  let opened: Promise<Dispatcher> | undefined;
  // The pool doesn't own a connection that is still being established, which would keep the process alive.
  const closing = new AbortController();
  setMaxListeners(0, closing.signal);
  return {
    async fetch(url, { method, headers, body, signal }) {
      opened ??= open(options, closing.signal);
      const dispatcher = await opened;
      // Node connects a socket although its signal is aborted already, and nothing would ever close it.
      if (closing.signal.aborted) throw Object.assign(new Error('closed'), { code: 'UND_ERR_DESTROYED' });
      const { origin, pathname, search } = new URL(url);
      // Not the built-in `fetch`: its streams take several times as long as the rest of a request.
      const asked = dispatcher.request({
        origin,
        path: `${pathname}${search}`,
        method: method as Dispatcher.HttpMethod,
        headers: { ...headers, 'accept-encoding': 'gzip' },
        body: body ?? null,
        signal,
      });
      const response = await unlessAborted(asked, signal);
      const reported = headersOf(response.headers);
      return { status: response.statusCode, headers: reported, body: await decoded(response.body, reported) };
    },
    async close() {
      closing.abort();
      await (await opened)?.destroy();
    },
  };
}

/**
 * Returns the result of a request, or rejects with the signal's reason if that is first. A request that waits for its
 * connection sees the signal only once that is established; it is not sent then.
 */
async function unlessAborted<T>(asked: Promise<T>, signal: AbortSignal): Promise<T> {
  let end = (): void => undefined;
  const aborted = new Promise<never>((_, reject) => {
    end = () => reject(signal.reason);
    signal.addEventListener('abort', end, { once: true });
  });
  try {
    return await Promise.race([asked, aborted]);
  } finally {
    signal.removeEventListener('abort', end);
  }
}

function headersOf(headers: Dispatcher.ResponseData['headers']): ResponseHeaders {
  return {
    get: (name) => {
      const value = headers[name.toLowerCase()];
      return Array.isArray(value) ? value.join(', ') : (value ?? null);
    },
  };
}

async function decoded(
  body: Dispatcher.ResponseData['body'],
  headers: ResponseHeaders,
): Promise<FetchResponse['body']> {
  if (!/^\s*(x-)?gzip\s*$/i.test(headers.get('content-encoding') ?? '')) return body;
  const [{ pipeline }, { createGunzip }] = await Promise.all([import('node:stream'), import('node:zlib')]);
  // A failure of either stream shows as a failure of reading.
  return pipeline(body, createGunzip(), () => undefined);
}

async function open(options: TransportOptions, signal: AbortSignal): Promise<Dispatcher> {
  const { connections, timeoutMilliseconds, fingerprint, proxies } = options;
  // Loaded on demand, as many commands send nothing.
  const { Agent, buildConnector, EnvHttpProxyAgent, Pool } = await import('undici');
  const timeout = Math.min(connectMilliseconds, timeoutMilliseconds * 0.8);
  // Set explicitly, as the environment can disable it for a whole process.
  const ends = { timeout, signal, rejectUnauthorized: true };
  // A resumed session skips the check of the certificate, so sessions aren't resumed with a pin.
  const pinned =
    fingerprint === undefined
      ? {}
      : { checkServerIdentity: pinCertificate(fingerprint), maxCachedSessions: 0 };
  const common = {
    connections,
    keepAliveTimeout: 10_000,
    // The client's own deadline covers the whole request. These would only interrupt it with another message.
    headersTimeout: 0,
    bodyTimeout: 0,
    connect: { ...ends, ...pinned },
    // Creates the connections of an agent, direct or through a proxy.
    factory: (origin: string | URL, { connect, ...more }: PoolTypes.Options): Dispatcher => {
      const connector = typeof connect === 'function' ? connect : buildConnector(connect);
      const lenient: BuildConnector.connector = (target, done) =>
        connector(target, (...made: Parameters<BuildConnector.Callback>) => {
          if (made[1]) skipInterimResponses(made[1]);
          done(...made);
        });
      return new Pool(origin, { ...more, connect: lenient });
    },
  };
  const proxy = proxyFor(options.url, proxies);
  if (proxy === '') return new Agent(common);
  return new EnvHttpProxyAgent({
    ...common,
    httpProxy: proxy,
    httpsProxy: proxy,
    noProxy: proxies.none,
    // Plain http uses an ordinary proxy request; only https needs a tunnel.
    proxyTunnel: false,
    proxyTls: ends,
    requestTls: { ...ends, ...pinned },
  });
}
