import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

/** The path of a program that sends its input to a URL. */
export const send = fileURLToPath(new URL('send.mjs', import.meta.url));

/** A server on loopback. */
export interface Loopback {
  readonly url: string;
  close(): Promise<void>;
}

/**
 * Serves requests on loopback. Each gets a 200 once it is handled; if the handler throws, its connection is dropped.
 * @param handle is given the path and the body
 */
export async function serveLoopback(
  handle: (path: string, body: string) => void | Promise<void>,
): Promise<Loopback> {
  const server = createServer((incoming, outgoing) => {
    text(incoming)
      .then((body) => handle(incoming.url ?? '', body))
      .then(() => outgoing.end())
      .catch(() => outgoing.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
