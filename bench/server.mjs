/**
 * Serves the parts of the IONOS API that the benchmark needs, as fast as Node can: each response is created once. It runs
 * in its own process, so that it takes no time from the measured one. It reports its port and, on request, its number of
 * requests.
 */
import { createServer } from 'node:http';
import { tokenOf, uuid } from './estate.mjs';

const [registries, perRegistry, latency, disabled] = process.argv.slice(2).map(Number);
const pages = new Map();
let requests = 0;
/** The tokens created in the only registry that is written to; later listings show them. */
const made = [];
const deleted = new Set();

const registryOf = (number) => ({
  id: uuid(number),
  type: 'registry',
  metadata: { state: 'Running', createdDate: '2026-01-01T00:00:00Z' },
  properties: {
    name: `registry-${number}`,
    hostname: `registry-${number}.cr.example.com`,
    location: 'de/fra',
  },
});

function registryPage(start, limit) {
  const count = Math.max(0, Math.min(limit, registries - start));
  const items = Array.from({ length: count }, (_, index) => registryOf(start + index));
  return { items, pagination: start + limit < registries ? { token: String(start + limit) } : {} };
}

function tokenPage(registry, offset, limit) {
  const all = Array.from({ length: perRegistry }, (_, index) => index).filter(
    (index) => deleted.size === 0 || !deleted.has(tokenOf(registry, index, false).id),
  );
  const items = all.slice(offset, offset + limit).map((index) => tokenOf(registry, index, disabled === 1));
  return { items, offset, limit, count: items.length, total: all.length };
}

function answer(method, url, body) {
  const { pathname, searchParams } = new URL(url, 'http://loopback');
  const limit = Number(searchParams.get('limit') ?? 100);
  const [, registry, token] = /registries\/([^/]+)\/tokens(?:\/([^/]+))?$/.exec(pathname) ?? [];
  const number = registry === undefined ? 0 : Number(registry.slice(-12));
  if (method === 'GET' && token !== undefined) {
    if (deleted.has(token)) return [404, ''];
    return [200, JSON.stringify(tokenOf(number, Number(token.slice(-6)), false))];
  }
  if (method === 'GET') {
    const known = deleted.size === 0 && pages.get(url);
    if (known) return [200, known];
    const page =
      registry === undefined
        ? registryPage(Number(searchParams.get('pagination.token') ?? 0), limit)
        : tokenPage(number, Number(searchParams.get('offset') ?? 0), limit);
    const text = JSON.stringify(page);
    pages.set(url, text);
    return [200, text];
  }
  if (method === 'DELETE') {
    deleted.add(token);
    return [204, ''];
  }
  if (method === 'PATCH') {
    const before = tokenOf(number, Number(token.slice(-6)), false);
    return [
      200,
      JSON.stringify({ ...before, id: token, properties: { ...before.properties, ...JSON.parse(body) } }),
    ];
  }
  const shown = tokenOf(number, 900_000 + made.length, false);
  const properties = { ...shown.properties, ...JSON.parse(body).properties };
  made.push({ ...shown, properties });
  const credentials = { username: properties.name, password: `secret-${made.length}-${'x'.repeat(24)}` };
  return [201, JSON.stringify({ ...shown, properties: { ...properties, credentials } })];
}

/** Returns a page of the created tokens. */
function madePage(url) {
  const { searchParams } = new URL(url, 'http://loopback');
  const offset = Number(searchParams.get('offset') ?? 0);
  const limit = Number(searchParams.get('limit') ?? 100);
  const items = made.slice(offset, offset + limit);
  return JSON.stringify({ items, offset, limit, count: items.length, total: made.length });
}

const server = createServer((request, response) => {
  requests += 1;
  let body = '';
  request.on('data', (chunk) => {
    body += chunk;
  });
  request.on('end', () => {
    const { method, url } = request;
    const isClosing = method === 'GET' && made.length > 0 && /\/tokens\?/.test(url);
    const [status, text] = isClosing ? [200, madePage(url)] : answer(method, url, body);
    const send = () => {
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(text);
    };
    if (latency > 0) setTimeout(send, latency);
    else send();
  });
});
server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1', () => process.send?.({ port: server.address().port }));
process.on('message', () => process.send?.({ requests }));
