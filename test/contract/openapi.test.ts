import { describe, expect, test } from 'vitest';
import { createEmulator } from '../../src/emulator/index.ts';
import { conformingToDockerHub } from './docker-hub.ts';
import { conformingToHarbor } from './harbor.ts';
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

describe('Docker Hub', () => {
  const hub = (method: string, path: string, body?: unknown): Request =>
    new Request(`https://hub.example/v2${path}`, {
      method,
      headers: { authorization: 'Bearer emulator', 'content-type': 'application/json' },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
  const label = 'ci';
  const resources = [{ type: 'TYPE_REPO', path: 'acme/app', scopes: ['scope-image-pull'] }];

  test.each([
    ['a path with a slash at its end', hub('GET', '/access-tokens/'), /is not described/],
    ['another registry path', hub('GET', '/token'), /is not described/],
    ['a page that is no number', hub('GET', '/access-tokens?page=x'), /page must be integer/],
    ['the paging of another service', hub('GET', '/access-tokens?limit=5'), /limit is not described/],
    ['a UUID that is none', hub('GET', '/access-tokens/ci'), /uuid must match pattern/],
    [
      'a personal token without scopes',
      hub('POST', '/access-tokens', { token_label: label }),
      /required property 'scopes'/,
    ],
    [
      'a personal token that is to be inactive',
      hub('POST', '/access-tokens', { token_label: label, scopes: ['repo:read'], is_active: false }),
      /additional properties.*"is_active"/,
    ],
    [
      'a change of scopes',
      hub('PATCH', `/access-tokens/${registry}`, { scopes: ['repo:read'] }),
      /additional properties.*"scopes"/,
    ],
    [
      'a token of an organization without resources',
      hub('POST', '/orgs/acme/access-tokens', { label, resources: [] }),
      /resources must NOT have fewer than 1 items/,
    ],
    [
      'an expiry with another zone than UTC',
      hub('POST', '/orgs/acme/access-tokens', { label, resources, expires_at: '2099-01-01T00:00:00+01:00' }),
      /expires_at must match pattern/,
    ],
  ])('is not asked for %s', async (_, wrong, why) => {
    await expect(conformingToDockerHub(emulator())(wrong)).rejects.toThrow(why);
  });

  test('shows no secret where a token is only read', async () => {
    const made = await emulator()(
      hub('POST', '/access-tokens', { token_label: label, scopes: ['repo:read'] }),
    );
    const token: unknown = await made.json();
    const leaky = conformingToDockerHub(async () => Response.json(token));
    await expect(leaky(hub('GET', `/access-tokens/${registry}`))).rejects.toThrow(
      /token must be equal to one of the allowed values/,
    );
  });

  test('lists tokens of an organization without what they are for', async () => {
    const line = { id: 'a', label, is_active: true, created_at: '2030-01-01T00:00:00Z', resources };
    const generous = conformingToDockerHub(async () => Response.json({ total: 1, results: [line] }));
    await expect(generous(hub('GET', '/orgs/acme/access-tokens'))).rejects.toThrow(
      /results\/0\/resources boolean schema is false/,
    );
  });
});

describe('Harbor', () => {
  const harbor = (method: string, path: string, body?: unknown): Request =>
    new Request(`https://harbor.example/api/v2.0${path}`, {
      method,
      headers: { authorization: `Basic ${btoa('emulator:emulator')}`, 'content-type': 'application/json' },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
  const permissions = [
    { kind: 'project', namespace: '*', access: [{ resource: 'repository', action: 'pull' }] },
  ];
  const robot = { name: 'ci', level: 'system', duration: -1, permissions };

  test.each([
    ['the robots of a project at the old path', harbor('GET', '/projects/1/robots'), /is not described/],
    ['a page that is too long', harbor('GET', '/robots?page_size=101'), /page_size must be <= 100/],
    ['a name in place of an ID', harbor('GET', '/robots/ci'), /robotId must be integer/],
    [
      'a robot that is to be disabled',
      harbor('POST', '/robots', { ...robot, disable: true }),
      /additional properties.*"disable"/,
    ],
    [
      'a robot with a chosen secret',
      harbor('POST', '/robots', { ...robot, secret: 'Chosen12' }),
      /additional properties.*"secret"/,
    ],
    ['the full name', harbor('POST', '/robots', { ...robot, name: 'robot$ci' }), /name must match pattern/],
    [
      'a robot without a duration',
      harbor('POST', '/robots', { ...robot, duration: undefined }),
      /'duration'/,
    ],
    [
      'a change of a field by PATCH',
      harbor('PATCH', '/robots/1', { disable: true }),
      /additional properties.*"disable"/,
    ],
    [
      'an update without permissions',
      harbor('PUT', '/robots/1', { ...robot, permissions: [] }),
      /fewer than 1/,
    ],
  ])('is not asked for %s', async (_, wrong, why) => {
    await expect(conformingToHarbor(emulator())(wrong)).rejects.toThrow(why);
  });

  test('shows no secret in reads', async () => {
    const fetch = emulator();
    await fetch(harbor('POST', '/robots', robot));
    const read = (await (await fetch(harbor('GET', '/robots/1'))).json()) as object;
    const leaky = conformingToHarbor(async () => Response.json({ ...read, secret: 'x' }));
    await expect(leaky(harbor('GET', '/robots/1'))).rejects.toThrow(/secret boolean schema is false/);
  });
});
