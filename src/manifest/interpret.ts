import type { Desired } from '../core/model/desired.ts';
import type { Problem } from '../core/model/errors.ts';
import type { PruneRule } from '../core/plan/prune.ts';
import { isObject, type Json, type JsonObject } from '../core/util/json.ts';
import { pushAll } from '../core/util/push-all.ts';
import { toDesired } from './entry.ts';
import type { ManifestFile } from './files.ts';
import type { LoadOptions } from './options.ts';
import { readPrune } from './prune.ts';
import { checkSchema } from './schema.ts';
import { resolveVariables } from './variables.ts';
import type { Violation } from './violation.ts';
import type { ManifestDocument } from './yaml/manifest-document.ts';
import type { Path } from './yaml/path.ts';

/** Maximum number of tokens in a run; each takes a few kilobytes. */
export const maxTokens = 250_000;

/** Maximum number of prune rules in a run: each is compared with every live token of its scope. */
export const maxPruneRules = 1000;

/** Maximum number of problems, after which nothing more is read. */
export const maxProblems = 10_000;

/** The addresses of the entries of a run. Repeated ones are problems, which are reported once everything was read. */
export interface Addresses {
  add(address: string): void;
  /** Returns the number of entries whose address an earlier entry has. */
  repeated(): number;
}

export function createAddresses(): Addresses {
  const seen = new Set<string>();
  let repeated = 0;
  return {
    add(address) {
      if (seen.has(address)) repeated += 1;
      seen.add(address);
    },
    repeated: () => repeated,
  };
}

/** The remaining capacity of a run for a document. */
export interface Room {
  readonly tokens: number;
  readonly pruneRules: number;
  /** The addresses of the run so far. */
  readonly addresses: Addresses;
}

/** The content of a manifest, and its numbers of tokens and prune rules. */
export interface Interpreted {
  readonly desired: readonly Desired[];
  readonly prunes: readonly PruneRule[];
  readonly errors: readonly Problem[];
  readonly warnings: readonly Problem[];
  readonly count: number;
  readonly pruneCount: number;
}

/**
 * Interprets a manifest. Never throws for its content.
 *
 * @param room the number of tokens and prune rules that the run still accepts
 */
