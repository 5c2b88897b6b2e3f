import { X509Certificate } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { getRequestListener } from '@hono/node-server';
import { generate } from 'selfsigned';
import { onTestFinished } from 'vitest';
import { listening } from './listening.ts';

/** A certificate for localhost that is its own CA, and its key. */
export interface Certificate {
  readonly file: string;
  readonly cert: string;
  readonly key: string;
  /** SHA-256, with colons. */
  readonly fingerprint: string;
}

/** Makes a certificate that lasts a year; its file is gone after the test. */
export async function createCertificate(): Promise<Certificate> {
  const folder = await mkdtemp(join(tmpdir(), 'reconcile-tls-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const { cert, private: key } = await generate([{ name: 'commonName', value: 'localhost' }], {
    keyType: 'ec',
    extensions: [
      { name: 'basicConstraints', cA: true },
      { name: 'subjectAltName', altNames: [{ type: 2, value: 'localhost' }] },
    ],
  });
  const file = join(folder, 'cert.pem');
  await writeFile(file, cert);
  return { file, cert, key, fingerprint: new X509Certificate(cert).fingerprint256 };
}

/**
 * Serves over https until the test is over; gives the port.
 *
 * @param before is called with each response before it is begun
 */
export async function serveTls(
  { cert, key }: Certificate,
  fetch: (request: Request) => Promise<Response>,
  before: (response: ServerResponse) => void = () => undefined,
): Promise<number> {
  const listener = getRequestListener(fetch);
  return listening(
    createHttpsServer({ cert, key }, (request, response) => {
      before(response);
      return listener(request, response);
    }),
    'localhost',
  );
}

/** A proxy, and what it was asked for. */
export interface Proxy {
  readonly port: number;
  /** As `CONNECT localhost:443`, or `GET http://…`. */
  readonly asked: readonly string[];
}

/** A proxy that wants these credentials, if any. */
export async function serveProxy(credentials?: string): Promise<Proxy> {
  const asked: string[] = [];
  const expected = credentials && `Basic ${Buffer.from(credentials).toString('base64')}`;
  const isWelcome = ({ headers }: IncomingMessage): boolean =>
    expected === undefined || headers['proxy-authorization'] === expected;
  const server = createHttpServer(async (request, response) => {
    asked.push(`${request.method} ${request.url}`);
    if (!isWelcome(request)) {
      response.writeHead(407).end();
      return;
    }
    const { authorization = '' } = request.headers;
    const answer = await fetch(request.url ?? '', { headers: { authorization } });
    response.writeHead(answer.status, { 'content-type': 'application/json' }).end(await answer.text());
  });
  server.on('connect', (request: IncomingMessage, socket: Socket) => {
    asked.push(`CONNECT ${request.url}`);
    if (!isWelcome(request)) {
      socket.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n');
      return;
    }
    const [host, port] = (request.url ?? '').split(':');
    const onward = connect(Number(port), host, () => {
      socket.write('HTTP/1.1 200 Connection Established\r\n\r\n');
      onward.pipe(socket).pipe(onward);
    });
    for (const end of [onward, socket]) end.on('error', () => socket.destroy());
  });
  return { port: await listening(server, 'localhost'), asked };
}
