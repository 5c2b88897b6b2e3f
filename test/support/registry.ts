import { spawn, spawnSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { getRequestListener } from '@hono/node-server';
import { onTestFinished } from 'vitest';
import { stringify } from 'yaml';
import { folderWith } from './folder.ts';
import { listening } from './listening.ts';
import { skopeoIsInstalled } from './skopeo.ts';
import type { Certificate } from './tls.ts';

/** The programs that tests with a real registry need and that are not installed, by their Debian packages. */
export const missingPrograms: readonly string[] = [
  ...(spawnSync('docker-registry', ['--version']).status === 0 ? [] : ['docker-registry']),
  ...(skopeoIsInstalled ? [] : ['skopeo']),
];

/** The realm that a registry sends its clients to, and how it verifies the bearer tokens from there. */
export interface TokenAuth {
  readonly realm: string;
  readonly service: string;
  readonly issuer: string;
  /** The signer's certificate, as PEM. */
  readonly certificate: string;
}

/** Starts a Distribution registry on a free loopback port, with its storage in memory; returns the port. */
export async function startRegistry(auth: TokenAuth, tls?: Certificate): Promise<number> {
  const folder = await folderWith({
    'signer.pem': auth.certificate,
    ...(tls && { 'key.pem': tls.key }),
  });
  const { realm, service, issuer } = auth;
  const config = {
    version: 0.1,
    log: { level: 'info', accesslog: { disabled: true } },
    storage: { inmemory: {}, maintenance: { uploadpurging: { enabled: false } } },
    http: {
      addr: '127.0.0.1:0',
      relativeurls: true,
      ...(tls && { tls: { certificate: tls.file, key: join(folder, 'key.pem') } }),
    },
    auth: { token: { realm, service, issuer, rootcertbundle: join(folder, 'signer.pem') } },
  };
  await writeFile(join(folder, 'config.yml'), stringify(config));
  const child = spawn('docker-registry', ['serve', join(folder, 'config.yml')], {
    env: { PATH: process.env['PATH'] },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = new Promise<void>((resolve) => {
    child.on('close', () => resolve());
  });
  onTestFinished(() => {
    child.kill('SIGKILL');
    return ended;
  });
  return new Promise((resolve, reject) => {
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk) => {
        output += chunk;
        // It logs the address once it listens there.
        const [, port] = /listening on [^\s"]*:(\d+)/.exec(output) ?? [];
        if (port !== undefined) resolve(Number(port));
      });
    }
    child.on('error', reject);
    child.on('close', (code) => reject(new Error(`docker-registry ended with ${code}: ${output}`)));
  });
}

/** A host with an API and a registry. */
export interface OneHost {
  readonly url: string;
  /** Leads `/v2/` to a registry on this loopback port; until then all paths are the API's. */
  lead(port: number): void;
}

/** Serves an API and a registry on one host until the test is over, like the reverse proxy in front of Harbor. */
export async function serveOneHost(api: (request: Request) => Promise<Response>): Promise<OneHost> {
  let registry: number | undefined;
  const toApi = getRequestListener(api);
  const toRegistry = (port: number, from: IncomingMessage, to: ServerResponse): void => {
    const { method, url: path, headers } = from;
    const onward = request({ host: '127.0.0.1', port, method, path, headers }, (response) => {
      to.writeHead(response.statusCode ?? 502, response.rawHeaders);
      response.pipe(to);
    });
    onward.on('error', () => to.destroy());
    from.pipe(onward);
  };
  const server = createServer((from, to) => {
    if (registry !== undefined && from.url?.startsWith('/v2/')) toRegistry(registry, from, to);
    else toApi(from, to);
  });
  return {
    url: `http://127.0.0.1:${await listening(server, '127.0.0.1')}`,
    lead: (port) => {
      registry = port;
    },
  };
}

/** Serves a proxy that leads all connections to docker.io to a loopback port, and refuses others; returns its URL. */
export async function serveDockerIo(port: number): Promise<string> {
  const server = createServer((_, response) => {
    response.writeHead(403).end();
  });
  server.on('connect', ({ url }: IncomingMessage, socket: Socket) => {
    if (url !== 'registry-1.docker.io:443') {
      socket.end('HTTP/1.1 403 Forbidden\r\n\r\n');
      return;
    }
    const onward = connect(port, '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 Connection Established\r\n\r\n');
      onward.pipe(socket).pipe(onward);
    });
    for (const [one, other] of [
      [onward, socket],
      [socket, onward],
    ] as const) {
      one.on('error', () => other.destroy());
      one.on('close', () => other.destroy());
    }
  });
  return `http://127.0.0.1:${await listening(server, '127.0.0.1')}`;
}
