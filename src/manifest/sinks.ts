import { basename, resolve, sep } from 'node:path';
import type { Sink } from '../core/model/sink.ts';
import { sinkTypeOf, sinkTypes } from '../core/model/sinks/registry.ts';
import type { SinkType, WrittenPath } from '../core/model/sinks/sink-type.ts';
import { isObject, type JsonObject } from '../core/util/json.ts';
import { isWithin } from '../core/util/paths.ts';
import type { ManifestFile } from './files.ts';
import type { ReadOptions } from './options.ts';
import type { Path } from './yaml/path.ts';

/** Reports a fault in a value of an entry. */
export type ReportError = (path: Path, message: string, hint?: string) => void;

/** Returns the sinks of an entry. Items that break the schema are left out. */
export function parseSinks(
  values: JsonObject,
  file: ManifestFile,
  { cwd, allowSinkDirs }: ReadOptions,
): readonly Sink[] {
  const within = [file.root, ...allowSinkDirs.map((allowed) => resolve(cwd, allowed))];
  return entriesOf(values).flatMap(
    ({ type, target }) => type.parse(target, { folder: file.folder, within }) ?? [],
  );
}

/** Checks the sinks of an entry beyond the schema. */
export function checkEntrySinks(
  values: JsonObject,
  file: ManifestFile,
  options: ReadOptions,
  reject: ReportError,
): void {
  const entries = entriesOf(values);
  for (const { type, target, path } of entries) {
    type.validate?.(target, (at, message, hint) => reject([...path, ...at], message, hint));
  }

  const sinks = parseSinks(values, file, options);
  if (sinks.length < entries.length) return; // the schema has rejected one
  const seen = new Set<string>();
  for (const [index, sink] of sinks.entries()) {
    const type = sinkTypeOf(sink);
    const written = type.writtenPath?.(sink);
    if (written) checkPath(written, sink.folder, entries[index]?.path ?? ['secret'], reject);
    const key = `${type.type} ${type.identity(sink)}`;
    if (seen.has(key)) reject(['secret', index], type.duplicateMessage, 'keep one of them');
    seen.add(key);
  }
}

interface Entry {
  readonly type: SinkType<Sink>;
  readonly target: JsonObject;
  readonly path: Path;
}

function entriesOf({ secret }: JsonObject): readonly Entry[] {
  if (!Array.isArray(secret)) return [];
  return secret.flatMap((sink: unknown, index) =>
    sinkTypes.flatMap((type) => {
      if (!isObject(sink) || !(type.type in sink)) return [];
      const target = sink[type.type];
      // `docker:` alone is short for all its defaults.
      return [{ type, target: isObject(target) ? target : {}, path: ['secret', index, type.type] }];
    }),
  );
}

/** Checks paths: a manifest must not choose freely where files are written. */
function checkPath(
  { field, path: text, within }: WrittenPath,
  folder: string,
  path: Path,
  reject: ReportError,
): void {
  const place = resolve(folder, text);
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
  } else if (!isWithin(within, place)) {
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
