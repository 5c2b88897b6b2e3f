import { describe, expect, test } from 'vitest';
import {
  assertSignedIn,
  createsProjectRobots,
  systemInfoOf,
} from '../../../src/providers/harbor/system-info.ts';

describe('the response about the system', () => {
  test.each([
    ['registry.example.com', 'registry.example.com'],
    ['registry.example.com:8443', 'registry.example.com:8443'],
    ['https://registry.example.com/', 'registry.example.com'],
    ['http://registry.example.com', 'registry.example.com'],
  ])('names the registry %s: its host is %s', (registry_url, registryUrl) => {
    const body = { harbor_version: 'v2.13.2-436918f8', registry_url };
    expect(systemInfoOf(body)).toEqual({ version: 'v2.13.2-436918f8', registryUrl });
  });

  test('takes no quadratic time', () => {
    const registryUrl = `a${'/'.repeat(1_000_000)}b`;
    expect(systemInfoOf({ registry_url: registryUrl })).toEqual({ version: '', registryUrl });
  });

  // Harbor responds with 200 to wrong credentials, too.
  test.each([undefined, null, [], {}, { auth_mode: 'db_auth' }, { harbor_version: 2 }])(
    'without a version means that the credentials are wrong: %j',
    (body) => {
      const info = systemInfoOf(body as never);
      expect(info).toEqual({ version: '', registryUrl: '' });
      expect(() => assertSignedIn(info)).toThrow(expect.objectContaining({ code: 'AUTH' }));
    },
  );

  test('with a version means that they are right', () => {
    expect(() => assertSignedIn({ version: 'v2.2.0', registryUrl: '' })).not.toThrow();
  });
});

describe('a signed-in robot of the system', () => {
  test.each(['v2.12.0-1', 'v2.12.4', 'v2.13.0', 'v2.13.5-436918f8', 'v2.14.0-af2b3c1d'])(
    "can't create robots of projects in %s",
    (version) => {
      expect(createsProjectRobots({ version, registryUrl: '' }, 'robot$ci')).toBe(false);
    },
  );

  test.each([
    'v2.2.0',
    'v2.9.5',
    'v2.11.9',
    'v2.14.1',
    'v2.14.1-1',
    'v2.15.0',
    'v2.16.0',
    '2.15.2',
    'v3.0.0',
  ])('can in %s, as far as its permissions go', (version) => {
    expect(createsProjectRobots({ version, registryUrl: '' }, 'robot$ci')).toBe(true);
  });

  test.each(['dev', '', 'main-1234'])('can if the version is not known: %j', (version) => {
    expect(createsProjectRobots({ version, registryUrl: '' }, 'robot$ci')).toBe(true);
  });
});

test('a signed-in robot of a project can create others in every version', () => {
  expect(createsProjectRobots({ version: 'v2.13.0', registryUrl: '' }, 'robot$team-a+ci')).toBe(true);
});
