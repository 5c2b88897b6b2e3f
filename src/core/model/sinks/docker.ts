import { join, relative, resolve } from 'node:path';
import { coveredParts, type DigestParts, itself } from '../../util/digest-parts.ts';
import { text, texts } from '../record-schema.ts';
import type { SinkEnvironment, SinkType } from './sink-type.ts';

/** The docker CLI's store of logins. */
export interface DockerSink {
  readonly type: 'docker';
  /** The folder of the CLI's configuration as written; the CLI's own default if absent. */
  readonly config?: string;
  /** The manifest's folder, absolute. `config` is relative to it. */
  readonly folder: string;
  /** The folders, absolute, that `config` has to be in. */
  readonly within: readonly string[];
}

const digestParts: DigestParts<DockerSink> = {
  type: itself,
  config: 'covered', // by the place that it leads to
  folder: 'covered', // by that place
  within: 'covered', // by the options that a saved plan remembers
};

/** Maximum duration of a credential helper. */
export const helperTimeoutSeconds = 60;

const loginLabel = (host: string): string => `the docker login for ${host}`;

/** The sink type `docker`. */
export const dockerSink: SinkType<DockerSink> = {
  type: 'docker',
  recordSchema: { folder: text, within: texts },
  duplicateMessage: 'two sinks log in to the same configuration',
  placeTypes: { docker: 'part', helper: 'none' },
  perHost: { label: loginLabel },
  untested: {
    one: 'docker configuration',
    many: 'docker configurations',
    reason: 'reconcile doctor runs no credential helper that a manifest selects',
    includes: ({ config }) => config !== undefined,
  },

  parse: ({ config }, { folder, within }) => ({
    type: 'docker',
    ...(typeof config === 'string' && { config }),
    folder,
    within,
  }),

  writtenPath: ({ config, within }) =>
    config === undefined ? undefined : { field: 'config', path: config, within },
  identity: ({ folder, config }) => (config === undefined ? '' : resolve(folder, config)),
  name: ({ config }) => (config === undefined ? 'docker' : `docker:${config}`),
  nameHasPath: true,

  portable(sink) {
    const { folder, config, within } = sink;
    const [root = ''] = within;
    const place = config === undefined ? null : relative(root, resolve(folder, config));
    return { ...coveredParts(digestParts, sink), place };
  },

  // A credential helper is run with this timeout.
  timeoutSeconds: () => helperTimeoutSeconds,
  needsHost: () => true,
  holdsLogin: () => true,

  file(sink, env) {
    const path = dockerConfigPath(sink, env);
    if (path === undefined) return undefined;
    // The docker CLI resolves its own default against the current folder.
    return sink.config === undefined ? resolve(path) : resolve(sink.folder, path);
  },

  places({ config }, file, { host, hostLabel }) {
    if (!file || host === undefined || host === '') return [];
    const label = `${loginLabel(hostLabel ?? host)} in ${config ?? 'the default configuration'}`;
    return file.helper === undefined
      ? [{ type: 'docker', path: file.path, detail: host, label }]
      : [{ type: 'helper', path: '', detail: `${file.helper} ${host}`, label }];
  },
};

/** Returns the docker configuration of a sink, as the user writes it; `undefined` if no home folder is known. */
export function dockerConfigPath({ config }: DockerSink, env: SinkEnvironment): string | undefined {
  if (config !== undefined) return join(config, 'config.json');
  if (env['DOCKER_CONFIG']) return join(env['DOCKER_CONFIG'], 'config.json');
  const home = env['HOME'] || env['USERPROFILE'];
  return home ? join(home, '.docker', 'config.json') : undefined;
}
