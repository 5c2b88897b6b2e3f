import { execFileSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer as createHttpServer, type IncomingMessage } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { type AddressInfo, connect, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { getRequestListener } from '@hono/node-server';
import { onTestFinished } from 'vitest';

/** A certificate for localhost that is its own CA, and its key. */
export interface Certificate {
  readonly file: string;
  readonly cert: string;
  readonly key: string;
  /** SHA-256, with colons. */
  readonly fingerprint: string;
}

/** Makes a certificate that lasts a day; its files are gone after the test. */
export function createCertificate(): Certificate {
  const folder = mkdtempSync(join(tmpdir(), 'reconcile-tls-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const [file, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'];
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1'];
  execFileSync(
    'openssl',
    ['req', '-x509', ...curve, '-nodes', '-days', '1', ...subject, '-out', file, '-keyout', key],
    { stdio: 'ignore' },
  );
  const cert = readFileSync(file, 'utf8');
  return {
    file,
    cert,
    key: readFileSync(key, 'utf8'),
    fingerprint: new X509Certificate(cert).fingerprint256,
  };
}

/** Serves over https until the test is over; gives the port. */
export async function serveTls(
  { cert, key }: Certificate,
  fetch: (request: Request) => Promise<Response>,
): Promise<number> {
  return listening(createHttpsServer({ cert, key }, getRequestListener(fetch)));
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
  return { port: await listening(server), asked };
}

async function listening(server: Server): Promise<number> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  onTestFinished(
    () =>
      new Promise<void>((resolve) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => resolve());
      }),
  );
  await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve));
  return (server.address() as AddressInfo).port;
}
