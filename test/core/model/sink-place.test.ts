import { describe, expect, test } from 'vitest';
import type { CommandSink, DockerSink, FileSink } from '../../../src/core/model/sink.ts';
import {
  dockerConfigPath,
  fileOfSink,
  keysInTheWay,
  keysOfPlace,
  type PlacedFile,
  placeKey,
  placesOf,
} from '../../../src/core/model/sink-place.ts';
import { sink } from '../fixtures.ts';

const docker: DockerSink = { type: 'docker', folder: '/manifests', within: ['/manifests'] };
const kubernetes: FileSink = { ...sink, layout: { format: 'kubernetes' } };
const command: CommandSink = {
  type: 'command',
  run: ['kubectl', 'apply'],
  layout: { format: 'kubernetes', namespace: 'ci' },
  timeoutSeconds: 60,
  folder: '/manifests',
};

describe('the docker configuration of a sink', () => {
  test.each([
    {
      why: 'its own',
      config: 'docker',
      env: { DOCKER_CONFIG: '/d', HOME: '/h' },
      path: 'docker/config.json',
    },
    { why: 'that of the environment', env: { DOCKER_CONFIG: '/d', HOME: '/h' }, path: '/d/config.json' },
    { why: 'that of the home folder', env: { HOME: '/h' }, path: '/h/.docker/config.json' },
    { why: 'that of the home folder on Windows', env: { USERPROFILE: '/u' }, path: '/u/.docker/config.json' },
    { why: 'unknown without a home folder', env: {}, path: undefined },
  ])('is $why', ({ config, env, path }) => {
    expect(dockerConfigPath(config === undefined ? docker : { ...docker, config }, env)).toBe(path);
  });
});

test('a file is relative to the manifest, and a docker configuration too if the manifest names it', () => {
  expect(fileOfSink(sink, {})).toBe('/manifests/secrets/token.json');
  expect(fileOfSink({ ...docker, config: 'docker' }, {})).toBe('/manifests/docker/config.json');
  expect(fileOfSink(docker, { HOME: '/h' })).toBe('/h/.docker/config.json');
  expect(fileOfSink(docker, {})).toBeUndefined();
  expect(fileOfSink(command, {})).toBeUndefined();
});

describe('the places of a sink', () => {
  const path = '/manifests/secrets/token.json';
  const keys = (...given: Parameters<typeof placesOf>): readonly string[] =>
    placesOf(...given).map((place) => placeKey(place));
  const token = { name: 'CI_push', host: 'cr.example.com' };
  const file: PlacedFile = { path };

  test.each([
    { why: 'a file', given: sink, file, places: [`file:${path}`] },
    {
      why: 'a manifest of Kubernetes: the file and the Secret',
      given: kubernetes,
      file,
      places: [`file:${path}`, 'secret:/manifests/secrets#/ci-push'],
    },
    { why: 'a docker login', given: docker, file, places: [`docker:${path}#cr.example.com`] },
    {
      why: 'a docker login in a credential helper',
      given: docker,
      file: { path, helper: 'pass' },
      places: ['helper:#pass cr.example.com'],
    },
    {
      why: 'a Secret that a command applies',
      given: command,
      file: undefined,
      places: ['command:/manifests#ci/ci-push ["kubectl","apply"]'],
    },
    {
      why: 'none for a command with another format',
      given: { ...command, layout: { format: 'raw' } } as CommandSink,
      file: undefined,
      places: [],
    },
  ])('are $why', ({ given, file: placed, places }) => {
    expect(keys(given, placed, token)).toEqual(places);
  });

  test('exclude what depends on an unknown name or host', () => {
    expect(keys(docker, file, { ...token, host: undefined })).toEqual([]);
    expect(keys(kubernetes, file, { ...token, name: undefined })).toEqual([`file:${path}`]);
  });
});

test('the key of a place is the same in every checkout', () => {
  const place = { type: 'file', path: '/checkout/secrets/a', detail: '', label: '' } as const;
  expect(placeKey(place, '/checkout/.reconcile')).toBe('file:../secrets/a');
});

test('a file written over a docker configuration is in the way of its logins, and the other way round', () => {
  const file = 'file:../docker/config.json';
  const login = 'docker:../docker/config.json#cr.example.com';
  const meets = (written: string, held: string): boolean =>
    keysInTheWay(written).some((key) => keysOfPlace(held).includes(key));
  expect(meets(file, login)).toBe(true);
  expect(meets(login, file)).toBe(true);
  expect(meets(login, login)).toBe(true);
  expect(meets(login, 'docker:../docker/config.json#other.example.com')).toBe(false);
  expect(meets('file:a', 'file:b')).toBe(false);
});
