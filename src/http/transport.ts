import type { Agent } from 'undici';
import type { Fetch } from './client.ts';
import { pinCertificate } from './pin.ts';

/** A `fetch` over a pool of connections that are kept alive, and the way to close them. */
export interface Transport {
  readonly fetch: Fetch;
  close(): Promise<void>;
}

/** How connections are made. */
export interface TransportOptions {
  /** Connections to a host at most. */
  readonly connections: number;
  /** SHA-256 of the server's certificate, 64 hex digits in lower case: checked on top of CA and host name. */
  readonly fingerprint?: string;
}

/** A transport of its own pool. */
export function createTransport(options: TransportOptions): Transport {
  let opened: Promise<Opened> | undefined;
  return {
    async fetch(url, init) {
      opened ??= open(options);
      const { agent, fetch } = await opened;
      return (await fetch(url, { ...init, dispatcher: agent })) as unknown as Response;
    },
    async close() {
      await (await opened)?.agent.destroy();
    },
  };
}

interface Opened {
  readonly agent: Agent;
  readonly fetch: typeof import('undici').fetch;
}

async function open({ connections, fingerprint }: TransportOptions): Promise<Opened> {
  // Loaded when needed: many a command sends nothing.
  const { Agent, fetch } = await import('undici');
  const agent = new Agent({
    connections,
    keepAliveTimeout: 10_000,
    // The client's own deadline covers the whole request; these would only cut in with another message.
    headersTimeout: 0,
    bodyTimeout: 0,
    // A resumed session skips the check of the certificate, so a pin goes without.
    connect:
      fingerprint === undefined
        ? {}
        : { checkServerIdentity: pinCertificate(fingerprint), maxCachedSessions: 0 },
  });
  return { agent, fetch };
}
