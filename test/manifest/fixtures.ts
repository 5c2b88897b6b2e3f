import { expect } from 'vitest';
import type { Desired } from '../../src/core/model/desired.ts';
import type { Problem } from '../../src/core/model/errors.ts';
import { type Manifests, readManifests } from '../../src/manifest/load.ts';
import type { ReadOptions } from '../../src/manifest/options.ts';
import { registryToken } from '../../src/providers/ionos/registry-token.ts';
import { folderWith } from '../support/folder.ts';

/** What the loader is told, unless a test says otherwise. */
export const options: ReadOptions = {
  cwd: '/nowhere',
  env: {},
  stdin: async () => Buffer.alloc(0),
  declarations: [registryToken],
  now: Date.UTC(2026, 0, 1) / 1000,
  allowHosts: [],
  allowFileReferences: [],
  allowSinkDirs: [],
  allowInsecureHttp: false,
  policies: [],
  debug: () => undefined,
};

/** Loads one manifest, read from standard input. */
export function load(text: string, more: Partial<ReadOptions> = {}): Promise<Manifests> {
  return readManifests(['-'], { ...options, stdin: async () => Buffer.from(text), ...more });
}

/** A manifest of one token: `ci-push` of `team-a`, with these lines added. */
export function manifest(...lines: readonly string[]): string {
  return [
    'apiVersion: reconcile/v1',
    'tokens:',
    '  - kind: registry_token',
    '    registry: team-a',
    '    name: ci-push',
    ...lines.map((line) => `    ${line}`),
    '',
  ].join('\n');
}

/** A manifest of a token of this name. */
export function named(name: string, ...lines: readonly string[]): string {
  return manifest(...lines).replace('ci-push', name);
}

/** The token of a manifest that has one and no error. */
export function only(manifests: Manifests): Desired {
  expect(manifests.errors).toEqual([]);
  expect(manifests.desired).toHaveLength(1);
  return manifests.desired[0] as Desired;
}

/** What problems say. */
export function messages(problems: readonly Problem[]): readonly string[] {
  return problems.map(({ message }) => message);
}

/** Loads a folder with these files; without paths, the folder itself. */
export async function loadFiles(
  files: Readonly<Record<string, string>>,
  paths: readonly string[] = [],
  more: Partial<ReadOptions> = {},
): Promise<Manifests> {
  return readManifests(paths, { ...options, cwd: await folderWith(files), ...more });
}
