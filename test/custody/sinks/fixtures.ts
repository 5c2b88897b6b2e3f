import { chmod, writeFile } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { Secret } from '../../../src/core/model/secret.ts';
import type { CommandSink, DockerSink, FileSink, SecretLayout } from '../../../src/core/model/sink.ts';
import type { SecretPayload } from '../../../src/custody/sinks/delivery.ts';
import { cachedLookups, coalescedLookups } from '../../../src/custody/sinks/folder-cache.ts';
import type { SinkContext } from '../../../src/custody/sinks/index.ts';

/** A secret to deliver. */
export const delivery: SecretPayload = {
  kind: 'registry_token',
  address: 'registry_token:team-a/ci-push',
  id: 'id-1',
  name: 'ci-push',
  registry: 'team-a.cr.example.com',
  username: 'ci-push',
  secret: new Secret('hunter2'),
  expiresAt: '2027-06-30T00:00:00Z',
  createdAt: '2026-01-01T00:00:00Z',
};

/** Returns a file sink in a folder, which is also its allowed folder. */
export function fileSink(
  folder: string,
  path: string,
  { mode = 0o600, age = [], ...layout }: Partial<SecretLayout & Pick<FileSink, 'mode' | 'age'>> = {},
): FileSink {
  const place = { folder, within: [folder] };
  return { type: 'file', path, layout: { format: 'json', ...layout }, mode, age, ...place };
}

/** Returns a command sink that runs in a folder. */
export function commandSink(
  folder: string,
  run: readonly string[],
  { timeoutSeconds = 60, ...layout }: Partial<SecretLayout & Pick<CommandSink, 'timeoutSeconds'>> = {},
): CommandSink {
  return { type: 'command', run, layout: { format: 'raw', ...layout }, timeoutSeconds, folder };
}

/** A docker configuration: in a folder of the manifests, or where docker looks. */
export function dockerSink(folder: string, config?: string): DockerSink {
  return { type: 'docker', ...(config !== undefined && { config }), folder, within: [folder] };
}

/** Returns a context in which programs are found in this folder, and node beside them. */
export function contextWith(folder: string, env: SinkContext['env'] = {}): SinkContext {
  const path = [folder, dirname(process.execPath)].join(delimiter);
  return {
    env: { PATH: path, HOME: folder, ...env },
    mask: (text) => text,
    bug: () => undefined,
    mayTry: true,
    probedFolders: new Map(),
    before: cachedLookups(),
    folders: coalescedLookups(),
    reservedPaths: [],
    taken: new Map(),
  };
}

/** Writes an executable program with this JavaScript. */
export async function programIn(folder: string, name: string, script: string): Promise<void> {
  await writeFile(join(folder, name), `#!${process.execPath}\n${script}\n`);
  await chmod(join(folder, name), 0o755);
}
