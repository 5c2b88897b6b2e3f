import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import fc from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';
import { createInterimFilter } from '../../src/http/interim.ts';
import { createTransport } from '../../src/http/transport.ts';

const hundred = 'HTTP/1.1 100 Continue\r\n\r\n';
const hints = 'HTTP/1.1 103 Early Hints\r\nLink: </style.css>; rel=preload\r\n\r\n';
const final = (body: string): string => `HTTP/1.1 200 OK\r\ncontent-length: ${body.length}\r\n\r\n${body}`;

/** A server that sends these pieces for each request, each by itself. */
async function raw(answers: readonly (readonly string[])[]): Promise<string> {
  const sockets = new Set<Socket>();
  let asked = 0;
  const server: Server = createServer((socket) => {
    sockets.add(socket.setNoDelay(true));
    let received = '';
    socket.on('data', async (bytes) => {
      received += bytes;
      // A request with a body has arrived once its last byte has.
      if (!/\r\n\r\n(\{\}|)$/.test(received) || (received.startsWith('POST') && !received.endsWith('{}')))
        return;
      received = '';
      const pieces = answers[asked % answers.length] ?? [];
      asked += 1;
      for (const piece of pieces) {
        await new Promise((resolve) => {
          socket.write(piece, resolve);
        });
        await new Promise(setImmediate);
      }
    });
    socket.on('error', () => undefined);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

function client(url: string, proxy = '') {
  const proxies = { http: proxy, https: proxy, none: '' };
  const transport = createTransport({ url, connections: 1, timeoutMilliseconds: 300_000, proxies });
  onTestFinished(transport.close);
  return async (method: 'GET' | 'POST') => {
    const answer = await transport.fetch(url, {
      method,
      headers: {},
      ...(method === 'POST' && { body: '{}' }),
      redirect: 'manual',
      signal: AbortSignal.timeout(300_000),
    });
    return { status: answer.status, body: await text(answer.body ?? Readable.from([])) };
  };
}

// RFC 9110, 15.2: a client has to accept one or more 1xx responses before the final one, even unasked.
test.each([
  { why: '100 Continue', pieces: [hundred + final('made')] },
  { why: '100 Continue by itself', pieces: [hundred, final('made')] },
  { why: '100 Continue twice', pieces: [hundred, hundred, final('made')] },
  { why: '102 Processing', pieces: ['HTTP/1.1 102 Processing\r\n\r\n', final('made')] },
  { why: '103 Early Hints, with headers', pieces: [hints, final('made')] },
  { why: 'one of each', pieces: [`${hundred}${hints}`, final('made')] },
  { why: 'one without a reason', pieces: ['HTTP/1.1 100\r\n\r\n', final('made')] },
  { why: 'in single bytes', pieces: [...`${hundred}${final('made')}`] },
  { why: 'none', pieces: [final('made')] },
])(
  'an unrequested interim response is skipped, for every request of a connection: $why',
  async ({ pieces }) => {
    const send = client(await raw([pieces]));
    for (const method of ['POST', 'GET', 'POST'] as const) {
      expect(await send(method)).toEqual({ status: 200, body: 'made' });
    }
  },
);

test('a body that reads like an interim response stays as it is', async () => {
  const [head = '', body = ''] = final(hundred).split(/(?<=length: \d+\r\n\r\n)/);
  expect(await client(await raw([[head, body]]))('GET')).toEqual({ status: 200, body: hundred });
});

test('interim responses of a proxy are skipped, too', async () => {
  const proxy = await raw([[hundred, final('made')]]);
  const send = client('http://service.example/', proxy);
  expect(await send('POST')).toEqual({ status: 200, body: 'made' });
});

test('what is left of a response is the same wherever the network cuts it', () => {
  const pieces = fc.array(fc.constantFrom(hundred, hints), { maxLength: 4 });
  const cuts = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1 });
  fc.assert(
    fc.property(pieces, cuts, (interim, lengths) => {
      const bytes = Buffer.from(interim.join('') + final(hundred));
      const filter = createInterimFilter();
      filter.requested();
      let passed = '';
      for (let at = 0, turn = 0; at < bytes.length; turn += 1) {
        const length = lengths[turn % lengths.length] ?? 1;
        passed += filter.pass(bytes.subarray(at, at + length)).toString('latin1');
        at += length;
      }
      expect(passed).toBe(final(hundred));
    }),
  );
});

test('an endless head is left to the parser, which rejects it', () => {
  const filter = createInterimFilter();
  const endless = Buffer.from(`HTTP/1.1 100 Continue\r\nx: ${'y'.repeat(20_000)}`);
  expect(filter.pass(endless)).toEqual(endless);
});
