import { dirname, join, relative, resolve, sep } from 'node:path';
import { kubernetesName } from './kubernetes-name.ts';
import type { DockerSink, Sink } from './sink.ts';

/** A place that holds one secret: a file, a docker login, a Kubernetes Secret. */
export interface SinkPlace {
  readonly type: 'file' | 'docker' | 'helper' | 'secret' | 'command';
  /** The path, absolute and without links; empty if it doesn't matter. */
  readonly path: string;
  /** The part that distinguishes it from others with the same path. */
  readonly detail: string;
  readonly label: string;
}

/** The properties of a token that the places of its sinks depend on. */
export interface PlacedToken {
  /** The name for a Secret that the manifest doesn't name; `undefined` if not known. */
  readonly name: string | undefined;
  /** The host, which distinguishes the logins of one docker configuration; `undefined` if not known. */
  readonly host: string | undefined;
}

/** The real path of a sink's file, and the credential helper that stores the logins of a docker configuration. */
export interface PlacedFile {
  readonly path: string;
  readonly helper?: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Returns the docker configuration of a sink, as the user writes it; `undefined` if no home folder is known. */
export function dockerConfigPath({ config }: DockerSink, env: Environment): string | undefined {
  if (config !== undefined) return join(config, 'config.json');
  if (env['DOCKER_CONFIG']) return join(env['DOCKER_CONFIG'], 'config.json');
  const home = env['HOME'] || env['USERPROFILE'];
  return home ? join(home, '.docker', 'config.json') : undefined;
}

/** Returns the file that a sink writes, absolute, links not followed; `undefined` if it doesn't write one. */
export function fileOfSink(sink: Sink, env: Environment): string | undefined {
  switch (sink.type) {
    case 'file':
      return resolve(sink.folder, sink.path);
    case 'docker': {
      const path = dockerConfigPath(sink, env);
      if (path === undefined) return undefined;
      // The docker CLI resolves its own default against the current folder.
      return sink.config === undefined ? resolve(path) : resolve(sink.folder, path);
    }
    case 'command':
      return undefined;
  }
}

/**
 * Returns the places that a sink writes to for a token. Each can hold one token's secret.
 *
 * @param file the real path of the sink's file; `undefined` if the sink doesn't write one
 */
export function placesOf(
  sink: Sink,
  file: PlacedFile | undefined,
  { name, host }: PlacedToken,
): readonly SinkPlace[] {
  if (sink.type === 'docker') {
    if (!file || host === undefined || host === '') return [];
    const words = `the docker login for ${host} in ${sink.config ?? 'the default configuration'}`;
    return file.helper === undefined
      ? [{ type: 'docker', path: file.path, detail: host, label: words }]
      : [{ type: 'helper', path: '', detail: `${file.helper} ${host}`, label: words }];
  }
  const written: readonly SinkPlace[] =
    sink.type === 'file' && file
      ? [{ type: 'file', path: file.path, detail: '', label: `the file ${sink.path}` }]
      : [];
  const secret = sink.layout.name ?? (name === undefined ? undefined : kubernetesName(name));
  if (sink.layout.format !== 'kubernetes' || secret === undefined) return written;
  const detail = `${sink.layout.namespace ?? ''}/${secret}`;
  const words = `the Kubernetes Secret ${sink.layout.namespace === undefined ? secret : detail}`;
  if (sink.type === 'file') {
    return file ? [...written, { type: 'secret', path: dirname(file.path), detail, label: words }] : written;
  }
  return [
    { type: 'command', path: sink.folder, detail: `${detail} ${JSON.stringify(sink.run)}`, label: words },
  ];
}

/**
 * Returns the unique text of a place.
 *
 * @param from the folder that its path is written relative to, so that it is the same in every checkout; absolute by
 * default
 */
export function placeKey({ type, path, detail }: SinkPlace, from?: string): string {
  const shown = from === undefined || path === '' ? path : relative(from, path);
  return `${type}:${shown.split(sep).join('/')}${detail === '' ? '' : `#${detail}`}`;
}

/**
 * Returns the keys under which a place is found: its own, and for a docker login also that of its configuration. A file
 * that is written over a configuration removes all logins in it.
 */
export function keysOfPlace(key: string): readonly string[] {
  const config = configOf(key);
  return config === undefined ? [key] : [key, `config:${config}`];
}

/** Returns the keys of the places that a write to a place overwrites, or that share its file: see `keysOfPlace`. */
export function keysInTheWay(key: string): readonly string[] {
  const config = configOf(key);
  if (config !== undefined) return [key, `file:${config}`];
  return key.startsWith('file:') ? [key, `config:${key.slice('file:'.length)}`] : [key];
}

/** Returns the path of the configuration that a docker login is in; `undefined` for any other place. */
function configOf(key: string): string | undefined {
  return key.startsWith('docker:') ? key.slice('docker:'.length, key.lastIndexOf('#')) : undefined;
}
