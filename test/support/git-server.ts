import { type ChildProcess, spawn } from 'node:child_process';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { kill } from 'node:process';
import { buffer } from 'node:stream/consumers';
import { setTimeout } from 'node:timers/promises';
import { plainGit } from './git-remote.ts';

/** The part of a fetch or a push that a request is. */
export type GitRequestKind = 'fetch_refs' | 'fetch' | 'push_refs' | 'push';

/** A request of a Git client. */
export interface GitRequest {
  readonly kind: GitRequestKind;
  readonly method: string;
  /** The path with the query. */
  readonly path: string;
  /** 1-based number among the requests of its kind. */
  readonly count: number;
}

/**
 * The fault of a request: none; its connection is dropped, before or after it took effect; it gets no response at all and
 * takes no effect; it gets a status and takes no effect.
 */
export type GitFault = 'none' | 'drop_before' | 'drop_after' | 'hang' | { readonly status: number };

/** Code that runs around each request. Requests with wrong credentials don't reach it. */
export interface GitHooks {
  /** Decides the fault of a request that has arrived. */
  readonly before?: (request: GitRequest) => GitFault | Promise<GitFault>;
  /** Called when a request took effect and its response wasn't sent yet. */
  readonly after?: (request: GitRequest) => 'none' | 'drop_after' | Promise<'none' | 'drop_after'>;
}

/** Options of a Git server. */
export interface GitServerOptions {
  /** The `Authorization` header that requests must have. Without it, none is needed. */
  readonly authorization?: string;
  /** Delay of each push before it takes effect, in milliseconds. */
  readonly pushDelayMs?: number;
  /**
   * Whether connections are kept for further requests; by default they are. Git sends a request again by itself, unseen by
   * its user, if it was dropped on a connection that had been used before.
   */
  readonly keepAlive?: boolean;
  readonly hooks?: GitHooks;
}

/** A Git server that listens on loopback. */
export interface GitServer {
  /** The URL of a bare repository in the served folder. */
  urlOf(repository: string): string;
  /** Replaces the hooks. */
  intercept(hooks: GitHooks): void;
  /** Number of requests of a kind until now, those with a fault too. */
  count(kind: GitRequestKind): number;
  /** Stops listening, drops all connections and ends all programs that were started. */
  close(): Promise<void>;
}

/** Serves the bare repositories in a folder by `git http-backend`, for reads and writes. */
export async function serveGit(root: string, options: GitServerOptions = {}): Promise<GitServer> {
  const { authorization, pushDelayMs = 0, keepAlive = true } = options;
  const counts = new Map<GitRequestKind, number>();
  const backends = new Map<ChildProcess, Promise<void>>();
  let hooks = options.hooks ?? {};

  const handle = async (incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> => {
    if (authorization !== undefined && incoming.headers.authorization !== authorization) {
      outgoing.writeHead(401, { 'www-authenticate': 'Basic realm="git"' }).end();
      return;
    }
    const kind = kindOf(incoming);
    if (!kind) {
      outgoing.writeHead(404).end();
      return;
    }
    const count = (counts.get(kind) ?? 0) + 1;
    counts.set(kind, count);
    const request = { kind, method: incoming.method ?? '', path: incoming.url ?? '', count };

    const fault = (await hooks.before?.(request)) ?? 'none';
    if (fault === 'hang') return;
    if (fault === 'drop_before') {
      outgoing.destroy();
      return;
    }
    if (typeof fault === 'object') {
      incoming.resume();
      outgoing.writeHead(fault.status).end();
      return;
    }
    if (kind === 'push') await setTimeout(pushDelayMs);
    const body = await buffer(incoming);
    const response = await runBackend(root, incoming, body, (child, ended) => {
      backends.set(child, ended);
      void ended.then(() => backends.delete(child));
    });
    const later = (await hooks.after?.(request)) ?? 'none';
    if (fault === 'drop_after' || later === 'drop_after') outgoing.destroy();
    else outgoing.writeHead(response.status, response.headers).end(response.body);
  };

  const server = createServer((incoming, outgoing) => {
    if (!keepAlive) outgoing.setHeader('connection', 'close');
    handle(incoming, outgoing).catch(() => outgoing.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;

  return {
    urlOf: (repository) => `http://127.0.0.1:${port}/${repository}`,
    intercept(other) {
      hooks = other;
    },
    count: (kind) => counts.get(kind) ?? 0,
    async close() {
      for (const child of backends.keys()) endGroup(child);
      await Promise.all(backends.values());
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
    },
  };
}

function kindOf({ method, url = '' }: IncomingMessage): GitRequestKind | undefined {
  if (method === 'GET') {
    if (url.endsWith('/info/refs?service=git-upload-pack')) return 'fetch_refs';
    if (url.endsWith('/info/refs?service=git-receive-pack')) return 'push_refs';
  }
  if (method === 'POST') {
    if (url.endsWith('/git-upload-pack')) return 'fetch';
    if (url.endsWith('/git-receive-pack')) return 'push';
  }
  return undefined;
}

interface BackendResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/**
 * Runs `git http-backend` for a request. Resolves when it has ended, so that its effect is complete.
 * @param body the whole body: of one that ends too early, some versions try to read the rest forever
 * @param onStart is given the program, and a promise that resolves at its end
 */
async function runBackend(
  root: string,
  { method, headers, url = '' }: IncomingMessage,
  body: Buffer,
  onStart: (child: ChildProcess, ended: Promise<void>) => void,
): Promise<BackendResponse> {
  const { pathname, search } = new URL(url, 'http://git');
  const child = spawn('git', ['http-backend'], {
    cwd: root,
    env: {
      ...plainGit,
      GIT_PROJECT_ROOT: root,
      GIT_HTTP_EXPORT_ALL: '1',
      REQUEST_METHOD: method,
      PATH_INFO: decodeURIComponent(pathname),
      QUERY_STRING: search.slice(1),
      CONTENT_TYPE: headers['content-type'] ?? '',
      CONTENT_LENGTH: String(body.length),
      HTTP_CONTENT_ENCODING: headers['content-encoding'] ?? '',
      GIT_PROTOCOL: [headers['git-protocol']].flat().join(':'),
      REMOTE_ADDR: '127.0.0.1',
      REMOTE_USER: 'runner',
    },
    stdio: ['pipe', 'pipe', 'ignore'],
    // Its own children have to end with it.
    detached: true,
  });
  const ended = new Promise<void>((resolve) => {
    child.once('close', () => resolve());
    child.once('error', () => resolve());
  });
  onStart(child, ended);
  const chunks: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  // It may have ended without reading all of its input.
  child.stdin.on('error', () => undefined);
  child.stdin.end(body);
  await ended;
  return parseResponse(Buffer.concat(chunks));
}

function parseResponse(output: Buffer): BackendResponse {
  const end = output.indexOf('\r\n\r\n');
  if (end < 0) throw new Error('git http-backend ended without a response');
  const fields = output
    .subarray(0, end)
    .toString('latin1')
    .split('\r\n')
    .map((line): [string, string] => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon), line.slice(colon + 1).trim()];
    });
  const status = fields.find(([name]) => name === 'Status')?.[1];
  return {
    status: status === undefined ? 200 : Number.parseInt(status, 10),
    headers: Object.fromEntries(fields.filter(([name]) => name !== 'Status')),
    body: output.subarray(end + 4),
  };
}

function endGroup(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    kill(-child.pid, 'SIGKILL');
  } catch {
    // It has just ended by itself.
  }
}
