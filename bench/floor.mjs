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

/** Reads the pages of a list whose path ends with the number of the page: all others at once after the first. */
async function readPages(path, totalHeader, headers) {
  const page = async (number) => {
    const { headers: received, body } = await pool.request({
      path: `${path}${number}`,
      method: 'GET',
      headers,
    });
    await body.json();
    return Number(received[totalHeader]);
  };
  const total = await page(1);
  const others = Array.from({ length: Math.ceil(total / 100) - 1 }, (_, index) => page(index + 2));
  await Promise.all(others);
}

/** Lists the robots of a project of Harbor. */
function robots() {
  const { HARBOR_USERNAME: user, HARBOR_PASSWORD: password } = process.env;
  const authorization = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
  const path = '/api/v2.0/robots?q=Level%3Dproject%2CProjectID%3D1&page_size=100&page=';
  return readPages(path, 'x-total-count', { authorization });
}

/** Lists the deploy tokens of a project of GitLab. */
function deployTokens() {
  const path = '/api/v4/projects/group%2Fproject/deploy_tokens?per_page=100&page=';
  return readPages(path, 'x-total', { 'private-token': process.env.GITLAB_TOKEN });
}

const otherListings = { 'list-robots': robots, 'list-deploy-tokens': deployTokens };

if (job in otherListings) {
  const listing = otherListings[job]();
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
