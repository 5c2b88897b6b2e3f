import { setMaxListeners } from 'node:events';
import type { Dispatcher } from 'undici';
import type { Fetch } from './client.ts';
import { pinCertificate } from './pin.ts';
import { type Proxies, proxyFor } from './proxy.ts';

/** A `fetch` over a pool of connections that are kept alive, and the way to close them. */
export interface Transport {
  readonly fetch: Fetch;
  close(): Promise<void>;
}

/** How connections are made. */
export interface TransportOptions {
  /** The address of the API that is spoken to. */
  readonly url: string;
  /** Connections to a host at most. */
  readonly connections: number;
  /** How long a whole request may take: a connection has to be there sooner, or nothing was sent. */
  readonly timeoutMilliseconds: number;
  /** SHA-256 of the server's certificate, 64 hex digits in lower case: checked on top of CA and host name. */
  readonly fingerprint?: string;
  readonly proxies: Proxies;
}

/** No connection takes this long, in milliseconds. */
const connectMilliseconds = 10_000;

/** A transport of its own pool. */
export function createTransport(options: TransportOptions): Transport {
  let opened: Promise<Opened> | undefined;
  // A connection that is still being made is not in the pool's hands: it would keep the process alive.
  const closing = new AbortController();
  setMaxListeners(0, closing.signal);
  return {
    async fetch(url, init) {
      opened ??= open(options, closing.signal);
      const { dispatcher, fetch } = await opened;
      return (await fetch(url, { ...init, dispatcher })) as unknown as Response;
    },
    async close() {
      closing.abort();
      await (await opened)?.dispatcher.destroy();
    },
  };
}

interface Opened {
  readonly dispatcher: Dispatcher;
  readonly fetch: typeof import('undici').fetch;
}

async function open(options: TransportOptions, signal: AbortSignal): Promise<Opened> {
  const { connections, timeoutMilliseconds, fingerprint, proxies } = options;
  // Loaded when needed: many a command sends nothing.
  const { Agent, EnvHttpProxyAgent, fetch } = await import('undici');
  const timeout = Math.min(connectMilliseconds, timeoutMilliseconds * 0.8);
  // Said, as the environment can turn it off for a whole process.
  const ends = { timeout, signal, rejectUnauthorized: true };
  // A resumed session skips the check of the certificate, so a pin goes without.
  const pinned =
    fingerprint === undefined
      ? {}
      : { checkServerIdentity: pinCertificate(fingerprint), maxCachedSessions: 0 };
  const common = {
    connections,
    keepAliveTimeout: 10_000,
    // The client's own deadline covers the whole request; these would only cut in with another message.
    headersTimeout: 0,
    bodyTimeout: 0,
    connect: { ...ends, ...pinned },
  };
  const proxy = proxyFor(options.url, proxies);
  if (proxy === '') return { dispatcher: new Agent(common), fetch };
  const dispatcher = new EnvHttpProxyAgent({
    ...common,
    httpProxy: proxy,
    httpsProxy: proxy,
    noProxy: proxies.none,
    // Plain http goes through a proxy as to any proxy; only https needs a tunnel.
    proxyTunnel: false,
    proxyTls: ends,
    requestTls: { ...ends, ...pinned },
  });
  return { dispatcher, fetch };
}
