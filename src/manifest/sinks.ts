import { basename, resolve, sep } from 'node:path';
import type { DockerSink, FileSink, SecretFormat, SecretLayout, Sink } from '../core/model/sink.ts';
import { isObject, type JsonObject } from '../core/util/json.ts';
import { isWithin } from '../core/util/paths.ts';
import { recipientProblem } from './age-recipient.ts';
import type { ManifestFile } from './files.ts';
import type { LoadOptions } from './options.ts';
import type { Path } from './yaml/path.ts';

/** Reports a fault in a value of an entry. */
export type ReportError = (path: Path, message: string, hint?: string) => void;

/** Returns the sinks of an entry. Items that break the schema are left out. */
export function parseSinks(
  values: JsonObject,
  file: ManifestFile,
  { cwd, allowSinkDirs }: LoadOptions,
): readonly Sink[] {
  const within = [file.root, ...allowSinkDirs.map((allowed) => resolve(cwd, allowed))];
  return entriesOf(values).flatMap((entry) => sinkOf(entry, file.folder, within) ?? []);
}

function sinkOf({ type, target }: Entry, folder: string, within: readonly string[]): Sink | undefined {
  const { path, mode, age, run, timeout, config } = target;
  switch (type) {
    case 'file':
      if (typeof path !== 'string') return undefined;
      return {
        type,
        path,
        layout: layoutOf(target, 'json'),
        mode: typeof mode === 'string' ? Number.parseInt(mode, 8) : 0o600,
        age: textsOf(age),
        folder,
        within,
      };
    case 'command':
      return {
        type,
        run: textsOf(run),
        layout: layoutOf(target, 'raw'),
        timeoutSeconds: typeof timeout === 'number' ? timeout : 60,
        folder,
      };
    case 'docker':
      return { type, ...(typeof config === 'string' && { config }), folder, within };
  }
}

/** Checks the sinks of an entry beyond the schema. */
export function checkSinks(
  values: JsonObject,
  file: ManifestFile,
  options: LoadOptions,
  reject: ReportError,
): void {
  for (const { type, target, path } of entriesOf(values)) {
    checkLayout(target, type, path, reject);
    for (const [index, text] of textsOf(target['age']).entries()) {
      const refused = recipientProblem(text);
      if (refused) reject([...path, 'age', index], refused.message, refused.hint);
    }
    const run = textsOf(target['run']);
    if (run[0]?.trim() === '') reject([...path, 'run', 0], 'the program is empty');
    for (const [index, text] of run.entries()) {
      if (text.includes('\0')) reject([...path, 'run', index], "an argument can't contain a NUL character");
    }
  }

  const entries = entriesOf(values);
  const sinks = parseSinks(values, file, options);
  if (sinks.length < entries.length) return; // the schema has rejected one
  const seen = new Set<string>();
  for (const [index, sink] of sinks.entries()) {
    const path = entries[index]?.path ?? ['secret'];
    if (sink.type !== 'command') checkPlace(sink, path, reject);
    const place = placeOf(sink);
    if (seen.has(place)) reject(['secret', index], duplicateMessages[sink.type], 'keep one of them');
    seen.add(place);
  }
}

const duplicateMessages = {
  file: 'two sinks write to the same file',
  command: 'two sinks run the same command',
  docker: 'two sinks log in to the same configuration',
} as const;

const types = ['file', 'command', 'docker'] as const;

interface Entry {
  readonly type: Sink['type'];
  readonly target: JsonObject;
  readonly path: Path;
}

function entriesOf({ secret }: JsonObject): readonly Entry[] {
  if (!Array.isArray(secret)) return [];
  return secret.flatMap((sink: unknown, index) =>
    types.flatMap((type) => {
      if (!isObject(sink) || !(type in sink)) return [];
      const target = sink[type];
      // `docker:` alone is short for all its defaults.
      return [{ type, target: isObject(target) ? target : {}, path: ['secret', index, type] }];
    }),
  );
}

function textsOf(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
}

const formats: readonly SecretFormat[] = ['raw', 'json', 'env', 'dockerconfigjson', 'kubernetes'];

