import { dirname, join, relative, resolve, sep } from 'node:path';
import { kubernetesName } from './kubernetes-name.ts';
import type { DockerSink, Sink } from './model.ts';

/** Something that holds one secret: a file, a login of docker, a Secret of Kubernetes. */
export interface SinkPlace {
  readonly type: 'file' | 'docker' | 'helper' | 'secret' | 'command';
  /** Where it is, absolute and without links; empty where that doesn't matter. */
  readonly path: string;
  /** What tells it from others in the same place. */
  readonly detail: string;
  readonly label: string;
}

/** What the places of a token's sinks depend on. */
export interface PlacedToken {
  /** Names a Secret that the manifest doesn't name; `undefined` where that isn't known. */
  readonly name: string | undefined;
  /** Tells the logins of one docker configuration apart; `undefined` where that isn't known. */
  readonly host: string | undefined;
}

/** Where the file of a sink really is, and the credential helper that keeps the logins of a docker configuration. */
export interface PlacedFile {
  readonly path: string;
  readonly helper?: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Returns the docker configuration of a sink as the user knows it; `undefined` where there is no home to look in. */
export function dockerConfigPath({ config }: DockerSink, env: Environment): string | undefined {
  if (config !== undefined) return join(config, 'config.json');
  if (env['DOCKER_CONFIG']) return join(env['DOCKER_CONFIG'], 'config.json');
  const home = env['HOME'] || env['USERPROFILE'];
  return home ? join(home, '.docker', 'config.json') : undefined;
}

/** Returns the file that a sink writes, absolute, links not followed; `undefined` for one that writes none. */
export function fileOfSink(sink: Sink, env: Environment): string | undefined {
  switch (sink.type) {
    case 'file':
      return resolve(sink.folder, sink.path);
    case 'docker': {
      const path = dockerConfigPath(sink, env);
      if (path === undefined) return undefined;
      // The docker CLI takes its own default from where it runs.
      return sink.config === undefined ? resolve(path) : resolve(sink.folder, path);
    }
    case 'command':
      return undefined;
  }
}

/**
 * Returns the places that a sink writes to for a token: each may hold one token's secret.
 *
 * @param file where the sink's file really is; `undefined` for one that writes none
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
 * Returns the one text of a place.
 *
 * @param from the folder that its path is written relative to, so that it is the same in every checkout; absolute unless
 * given
 */
export function placeKey({ type, path, detail }: SinkPlace, from?: string): string {
  const shown = from === undefined || path === '' ? path : relative(from, path);
  return `${type}:${shown.split(sep).join('/')}${detail === '' ? '' : `#${detail}`}`;
}

/**
 * Returns the keys under which a place is found: its own, and for a docker login also that of its configuration. A file
 * that is written over a configuration takes all logins in it away.
 */
export function keysOfPlace(key: string): readonly string[] {
  const config = configOf(key);
  return config === undefined ? [key] : [key, `config:${config}`];
}

/** Returns the keys of what is lost, or shares a file, if a place is written to: see `keysOfPlace`. */
export function keysInTheWay(key: string): readonly string[] {
  const config = configOf(key);
  if (config !== undefined) return [key, `file:${config}`];
  return key.startsWith('file:') ? [key, `config:${key.slice('file:'.length)}`] : [key];
}

/** Returns the path of the configuration that a docker login is in; `undefined` for any other place. */
function configOf(key: string): string | undefined {
  return key.startsWith('docker:') ? key.slice('docker:'.length, key.lastIndexOf('#')) : undefined;
}