export function interpret(
  file: ManifestFile,
  document: ManifestDocument,
  room: Room,
  options: LoadOptions,
): Interpreted {
  const errors: Problem[] = [];
  const warnings: Problem[] = [];
  const desired: Desired[] = [];
  const prunes: PruneRule[] = [];
  const nothing: Interpreted = { desired, prunes, errors, warnings, count: 0, pruneCount: 0 };
  let raw: unknown;
  try {
    raw = document.value();
    cutLists(raw);
  } catch (error) {
    const expands = error instanceof ReferenceError;
    errors.push({
      code: 'MANIFEST_SYNTAX',
      message: expands
        ? 'its anchors and aliases expand to too many values, or to none'
        : `it can't be read: ${error instanceof Error ? error.message : String(error)}`,
      hint: 'write the values out, or put common values under defaults',
      source: document.at([]),
    });
    return nothing;
  }
  const count = lengthOf(raw, 'tokens');
  const pruneCount = lengthOf(raw, 'prune');
  if (count > room.tokens) {
    errors.push({
      code: 'MANIFEST_INVALID',
      message: `more than ${maxTokens} tokens in one run`,
      hint: 'run on fewer files or folders at a time',
      source: document.at(['tokens', room.tokens]),
    });
  }
  if (pruneCount > room.pruneRules) {
    errors.push({
      code: 'MANIFEST_INVALID',
      message: `more than ${maxPruneRules} prune rules in one run`,
      hint: 'let one pattern cover several names, or run on fewer files or folders at a time',
      source: document.at(['prune', room.pruneRules]),
    });
  }
  if (errors.length > 0) return nothing;
  const invalid = (path: Path, message: string, hint?: string, what?: 'value' | 'key'): Problem => ({
    code: 'MANIFEST_INVALID',
    message,
    ...(hint !== undefined && { hint }),
    source: document.at(path, what),
  });

  const { value, problems } = resolveVariables(raw, options.env);
  pushAll(
    errors,
    problems.map(({ path, code, message, hint }) => ({ ...invalid(path, message, hint), code })),
  );
  const referenced = new Set(problems.map(({ path }) => path.join('/')));
  const violations = [...checkSchema(value), ...withoutTokens(value)].filter(
    ({ path }) => !referenced.has(path.join('/')),
  );
  pushAll(
    errors,
    violations.map(({ path, message, hint, key }) => invalid(path, message, hint, key ? 'key' : 'value')),
  );

  if (!isObject(value)) return { ...nothing, count, pruneCount };
  const defaults = isObject(value['defaults']) ? value['defaults'] : {};
  const tooLarge = new Set(violations.filter(({ isBound }) => isBound).map(({ path }) => fieldKey(path)));
  const faulty = new Set([...violations, ...problems].flatMap(({ path }) => pathsTo(path)));
  const broken = (path: Path): boolean => faulty.has(JSON.stringify(path));
  /** Faults of the defaults are reported once. */
  const reported = new Set<string>();
  for (const [index, token] of listOf(value['tokens']).entries()) {
    const path = ['tokens', index];
    if (!isObject(token)) continue;
    const declaration = options.declarations.find(({ kind }) => kind === token['kind']);
    if (!declaration) continue;
    const inherited = defaults[declaration.kind];
    // A value that exceeds a bound is reported, and not checked further.
    const own = without(token, (field) => tooLarge.has(fieldKey([...path, field])));
    const common = without(isObject(inherited) ? inherited : {}, (field) =>
      tooLarge.has(fieldKey(['defaults', declaration.kind, field])),
    );
    const values: JsonObject = { ...common, ...own };
    const locate = (field: Path): Path =>
      field.length === 0 || (field[0] !== undefined && field[0] in token)
        ? [...path, ...field]
        : field[0] !== undefined && field[0] in values
          ? ['defaults', declaration.kind, ...field]
          : path;
    const entry = toDesired({
      declaration,
      values,
      own,
      valid: !broken(path) && !broken(['defaults', declaration.kind]),
      file,
      options,
      at: (field) => document.at(locate(field)),
      wantsWarnings: warnings.length <= maxProblems,
    });
    // An entry that breaks the schema is still checked, so that all its faults show at once. The fields that broke it
    // are skipped, as their intent is unknown.
    const blamed = (field: string): boolean =>
      broken([...path, field]) || broken(['defaults', declaration.kind, field]);
    pushAll(
      errors,
      entry.errors.filter(({ field }) => !blamed(field)).map(({ problem }) => problem),
    );
    pushAll(
      warnings,
      entry.warnings.filter(({ field }) => !blamed(field)).map(({ problem }) => problem),
    );
    if (entry.desired) {
      desired.push(entry.desired);
      room.addresses.add(entry.desired.address);
    }
    for (const breach of options.policies.flatMap((policy) => policy.check(values, declaration.rules))) {
      const place = locate(breach.path);
      const text = JSON.stringify([place, breach.message]);
      if (blamed(String(breach.path[0])) || reported.has(text)) continue;
      reported.add(text);
      errors.push(invalid(place, breach.message, breach.hint, breach.key ? 'key' : 'value'));
      if (errors.length > maxProblems) break;
    }
    if (errors.length + room.addresses.repeated() > maxProblems) break;
  }
  for (const [index, rule] of listOf(value['prune']).entries()) {
    const path = ['prune', index];
    const declaration = options.declarations.find(({ kind }) => isObject(rule) && kind === rule['kind']);
    if (!declaration || !isObject(rule) || broken(path)) continue;
    const inherited = defaults[declaration.kind];
    const read = readPrune({
      declaration,
      rule,
      inherited: isObject(inherited) ? inherited : {},
      file,
      options,
      at: ([field, ...rest]) => {
        if (field === undefined || field in rule)
          return document.at([...path, ...(field === undefined ? [] : [field]), ...rest]);
        const isInherited = isObject(inherited) && field in inherited;
        return document.at(isInherited ? ['defaults', declaration.kind, field, ...rest] : path);
      },
    });
    if ('problems' in read) pushAll(errors, read.problems);
    else prunes.push(read);
  }
  return { desired, prunes, errors, warnings, count, pruneCount };
}

/** Returns a violation if a manifest has neither tokens nor prune rules. */
function withoutTokens(value: unknown): readonly Violation[] {
  if (!isObject(value) || 'tokens' in value || 'prune' in value) return [];
  return [{ path: [], key: false, message: 'tokens is missing' }];
}

function listOf(value: Json | undefined): readonly Json[] {
  return Array.isArray(value) ? value : [];
}

function lengthOf(value: unknown, field: 'tokens' | 'prune'): number {
  const list = isObject(value) ? value[field] : undefined;
  return Array.isArray(list) ? list.length : 0;
}

/** Returns the key of the field, of an entry or of the defaults of a kind, that a path leads to or into. */
function fieldKey(path: Path): string {
  return JSON.stringify(path.slice(0, 3));
}

/** Maximum length of a list, except for the tokens and prune rules. The schema bounds most lists more closely. */
const maxList = 1000;

/** Cuts lists that exceed the maximum: the schema then rejects the rest without checking every item. */
function cutLists(manifest: unknown): void {
  const cut = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    if (Array.isArray(value) && value.length > maxList + 1) value.length = maxList + 1;
    for (const member of Array.isArray(value) ? value : Object.values(value)) cut(member);
  };
  if (!isObject(manifest)) return;
  for (const [key, value] of Object.entries(manifest)) {
    if (!Array.isArray(value)) cut(value);
    // The maximum number of tokens and rules depends on the whole run.
    else if (key === 'tokens' || key === 'prune') for (const item of value) cut(item);
    else cut(value);
  }
}

function without(values: JsonObject, isLeftOut: (field: string) => boolean): JsonObject {
  if (!Object.keys(values).some(isLeftOut)) return values;
  return Object.fromEntries(Object.entries(values).filter(([field]) => !isLeftOut(field)));
}

/** Returns a path and all its ancestors, as keys. */
function pathsTo(path: Path): readonly string[] {
  return [...path.keys(), path.length].map((length) => JSON.stringify(path.slice(0, length)));
}
