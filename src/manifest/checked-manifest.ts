import type { Problem } from '../core/model/errors.ts';
import { isObject, type Json, type JsonObject } from '../core/util/json.ts';
import type { ManifestFile } from './files.ts';
import type { ReadOptions } from './options.ts';
import { checkSchema } from './schema.ts';
import { resolveVariables } from './variables.ts';
import type { Violation } from './violation.ts';
import type { ManifestDocument } from './yaml/manifest-document.ts';
import type { Path } from './yaml/path.ts';

/** A manifest whose variables are resolved and whose schema is checked. */
export interface CheckedManifest {
  readonly file: ManifestFile;
  readonly document: ManifestDocument;
  readonly value: JsonObject;
  /** The default values, by kind. */
  readonly defaults: JsonObject;
  /** Tells whether there is a fault at a path or within it. */
  isFaulty(path: Path): boolean;
  /** Tells whether the value of a field exceeds a bound. It is reported, and not checked further. */
  isTooLarge(path: Path): boolean;
}

/** Resolves the variables of a document and checks its schema. */
export function checkDocument(
  file: ManifestFile,
  document: ManifestDocument,
  raw: unknown,
  options: ReadOptions,
): { readonly errors: readonly Problem[]; readonly manifest?: CheckedManifest } {
  const { value, problems } = resolveVariables(raw, options.env);
  const referenced = new Set(problems.map(({ path }) => path.join('/')));
  const violations = [...checkSchema(value), ...withoutTokens(value)].filter(
    ({ path }) => !referenced.has(path.join('/')),
  );
  const errors = [
    ...problems.map(({ path, code, message, hint }) => ({ ...invalid(document, path, message, hint), code })),
    ...violations.map(({ path, message, hint, key }) =>
      invalid(document, path, message, hint, key ? 'key' : 'value'),
    ),
  ];
  if (!isObject(value)) return { errors };
  const tooLarge = new Set(violations.filter(({ isBound }) => isBound).map(({ path }) => fieldKey(path)));
  const faulty = new Set([...violations, ...problems].flatMap(({ path }) => pathsTo(path)));
  const manifest: CheckedManifest = {
    file,
    document,
    value,
    defaults: isObject(value['defaults']) ? value['defaults'] : {},
    isFaulty: (path) => faulty.has(JSON.stringify(path)),
    isTooLarge: (path) => tooLarge.has(fieldKey(path)),
  };
  return { errors, manifest };
}

/** Creates the problem of a value or a key. */
export function invalid(
  document: ManifestDocument,
  path: Path,
  message: string,
  hint?: string,
  what?: 'value' | 'key',
): Problem {
  return {
    code: 'MANIFEST_INVALID',
    message,
    ...(hint !== undefined && { hint }),
    source: document.at(path, what),
  };
}

/** Returns the items of a list; none if the value isn't a list. */
export function listOf(value: Json | undefined): readonly Json[] {
  return Array.isArray(value) ? value : [];
}

/** Returns a violation if a manifest has neither tokens nor prune rules. */
function withoutTokens(value: unknown): readonly Violation[] {
  if (!isObject(value) || 'tokens' in value || 'prune' in value) return [];
  return [{ path: [], key: false, message: 'tokens is missing' }];
}

/** Returns the key of the field, of an entry or of the defaults of a kind, that a path leads to or into. */
function fieldKey(path: Path): string {
  return JSON.stringify(path.slice(0, 3));
}

/** Returns a path and all its ancestors, as keys. */
function pathsTo(path: Path): readonly string[] {
  return [...path.keys(), path.length].map((length) => JSON.stringify(path.slice(0, length)));
}
