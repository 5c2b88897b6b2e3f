import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../src/core/util/json.ts';
import { decodeOrganizationToken, decodePersonalToken } from '../../src/providers/docker-hub/decode.ts';
import { decodeToken } from '../../src/providers/ionos/decode.ts';

const id = '0b6d3f0e-1111-4222-8333-444455556666';
const date = '2026-01-01T00:00:00Z';

/** A token of each kind as an API shows it, the same with more in it, and how it is decoded. */
const kinds = [
  {
    kind: 'registry_token',
    body: {
      id,
      type: 'token',
      href: `https://api.ionos.com/containerregistries/registries/${id}/tokens/${id}`,
      metadata: {
        createdDate: date,
        createdBy: 'robot-1234567890@example.com',
        createdByUserId: id,
        lastModifiedDate: date,
        lastModifiedBy: 'robot-1234567890@example.com',
        lastModifiedByUserId: id,
        state: 'enabled',
      },
      properties: {
        name: 'backup-202601010000',
        status: 'enabled',
        expiryDate: date,
        scopes: [{ type: 'repository', name: 'app-1234567890-abc', actions: ['pull'] }],
        credentials: { username: 'backup-202601010000' },
      },
    },
    inside: ['metadata', 'properties'],
    decode: (body: JsonObject) => decodeToken(body).object,
  },
  {
    kind: 'docker_hub_personal_token',
    body: {
      uuid: id,
      client_id: 'HUB',
      created_at: date,
      last_used: null,
      generated_by: 'manual',
      is_active: true,
      token_label: 'backup-202601010000',
      scopes: ['repo:read'],
      expires_at: date,
    },
    inside: [],
    decode: (body: JsonObject) => decodePersonalToken(body, 0).object,
  },
  {
    kind: 'docker_hub_org_token',
    body: {
      id,
      label: 'backup-202601010000',
      description: 'for robot-1234567890abc',
      resources: [{ type: 'TYPE_REPO', path: 'acme/app-1234567890-abc', scopes: ['scope-image-pull'] }],
      expires_at: date,
      is_active: true,
      created_at: date,
      created_by: 'robot1234567890abcdef',
      last_used_at: null,
    },
    inside: [],
    decode: (body: JsonObject) => decodeOrganizationToken(body, 0).object,
  },
] as const;

const secret = 'hunter2';

describe.each(kinds)('the object of a $kind', ({ body, inside, decode }) => {
  const places: readonly (readonly [string, (more: JsonObject) => JsonObject])[] = [
    ['the object', (more) => ({ ...body, ...more })],
    ...inside.map(
      (key) =>
        [
          key,
          (more: JsonObject) => ({
            ...body,
            [key]: { ...((body as JsonObject)[key] as JsonObject), ...more },
          }),
        ] as const,
    ),
  ];

  test('shows every field that the API is documented to have', () => {
    const text = JSON.stringify(decode(body));
    for (const value of ['backup-202601010000', id, date]) expect(text).toContain(value);
    expect(text).not.toContain('(sensitive)');
  });

  // Services have no rule for how they call a secret, and an update can add a field at any time.
  test.each([
    'Password',
    'PASSWORD',
    'pass_word',
    'pwd',
    'secret',
    'clientSecret',
    'Token',
    'accessToken',
    'ACCESS-TOKEN',
    'refresh_token',
    'apiKey',
    'privateKey',
    'authorization',
    'sessionId',
    'Credentials',
  ])('shows nothing of a field %s, wherever it is', (key) => {
    for (const [where, put] of places) {
      for (const more of [
        { [key]: secret },
        { [key]: { value: secret } },
        { [key]: [secret, { value: secret }] },
        { details: { [key]: secret } },
        { details: [{ more: [{ [key]: secret }] }] },
      ]) {
        expect(JSON.stringify(decode(put(more))), where).not.toContain(secret);
      }
    }
  });

  test('masks what could be a secret in a field of any other name, and shows the rest of it', () => {
    for (const [, put] of places) {
      const text = JSON.stringify(
        decode(put({ note: 'login: Zx8kq0aBc9dEf7gH1', quota: 5, region: 'eu', since: date, shared: false })),
      );
      expect(text).toContain('"note":"login: (sensitive)"');
      expect(text).toContain(`"quota":5,"region":"eu","since":"${date}","shared":false`);
    }
  });

  test('names no member of every object', () => {
    const text = JSON.stringify(decode({ ...body, constructor: { Password: secret } }));
    expect(text).not.toContain(secret);
  });
});

test('credentials of IONOS show the user name alone, whatever shape they have', () => {
  const [{ body, decode }] = kinds;
  for (const credentials of [
    { username: 'ci', password: secret },
    { username: 'ci', Password: secret },
    { username: 'ci', value: { password: secret } },
    [{ password: secret }],
    [secret],
    secret,
  ]) {
    const object = decode({ ...body, properties: { ...body.properties, credentials } });
    expect(JSON.stringify(object)).not.toContain(secret);
  }
});
