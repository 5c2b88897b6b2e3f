/** The format of a secret in a sink (docs/reference/manifest.md, Sinks). */
export type SecretFormat = 'raw' | 'json' | 'env' | 'dockerconfigjson' | 'kubernetes';

/** The format of a secret, with its options. */
export interface SecretLayout {
  readonly format: SecretFormat;
  /** The prefix of the variables of `env`. */
  readonly prefix?: string;
  /** The name of the Secret of `kubernetes`; the token's name by default. */
  readonly name?: string;
  readonly namespace?: string;
}

/** A file that a secret is written to. */
export interface FileSink {
  readonly type: 'file';
  /** The path as written in the manifest. */
  readonly path: string;
  readonly layout: SecretLayout;
  /** Permission bits of the file, for example `0o600`. */
  readonly mode: number;
  /** The age recipients that the content is encrypted to; empty for plain text. */
  readonly age: readonly string[];
  /** The manifest's folder, absolute. `path` is relative to it. */
  readonly folder: string;
  /** The folders, absolute, that the file has to be in. */
  readonly within: readonly string[];
}

/** A program that receives a secret on its standard input. */
export interface CommandSink {
  readonly type: 'command';
  /** The program and its arguments. No shell is used. */
  readonly run: readonly string[];
  readonly layout: SecretLayout;
  readonly timeoutSeconds: number;
  /** The manifest's folder, absolute. The program runs in it. */
  readonly folder: string;
}

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

/** A destination of a new token's secret. */
export type Sink = FileSink | CommandSink | DockerSink;

/** Returns a sink's name in plans, results and the ledger: `file:secrets/ci.json`, `command:gh secret set CI`. */
export function sinkName(sink: Sink): string {
  switch (sink.type) {
    case 'file':
      return `file:${sink.path}`;
    case 'command':
      return `command:${sink.run.join(' ')}`;
    case 'docker':
      return sink.config === undefined ? 'docker' : `docker:${sink.config}`;
  }
}

/** Tells whether a sink receives a complete login: host, user name and password. */
export function holdsDockerLogin(sink: Sink): boolean {
  return sink.type === 'docker' || ['dockerconfigjson', 'kubernetes'].includes(sink.layout.format);
}

/**
 * Tells whether a sink shows, without a key, which token's secret it holds. The secret can be read again from such a sink.
 */
export function isReadBackable(sink: Sink): sink is FileSink {
  return (
    sink.type === 'file' &&
    sink.age.length === 0 &&
    ['json', 'env', 'kubernetes'].includes(sink.layout.format)
  );
}