function layoutOf(
  { format, prefix, name, namespace }: JsonObject,
  defaultFormat: SecretFormat,
): SecretLayout {
  return {
    format: formats.find((known) => known === format) ?? defaultFormat,
    ...(typeof prefix === 'string' && { prefix }),
    ...(typeof name === 'string' && { name }),
    ...(typeof namespace === 'string' && { namespace }),
  };
}

/** Names that Kubernetes accepts for a Secret and a namespace (RFC 1123). */
const label = '[a-z0-9]([-a-z0-9]*[a-z0-9])?';
const secretName = new RegExp(`^(?=.{1,253}$)${label}(\\.${label})*$`);
const namespaceName = new RegExp(`^(?=.{1,63}$)${label}$`);

function checkLayout(target: JsonObject, type: Sink['type'], path: Path, reject: ReportError): void {
  if (type === 'docker') return;
  const { format } = layoutOf(target, type === 'file' ? 'json' : 'raw');
  const { prefix, name, namespace } = target;
  const only = (field: string, wanted: SecretFormat): void => {
    if (field in target && format !== wanted) {
      reject(
        [...path, field],
        `${field} applies only to the format ${wanted}; this sink's format is ${format}`,
        `use format: ${wanted}, or remove ${field}`,
      );
    }
  };
  only('prefix', 'env');
  only('name', 'kubernetes');
  only('namespace', 'kubernetes');
  if (typeof prefix === 'string' && !/^[A-Za-z_][A-Za-z0-9_]*$/.test(prefix)) {
    reject(
      [...path, 'prefix'],
      `a shell variable can't begin with ${JSON.stringify(prefix)}`,
      "use letters, digits and underscores, and don't begin with a digit; for example CI_",
    );
  }
  if (typeof name === 'string' && !secretName.test(name)) reject([...path, 'name'], badName(name), nameHint);
  if (typeof namespace === 'string' && !namespaceName.test(namespace)) {
    reject([...path, 'namespace'], badName(namespace), nameHint);
  }
}

const nameHint = 'use lower-case letters, digits and dashes, a letter or digit first and last';

function badName(name: string): string {
  return `not a valid Kubernetes name: ${JSON.stringify(name)}`;
}

/** Checks paths: a manifest must not choose freely where files are written. */
function checkPlace(sink: FileSink | DockerSink, path: Path, reject: ReportError): void {
  const [field, text] = sink.type === 'file' ? ['path', sink.path] : ['config', sink.config];
  if (text === undefined) return;
  const place = resolve(sink.folder, text);
  const at = [...path, field];
  if (text.includes('\0')) reject(at, "a path can't contain a NUL character");
  else if (/^\s|\s$/u.test(text)) {
    reject(
      at,
      `${JSON.stringify(text)}: a path can't begin or end with white space`,
      'remove the white space',
    );
  } else if (sep === '/' && text.includes('\\')) {
    reject(at, `${text}: a backslash does not separate folders here`, 'use /');
  } else if (/^~(\/|$)/.test(text)) {
    reject(at, `${text}: ~ is not expanded to your home folder`, 'write the full path');
  } else if (!isWithin(sink.within, place)) {
    reject(
      at,
      `${text}: a secret can't be written outside the manifests' folder`,
      'to allow it, pass the folder to --allow-sink-dir',
    );
  } else if (place.split(/[\\/]/).some((step) => /^\.git(hub)?$/i.test(step))) {
    reject(
      at,
      `${text}: a secret can't be written to .git or .github`,
      `choose another folder for ${basename(place)}`,
    );
  } else if (place.split(/[\\/]/).some((step) => /^\.reconcile$/i.test(step))) {
    reject(
      at,
      `${text}: a secret can't be written to a state directory`,
      `choose another folder for ${basename(place)}`,
    );
  }
}

/** Returns a key that distinguishes a sink from the others of a token. */
function placeOf(sink: Sink): string {
  switch (sink.type) {
    case 'file':
      return `file ${resolve(sink.folder, sink.path)}`;
    case 'command':
      return `command ${JSON.stringify([sink.run, sink.layout])}`;
    case 'docker':
      return `docker ${sink.config === undefined ? '' : resolve(sink.folder, sink.config)}`;
  }
}
