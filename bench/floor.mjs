/**
 * Does the minimum for a row: the fewest requests, over as many connections as reconcile has, and the same YAML parsed
 * by the same library. It compares nothing, keeps no secrets, and writes no files.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Pool } from 'undici';
import { parse } from 'yaml';

const [job, origin, folder, connections, count] = process.argv.slice(2);
const pool = new Pool(origin, { connections: Number(connections) });
const base = '/containerregistries/registries';
const headers = { authorization: 'Bearer x', 'content-type': 'application/json' };

async function send(method, path, body) {
  const text = body === undefined ? undefined : JSON.stringify(body);
  const answer = await pool.request({ method, path: `${base}${path}`, headers, body: text });
  const received = await answer.body.text();
  return received === '' ? undefined : JSON.parse(received);
}

async function registries() {
  const found = [];
  for (let cursor; ; ) {
    const more = cursor === undefined ? '' : `&pagination.token=${cursor}`;
    const { items, pagination } = await send('GET', `?limit=100${more}`);
    found.push(...items);
    if (!pagination?.token) return found;
    cursor = pagination.token;
  }
}

async function tokens(id) {
  const first = await send('GET', `/${id}/tokens?offset=0&limit=100`);
  const offsets = Array.from({ length: Math.ceil(first.total / 100) - 1 }, (_, index) => (index + 1) * 100);
  const others = await Promise.all(
    offsets.map((offset) => send('GET', `/${id}/tokens?offset=${offset}&limit=100`)),
  );
  return [first, ...others].flatMap(({ items }) => items);
}

const listed = async () => {
  const all = await registries();
  return Promise.all(all.map(async ({ id }) => ({ id, tokens: await tokens(id) })));
};
const read = () => {
  const files = readdirSync(folder).filter((name) => name.endsWith('.yaml'));
  return files.map((name) => parse(readFileSync(join(folder, name), 'utf8')));
};

/** Lists the robots of a project of Harbor, its pages at once after the first. */
async function robots() {
  const { HARBOR_USERNAME: user, HARBOR_PASSWORD: password } = process.env;
  const authorization = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
  const page = async (number) => {
    const path = `/api/v2.0/robots?q=Level%3Dproject%2CProjectID%3D1&page_size=100&page=${number}`;
    const { headers: received, body } = await pool.request({
      path,
      method: 'GET',
      headers: { authorization },
    });
    await body.json();
    return Number(received['x-total-count']);
  };
  const total = await page(1);
  const others = Array.from({ length: Math.ceil(total / 100) - 1 }, (_, index) => page(index + 2));
  await Promise.all(others);
}

if (job === 'list-robots') {
  const listing = robots();
  read();
  await listing;
} else if (job === 'list') {
  const listing = listed();
  read();
  await listing;
} else if (job === 'create') {
  const body = { properties: { name: 'token', scopes: [], status: 'enabled' } };
  const [{ id }] = await registries();
  const many = Array.from({ length: Number(count) }, () => send('POST', `/${id}/tokens`, body));
  await Promise.all(many);
} else {
  read();
  const [{ id, tokens: live }] = await listed();
  const write = (token) =>
    job === 'patch'
      ? send('PATCH', `/${id}/tokens/${token.id}`, { status: 'enabled' })
      : send('DELETE', `/${id}/tokens/${token.id}`);
  await Promise.all(live.map(write));
}
await pool.close();
