import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { afterEach, expect, test } from 'vitest';
import type { FetchResponse } from '../../src/http/client.ts';
import { classifyFault } from '../../src/http/faults.ts';
import { createTransport } from '../../src/http/transport.ts';

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

/** What comes of a request to a server that answers like this. */
async function answered(listener: RequestListener): Promise<FetchResponse> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const proxies = { http: '', https: '', none: '' };
  const transport = createTransport({ url, connections: 1, timeoutMilliseconds: 300_000, proxies });
  closing.push(transport.close, async () => server.close());
  const signal = AbortSignal.timeout(300_000);
  return transport.fetch(url, { method: 'GET', headers: {}, redirect: 'manual', signal });
}

const body = (answer: FetchResponse): Promise<string> => text(answer.body ?? Readable.from([]));

test('compressed responses are requested, and read', async () => {
  const answer = await answered((request, response) => {
    expect(request.headers['accept-encoding']).toBe('gzip');
    response.setHeader('content-encoding', 'gzip');
    response.end(gzipSync('{"total":1}'));
  });
  expect(await body(answer)).toBe('{"total":1}');
});

test('a compressed response that is cut off or not compressed is an error, not a short response', async () => {
  for (const broken of [gzipSync('{"total":1}').subarray(0, 15), Buffer.from('{"total":1}')]) {
    const answer = await answered((_, response) => {
      response.setHeader('content-encoding', 'gzip');
      response.end(broken);
    });
    await expect(body(answer)).rejects.toThrow();
  }
});

test('what is not compressed is read as it is', async () => {
  expect(await body(await answered((_, response) => response.end('{}')))).toBe('{}');
});

test('https to a port for http is reported as such, and as a lasting fault', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const proxies = { http: '', https: '', none: '' };
  const transport = createTransport({ url, connections: 1, timeoutMilliseconds: 300_000, proxies });
  closing.push(transport.close, async () => server.close());
  const signal = AbortSignal.timeout(300_000);
  const error = await transport
    .fetch(url, { method: 'GET', headers: {}, redirect: 'manual', signal })
    .catch((reason: unknown) => reason);
  expect(classifyFault(error)).toEqual({
    why: "the server doesn't use TLS: the https address leads to an http port",
    unsent: false,
    permanent: true,
  });
});

test.each(['before', 'after'])(
  'a transport that is closed %s a request is made opens no connection any more',
  async (when) => {
    const server = createServer((_, response) => response.end('{}')).listen(0, '127.0.0.1');
    await once(server, 'listening');
    let connections = 0;
    server.on('connection', () => {
      connections += 1;
    });
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    const proxies = { http: '', https: '', none: '' };
    const transport = createTransport({ url, connections: 1, timeoutMilliseconds: 300_000, proxies });
    closing.push(async () => server.close());
    const { signal } = new AbortController();
    const ask = (): Promise<unknown> =>
      transport
        .fetch(url, { method: 'GET', headers: {}, redirect: 'manual', signal })
        .catch((reason: unknown) => reason);
    const early = when === 'after' ? ask() : undefined;
    await transport.close();
    expect(classifyFault(await (early ?? ask()))).toMatchObject({ permanent: true });
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(connections).toBe(0);
  },
);
