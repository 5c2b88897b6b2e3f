import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createAdaptorServer } from '@hono/node-server';
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import { ConnectionDropped } from './fault.ts';
import type { Emulator } from './index.ts';

/** An emulator that listens on a port of loopback. */
export interface Served {
  /** The URL, for example `http://127.0.0.1:8080`. */
  readonly url: string;
  /** Stops listening and ends all connections. */
  close(): Promise<void>;
}

/** Serves an emulator on 127.0.0.1. Port 0 chooses a free port. Rejects if the port is not available. */
export async function serve(
  emulator: Pick<Emulator, 'fetch'>,
  { port }: { readonly port: number },
): Promise<Served> {
  const server = createAdaptorServer({
    fetch: async (request, { outgoing }) => {
      try {
        return await emulator.fetch(request);
      } catch (error) {
        if (!(error instanceof ConnectionDropped)) throw error;
        outgoing.destroy();
        return RESPONSE_ALREADY_SENT;
      }
    },
    overrideGlobalObjects: false,
  }) as Server;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
