import type { Desired } from '../core/model/desired.ts';
import type { Problem } from '../core/model/errors.ts';
import type { TokenKind } from '../core/model/token-kind.ts';
import type { PruneRule } from '../core/plan/prune.ts';
import { isObject, type Json, type JsonObject } from '../core/util/json.ts';
import { pushAll } from '../core/util/push-all.ts';
import { type FieldProblem, toDesired } from './entry.ts';
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
  const nothing: Interpreted = { desired: [], prunes: [], errors: [], warnings: [], count: 0, pruneCount: 0 };
  const raw = readValue(document);
  if ('problem' in raw) return { ...nothing, errors: [raw.problem] };
  const counts = { count: lengthOf(raw.value, 'tokens'), pruneCount: lengthOf(raw.value, 'prune') };
  const excess = checkCounts(document, counts, room);
  if (excess.length > 0) return { ...nothing, errors: excess };
  const checked = checkDocument(file, document, raw.value, options);
  if (!checked.manifest) return { ...nothing, ...counts, errors: checked.errors };
  const entries = readEntries(checked.manifest, checked.errors.length, room, options);
  const rules = readPruneRules(checked.manifest, options);
  return {
    ...counts,
    desired: entries.desired,
    prunes: rules.prunes,
    errors: [...checked.errors, ...entries.errors, ...rules.errors],
    warnings: entries.warnings,
  };
}

/** Returns the value of a document, with overlong lists cut, or the reason why it can't be read. */
function readValue(document: ManifestDocument): { readonly value: unknown } | { readonly problem: Problem } {
  try {
    const value = document.value();
    cutLists(value);
    return { value };
  } catch (error) {
    const expands = error instanceof ReferenceError;
    return {
      problem: {
        code: 'MANIFEST_SYNTAX',
        message: expands
          ? 'its anchors and aliases expand to too many values, or to none'
          : `it can't be read: ${error instanceof Error ? error.message : String(error)}`,
        hint: 'write the values out, or put common values under defaults',
        source: document.at([]),
      },
    };
  }
}

/** Reports tokens and prune rules beyond the maximum of a run. */
function checkCounts(
  document: ManifestDocument,
  { count, pruneCount }: Pick<Interpreted, 'count' | 'pruneCount'>,
  room: Room,
): readonly Problem[] {
  const tooMany = (list: 'tokens' | 'prune', index: number, message: string, hint: string): Problem => ({
    code: 'MANIFEST_INVALID',
    message: `more than ${message} in one run`,
    hint,
    source: document.at([list, index]),
  });
  const fewer = 'run on fewer files or folders at a time';
  return [
    ...(count > room.tokens ? [tooMany('tokens', room.tokens, `${maxTokens} tokens`, fewer)] : []),
    ...(pruneCount > room.pruneRules
      ? [
          tooMany(
            'prune',
            room.pruneRules,
            `${maxPruneRules} prune rules`,
            `let one pattern cover several names, or ${fewer}`,
          ),
        ]
      : []),
  ];
}

/** A manifest whose variables are resolved and whose schema is checked. */
interface CheckedManifest {
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
function checkDocument(
  file: ManifestFile,
  document: ManifestDocument,
  raw: unknown,
  options: LoadOptions,
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

function invalid(
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

/**
 * Reads the entries of a manifest, and checks the policies.
 *
 * @param known the number of problems that were found before
 */
function readEntries(
  manifest: CheckedManifest,
  known: number,
  room: Room,
  options: LoadOptions,
): Pick<Interpreted, 'desired' | 'errors' | 'warnings'> {
  const desired: Desired[] = [];
  const errors: Problem[] = [];
  const warnings: Problem[] = [];
  // Violations of the defaults are reported once.
  const reported = new Set<string>();
  for (const [index, token] of listOf(manifest.value['tokens']).entries()) {
    const declaration = options.declarations.find(({ kind }) => isObject(token) && kind === token['kind']);
    if (!declaration || !isObject(token)) continue;
    const entry = mergedEntry(manifest, declaration, token, index);
    const read = toDesired({
      declaration,
      values: entry.values,
      own: entry.own,
      valid: entry.isValid,
      file: manifest.file,
      options,
      at: (field) => manifest.document.at(entry.locate(field)),
      wantsWarnings: warnings.length <= maxProblems,
    });
    // An entry that breaks the schema is still checked, so that all its faults show at once. The fields that broke it
    // are skipped, as their intent is unknown.
    pushAll(errors, unblamed(read.errors, entry));
    pushAll(warnings, unblamed(read.warnings, entry));
    if (read.desired) {
      desired.push(read.desired);
      room.addresses.add(read.desired.address);
    }
    for (const breach of options.policies.flatMap((policy) =>
      policy.check(entry.values, declaration.rules),
    )) {
      const place = entry.locate(breach.path);
      const text = JSON.stringify([place, breach.message]);
      if (entry.isBlamed(String(breach.path[0])) || reported.has(text)) continue;
      reported.add(text);
      const { message, hint, key } = breach;
      errors.push(invalid(manifest.document, place, message, hint, key ? 'key' : 'value'));
      if (known + errors.length > maxProblems) break;
    }
    if (known + errors.length + room.addresses.repeated() > maxProblems) break;
  }
  return { desired, errors, warnings };
}

/** An entry with the defaults of its kind. */
interface MergedEntry {
  readonly values: JsonObject;
  /** The values of the entry itself. */
  readonly own: JsonObject;
  readonly isValid: boolean;
  /** Returns the path of a value, in the entry or in the defaults. */
  locate(field: Path): Path;
  /** Tells whether a field breaks the schema. */
  isBlamed(field: string): boolean;
}

function mergedEntry(
  { defaults, isFaulty, isTooLarge }: CheckedManifest,
  { kind }: TokenKind,
  token: JsonObject,
  index: number,
): MergedEntry {
  const path: Path = ['tokens', index];
  const inherited = defaults[kind];
  const own = without(token, (field) => isTooLarge([...path, field]));
  const common = without(isObject(inherited) ? inherited : {}, (field) =>
    isTooLarge(['defaults', kind, field]),
  );
  const values: JsonObject = { ...common, ...own };
  return {
    values,
    own,
    isValid: !isFaulty(path) && !isFaulty(['defaults', kind]),
    locate: (field) => {
      const [first] = field;
      if (first === undefined || first in token) return [...path, ...field];
      return first in values ? ['defaults', kind, ...field] : path;
    },
    isBlamed: (field) => isFaulty([...path, field]) || isFaulty(['defaults', kind, field]),
  };
}

function unblamed(problems: readonly FieldProblem[], { isBlamed }: MergedEntry): readonly Problem[] {
  return problems.filter(({ field }) => !isBlamed(field)).map(({ problem }) => problem);
}

/** Reads the prune rules of a manifest. Rules that break the schema are left out. */
function readPruneRules(
  { file, document, value, defaults, isFaulty }: CheckedManifest,
  options: LoadOptions,
): Pick<Interpreted, 'prunes' | 'errors'> {
  const prunes: PruneRule[] = [];
  const errors: Problem[] = [];
  for (const [index, rule] of listOf(value['prune']).entries()) {
    const path: Path = ['prune', index];
    const declaration = options.declarations.find(({ kind }) => isObject(rule) && kind === rule['kind']);
    if (!declaration || !isObject(rule) || isFaulty(path)) continue;
    const { kind } = declaration;
    const inherited = defaults[kind];
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
        return document.at(isInherited ? ['defaults', kind, field, ...rest] : path);
      },
    });
    if ('problems' in read) pushAll(errors, read.problems);
    else prunes.push(read);
  }
  return { prunes, errors };
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
