import { expect, test } from 'vitest';
import { createEmulator } from '../../src/emulator/index.ts';
import { conformingToIonos } from './ionos.ts';

const base = 'https://api.example/containerregistries';
const registry = '00000000-0000-4000-8000-000000000001';

function emulator(): (request: Request) => Promise<Response> {
  return createEmulator({
    seed: {
      registries: [
        { id: registry, name: 'team-a', location: 'de/fra', hostname: '', state: 'Running', tokens: [] },
      ],
    },
  }).fetch;
}

function request(method: string, path: string, body?: unknown): Request {
  return new Request(base + path, {
    method,
    headers: { authorization: 'Bearer emulator', 'content-type': 'application/json' },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
}

test.each([
  ['a path that is not described', request('GET', '/tokens'), /is not described/],
  ['a method that is not described', request('DELETE', '/locations'), /is not described/],
  ['a query parameter that is not known', request('GET', '/registries?page=2'), /page is not described/],
  [
    'a query parameter of the wrong type',
    request('GET', `/registries/${registry}/tokens?offset=x`),
    /offset must be integer/,
  ],
  ['an ID that is no UUID', request('GET', '/registries/team-a'), /registryId must match pattern/],
  [
    'a PATCH with a wrapper',
    request('PATCH', `/registries/${registry}/tokens/${registry}`, { properties: { status: 'disabled' } }),
    /additional properties.*"properties"/,
  ],
  [
    'a body without what is required',
    request('POST', `/registries/${registry}/tokens`, { properties: {} }),
    /required property 'name'/,
  ],
  ['a missing body', request('POST', `/registries/${registry}/tokens`), /the body is not JSON/],
  [
    'a body where none belongs',
    request('DELETE', `/registries/${registry}/tokens/${registry}`, {}),
    /there is a body/,
  ],
])('refuses %s', async (_, wrong, why) => {
  await expect(conformingToIonos(emulator())(wrong)).rejects.toThrow(why);
});

test('refuses an answer with a status that is not described', async () => {
  const teapot = conformingToIonos(async () => new Response('', { status: 418 }));
  await expect(teapot(request('GET', '/locations'))).rejects.toThrow(/status is not described/);
});

test('refuses an answer of another shape', async () => {
  const odd = conformingToIonos(async () => Response.json({ items: [{ id: 1 }] }));
  await expect(odd(request('GET', '/locations'))).rejects.toThrow(/body\/items\/0\/id must be string/);
});

test('refuses an answer that shows a password where it is only read', async () => {
  const made = await emulator()(
    request('POST', `/registries/${registry}/tokens`, { properties: { name: 'ci' } }),
  );
  const text = await made.text();
  const leaky = conformingToIonos(
    async () => new Response(text, { headers: { 'content-type': 'application/json' } }),
  );
  await expect(leaky(request('GET', `/registries/${registry}/tokens/${registry}`))).rejects.toThrow(
    /credentials\/password must be equal to constant/,
  );
});
