import { chmod, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { reconcile } from '../support/cli.ts';
import { servedEmulator, writes } from '../support/emulator.ts';
import { folderWith } from '../support/folder.ts';

const idOf = (index: number): string => `00000000-0000-4000-8000-00000000000${index}`;

/** A service with a registry for each of these hosts: `registry-0`, `registry-1`… */
function serviceNaming(...hosts: readonly string[]) {
  const registries = hosts.map((hostname, index) => ({
    id: idOf(index),
    name: `registry-${index}`,
    hostname,
  }));
  return servedEmulator(JSON.stringify({ ionos: { registries } }));
}

/** A manifest of one token in each of these registries, whose secret goes there. */
function manifest(registries: readonly string[], secret: (index: number) => string): string {
  const entries = registries.map(
    (registry, index) => `
  - kind: registry_token
    registry: ${registry}
    name: ci
    scopes: [{ type: repository, name: app, actions: [pull] }]
    secret: ${secret(index)}`,
  );
  return `apiVersion: reconcile/v1\ntokens:${entries.join('')}\n`;
}

const wrong = [
  'https://index.docker.io/v1/',
  'index.docker.io',
  'Docker.io',
  'docker.io.',
  'registry.example.com/x',
  'user@registry.example.com',
  "a'; touch owned; '",
];

describe('a registry that names a host which is not its own', () => {
  test.each([
    ['docker', (index: number) => `[{ docker: { config: docker-${index} } }]`],
    ['json', (index: number) => `[{ file: { path: out/${index} } }]`],
    ['env', (index: number) => `[{ file: { path: out/${index}, format: env } }]`],
    ['dockerconfigjson', (index: number) => `[{ file: { path: out/${index}, format: dockerconfigjson } }]`],
    [
      'kubernetes',
      (index: number) => `[{ file: { path: out/${index}, format: kubernetes, name: s${index} } }]`,
    ],
    ['a program that is given env', () => '[{ command: { run: [./keep], format: env } }]'],
  ])('gets no login for that host, however it is told: %s', async (_, secret) => {
    const emulator = await serviceNaming(...wrong);
    for (const registries of [
      wrong.map((__, index) => `registry-${index}`),
      wrong.map((__, index) => idOf(index)),
    ]) {
      const cwd = await folderWith({
        'tokens.yaml': manifest(registries, secret),
        keep: '#!/bin/sh\ncat > out/kept\n',
      });
      await mkdir(join(cwd, 'out'));
      await chmod(join(cwd, 'keep'), 0o755);
      const { code, stdout } = await reconcile(['apply', '-y', '--format', 'json'], {
        cwd,
        env: emulator.env,
      });
      expect(code).toBe(1);
      expect(JSON.parse(stdout).results.map(({ error }: { error: { code: string } }) => error.code)).toEqual(
        wrong.map(() => 'SINK_FAILED'),
      );
      expect((await readdir(cwd)).sort()).toEqual(['.reconcile', 'keep', 'out', 'tokens.yaml']);
      expect(await readdir(join(cwd, 'out'))).toEqual([]);
    }
    expect(writes(emulator)).toEqual([]);
  });

  test('has tokens all the same, where no sink writes the host down', async () => {
    const emulator = await serviceNaming('https://index.docker.io/v1/');
    const cwd = await folderWith({
      'tokens.yaml': manifest(['registry-0'], () => '[{ file: { path: out, format: raw } }]'),
    });
    expect((await reconcile(['apply', '-y'], { cwd, env: emulator.env })).code).toBe(0);
    expect(await readFile(join(cwd, 'out'), 'utf8')).toBe(emulator.tokens('registry-0')[0]?.password);
  });

  test('is reported by doctor', async () => {
    const emulator = await serviceNaming('registry-1.docker.io');
    const cwd = await folderWith({ 'tokens.yaml': manifest(['registry-0'], () => '[{ docker: {} }]') });
    const { code, stdout } = await reconcile(['doctor'], { cwd, env: { ...emulator.env, HOME: cwd } });
    expect(code).toBe(1);
    expect(stdout).toContain('docker.io belongs to another service');
  });
});

test('a sink that is filled from a file gets the host that the service names, not that of the file', async () => {
  const host = 'team-a.cr.example.com';
  const emulator = await serviceNaming(host);
  const cwd = await folderWith({
    'tokens.yaml': manifest(['registry-0'], () => '[{ file: { path: out } }]'),
  });
  expect((await reconcile(['apply', '-y'], { cwd, env: emulator.env })).code).toBe(0);
  const text = await readFile(join(cwd, 'out'), 'utf8');
  await writeFile(join(cwd, 'out'), text.replace(host, 'docker.io'));
  const both = manifest(['registry-0'], () => '[{ file: { path: out } }, { docker: { config: docker } }]');
  await writeFile(join(cwd, 'tokens.yaml'), both);
  expect((await reconcile(['apply', '-y'], { cwd, env: emulator.env })).code).toBe(0);
  const { auths } = JSON.parse(await readFile(join(cwd, 'docker/config.json'), 'utf8'));
  expect(Object.keys(auths)).toEqual([host]);
});
