import type { Dispatcher } from 'undici';
import type { Fetch } from './client.ts';
import { pinCertificate } from './pin.ts';
import type { Proxies } from './proxy.ts';

/** A `fetch` over a pool of connections that are kept alive, and the way to close them. */
export interface Transport {
  readonly fetch: Fetch;
  close(): Promise<void>;
}

/** How connections are made. */
export interface TransportOptions {
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
  return {
    async fetch(url, init) {
      opened ??= open(options);
      const { dispatcher, fetch } = await opened;
      return (await fetch(url, { ...init, dispatcher })) as unknown as Response;
    },
    async close() {
      await (await opened)?.dispatcher.destroy();
    },
  };
}

interface Opened {
  readonly dispatcher: Dispatcher;
  readonly fetch: typeof import('undici').fetch;
}

async function open(options: TransportOptions): Promise<Opened> {
  const { connections, timeoutMilliseconds, fingerprint, proxies } = options;
  // Loaded when needed: many a command sends nothing.
  const { Agent, EnvHttpProxyAgent, fetch } = await import('undici');
  const timeout = Math.min(connectMilliseconds, timeoutMilliseconds * 0.8);
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
    connect: { timeout, ...pinned },
  };
  if (proxies.http === '' && proxies.https === '') return { dispatcher: new Agent(common), fetch };
  const dispatcher = new EnvHttpProxyAgent({
    ...common,
    httpProxy: proxies.http,
    httpsProxy: proxies.https,
    noProxy: proxies.none,
    // Plain http goes through a proxy as to any proxy; only https needs a tunnel.
    proxyTunnel: false,
    proxyTls: { timeout },
    requestTls: { timeout, ...pinned },
  });
  return { dispatcher, fetch };
}
