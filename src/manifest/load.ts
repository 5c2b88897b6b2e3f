import { readdir, realpath } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import pLimit from 'p-limit';
import { conflicts } from '../core/conflicts.ts';
import type { Declaration } from '../core/declaration.ts';
import type { Problem } from '../core/errors.ts';
import { isObject, type Json, type JsonObject } from '../core/json.ts';
import type { Desired } from '../core/model.ts';
import { namesOf } from '../core/plan.ts';
import type { PruneRule } from '../core/prune.ts';
import { declare } from './declare.ts';
import { type ManifestDocument, mentionsUs, type Path, parseDocuments } from './document.ts';
import { type ManifestFile, readManifestFiles } from './files.ts';
import type { Policy } from './policy.ts';
import { readPrune } from './prune.ts';
import { checkSchema, type Violation } from './schema.ts';
import { dockerFilesOf, filesOf } from './sinks.ts';
import { resolveVariables } from './variables.ts';

/** What the loader needs to know besides the paths. */
export interface LoadOptions {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stdin: (limit: number) => Promise<Buffer>;
  readonly declarations: readonly Declaration[];
  /** Seconds since 1970. */
  readonly now: number;
  readonly allowHosts: readonly string[];
  readonly allowFileReferences: readonly string[];
  readonly allowSinkDirs: readonly string[];
  readonly allowInsecureHttp: boolean;
  /** What every entry has to satisfy. */
  readonly policies: readonly Policy[];
  readonly debug: (message: string) => void;
}

/** What the manifests say, and all that is wrong with them. */
export interface Manifests {
  readonly desired: readonly Desired[];
  /** Which undeclared tokens are to go. */
  readonly prunes: readonly PruneRule[];
  /** The files that were read, absolute. */
  readonly files: readonly string[];
  readonly errors: readonly Problem[];
  readonly warnings: readonly Problem[];
}

/** Reads, checks and interprets the manifests that PATH arguments name. Never throws for what they contain. */
export async function loadManifests(paths: readonly string[], options: LoadOptions): Promise<Manifests> {
  const { files, problems } = await readManifestFiles(paths, options.cwd, options.stdin);
  const errors: Problem[] = [...problems];
  const warnings: Problem[] = [];
  const desired: Desired[] = [];
  const prunes: PruneRule[] = [];
  let found = 0;
  let skipped = 0;
  let room = maxTokens;
  for (const file of files) {
    const documents = manifestsOf(file);
    found += documents.manifests.length;
    skipped += documents.skipped;
    append(errors, documents.problems);
    for (const document of documents.manifests) {
      const loaded = interpret(file, document, room, options);
      room -= loaded.count;
      append(desired, loaded.desired);
      append(prunes, loaded.prunes);
      append(errors, loaded.errors);
      append(warnings, loaded.warnings);
    }
    if (errors.length > maxProblems) {
      errors.push({
        code: 'MANIFEST_INVALID',
        message: `more than ${maxProblems} problems up to ${file.file}; nothing after it was read`,
      });
      break;
    }
  }
  if (skipped > 0) options.debug(`${skipped} documents without apiVersion: reconcile/v1 skipped`);
  if (found === 0 && errors.length === 0) {
    errors.push({
      code: 'USAGE',
      message: `no manifest found in ${paths.length > 0 ? paths.join(', ') : 'this directory'}`,
      hint: 'a manifest is a YAML document that says apiVersion: reconcile/v1; name its file or folder',
    });
  }
  append(errors, overlaps(desired, await realFiles(desired)));
  const order = new Map(files.map(({ file }, index) => [file, index]));
  return {
    desired,
    prunes,
    files: files.map(({ file, folder }) => join(folder, basename(file))),
    errors: inOrder(errors, order).map(shortened),
    warnings: inOrder(warnings, order).map(shortened),
  };
}

/** So many tokens a run takes; each takes a few kilobytes. */
const maxTokens = 250_000;

/** With so many problems nothing more is read. */
const maxProblems = 10_000;

/** A value that a message quotes can be as long as a file. */
function shortened(problem: Problem): Problem {
  const { message } = problem;
  return message.length > 1000 ? { ...problem, message: `${message.slice(0, 999)}…` } : problem;
}

/** Adds items that may be too many for the arguments of a call. */
function append<T>(to: T[], items: readonly T[]): void {
  for (const item of items) to.push(item);
}

/** Problems as one meets them when reading; those without a place first. */
function inOrder(problems: readonly Problem[], files: ReadonlyMap<string, number>): readonly Problem[] {
  const place = ({ source }: Problem): readonly number[] =>
    source ? [files.get(source.file) ?? 0, source.line, source.column] : [-1, 0, 0];
  return [...problems].sort((a, b) => {
    const [fileA = 0, lineA = 0, columnA = 0] = place(a);
    const [fileB = 0, lineB = 0, columnB = 0] = place(b);
    return fileA - fileB || lineA - lineB || columnA - columnB;
  });
}

interface Documents {
  readonly manifests: readonly ManifestDocument[];
  readonly problems: readonly Problem[];
  readonly skipped: number;
}

function manifestsOf(file: ManifestFile): Documents {
  const manifests: ManifestDocument[] = [];
  const problems: Problem[] = [];
  let skipped = 0;
  // Folders hold other YAML too, templates that no parser takes among them: they are none of our business.
  if (!file.named && !mentionsUs(file.text)) return { manifests, problems, skipped: 1 };
  for (const document of parseDocuments(file.file, file.text)) {
    if (document.syntax.length > 0) {
      append(problems, document.syntax);
      continue;
    }
    if (document.empty) continue;
    const { apiVersion } = document;
    if (apiVersion === 'reconcile/v1') manifests.push(document);
    else if (file.named || (typeof apiVersion === 'string' && apiVersion.startsWith('reconcile/'))) {
      problems.push({
        code: 'MANIFEST_INVALID',
        message: `expected apiVersion: reconcile/v1; found ${apiVersion === undefined ? 'none' : JSON.stringify(apiVersion)}`,
        source: document.at(['apiVersion']),
      });
    } else skipped += 1;
  }
  if (file.named && manifests.length === 0 && problems.length === 0) {
    problems.push({
      code: 'MANIFEST_INVALID',
      message: `${file.file} holds no manifest`,
      hint: 'a manifest says apiVersion: reconcile/v1',
      source: { file: file.file, line: 1, column: 1 },
    });
  }
  return { manifests, problems, skipped };
}

/** @param room how many tokens the run takes yet */
function interpret(
  file: ManifestFile,
  document: ManifestDocument,
  room: number,
  options: LoadOptions,
): Omit<Manifests, 'files'> & { readonly count: number } {
  const errors: Problem[] = [];
  const warnings: Problem[] = [];
  const desired: Desired[] = [];
  const prunes: PruneRule[] = [];
  let raw: unknown;
  try {
    raw = document.value();
  } catch (error) {
    const expands = error instanceof ReferenceError;
    errors.push({
      code: 'MANIFEST_SYNTAX',
      message: expands
        ? 'its anchors and aliases expand to too much, or to nothing'
        : `it can't be read: ${error instanceof Error ? error.message : String(error)}`,
      hint: 'write the values out, or put what is common under defaults',
      source: document.at([]),
    });
    return { desired, prunes, errors, warnings, count: 0 };
  }
  const count = tokensIn(raw);
  if (count > room) {
    errors.push({
      code: 'MANIFEST_INVALID',
      message: `more than ${maxTokens} tokens in one run`,
      hint: 'run on some of the files or folders at a time',
      source: document.at(['tokens', room]),
    });
    return { desired, prunes, errors, warnings, count: 0 };
  }
  const invalid = (path: Path, message: string, hint?: string, what?: 'value' | 'key'): Problem => ({
    code: 'MANIFEST_INVALID',
    message,
    ...(hint !== undefined && { hint }),
    source: document.at(path, what),
  });

  const { value, problems } = resolveVariables(withoutEmpty(raw), options.env);
  append(
    errors,
    problems.map(({ path, code, message, hint }) => ({ ...invalid(path, message, hint), code })),
  );
  const referenced = new Set(problems.map(({ path }) => path.join('/')));
  const violations = [...checkSchema(value), ...withoutTokens(value)].filter(
    ({ path }) => !referenced.has(path.join('/')),
  );
  append(
    errors,
    violations.map(({ path, message, hint, key }) => invalid(path, message, hint, key ? 'key' : 'value')),
  );

  if (!isObject(value)) return { desired, prunes, errors, warnings, count };
  const defaults = isObject(value['defaults']) ? value['defaults'] : {};
  const faulty = new Set([...violations, ...problems].flatMap(({ path }) => pathsTo(path)));
  const broken = (path: Path): boolean => faulty.has(JSON.stringify(path));
  /** What the defaults break is said once. */
  const told = new Set<string>();
  for (const [index, token] of listOf(value['tokens']).entries()) {
    const path = ['tokens', index];
    if (!isObject(token)) continue;
    const declaration = options.declarations.find(({ kind }) => kind === token['kind']);
    if (!declaration) continue;
    const inherited = defaults[declaration.kind];
    const values: JsonObject = { ...(isObject(inherited) && inherited), ...token };
    const locate = (field: Path): Path =>
      field.length === 0 || (field[0] !== undefined && field[0] in token)
        ? [...path, ...field]
        : field[0] !== undefined && field[0] in values
          ? ['defaults', declaration.kind, ...field]
          : path;
    const entry = declare({
      declaration,
      values,
      own: token,
      valid: !broken(path) && !broken(['defaults', declaration.kind]),
      file,
      options,
      at: (field) => document.at(locate(field)),
    });
    // An entry that breaks the schema is still checked, so that all its faults show at once, but for the
    // fields that broke it: what they mean is anybody's guess.
    const blamed = (field: string): boolean =>
      broken([...path, field]) || broken(['defaults', declaration.kind, field]);
    errors.push(...entry.errors.filter(({ field }) => !blamed(field)).map(({ problem }) => problem));
    warnings.push(...entry.warnings.filter(({ field }) => !blamed(field)).map(({ problem }) => problem));
    if (entry.desired) desired.push(entry.desired);
    for (const breach of options.policies.flatMap((policy) => policy.check(values, declaration.rules))) {
      const place = locate(breach.path);
      const text = JSON.stringify([place, breach.message]);
      if (blamed(String(breach.path[0])) || told.has(text)) continue;
      told.add(text);
      errors.push(invalid(place, breach.message, breach.hint, breach.key ? 'key' : 'value'));
      if (errors.length > maxProblems) break;
    }
    if (errors.length > maxProblems) break;
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
    if ('problems' in read) append(errors, read.problems);
    else prunes.push(read);
  }
  return { desired, prunes, errors, warnings, count };
}

/** A manifest is about something. */
function withoutTokens(value: unknown): readonly Violation[] {
  if (!isObject(value) || 'tokens' in value || 'prune' in value) return [];
  return [{ path: [], key: false, message: 'tokens is missing' }];
}

function listOf(value: Json | undefined): readonly Json[] {
  return Array.isArray(value) ? value : [];
}

function tokensIn(value: unknown): number {
  const tokens = isObject(value) ? value['tokens'] : undefined;
  return Array.isArray(tokens) ? tokens.length : 0;
}

/** A path and all above it, as keys. */
function pathsTo(path: Path): readonly string[] {
  return [...path.keys(), path.length].map((length) => JSON.stringify(path.slice(0, length)));
}

/** An empty text counts as missing, as in the Ansible modules. */
function withoutEmpty(value: unknown): unknown {
  if (!isObject(value)) return value;
  const strip = (entry: unknown): unknown =>
    isObject(entry) ? Object.fromEntries(Object.entries(entry).filter(([, member]) => member !== '')) : entry;
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => {
      if (key === 'tokens' && Array.isArray(member)) return [key, member.map(strip)];
      if (key === 'defaults' && isObject(member)) {
        return [key, Object.fromEntries(Object.entries(member).map(([kind, entry]) => [kind, strip(entry)]))];
      }
      return [key, member];
    }),
  );
}

/** Where the files of sinks really are, links followed: each folder is looked at once. */
async function realFiles(desired: readonly Desired[]): Promise<(file: string) => string> {
  const files = desired.flatMap(({ secret }) => [...filesOf(secret), ...dockerFilesOf(secret)]);
  const folders = new Set(files.map(({ file }) => dirname(file)));
  const real = new Map<string, string>();
  await pLimit(16).map(folders, async (folder) => {
    real.set(folder, await realpath(folder).catch(() => folder));
    const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
    for (const { name } of entries.filter((entry) => entry.isSymbolicLink())) {
      const link = join(folder, name);
      real.set(link, await realpath(link).catch(() => link));
    }
  });
  return (file) => real.get(file) ?? join(real.get(dirname(file)) ?? dirname(file), basename(file));
}

/** Two entries for one token, or one file, as far as it can be told without asking the service. */
function overlaps(desired: readonly Desired[], real: (file: string) => string): readonly Problem[] {
  const written = new Set(desired.flatMap(({ secret }) => filesOf(secret).map(({ file }) => real(file))));
  const claims = desired.map((entry) => {
    const scope = `${entry.kind} ${entry.connection.api_url ?? ''} ${entry.scope}`;
    return {
      address: entry.address,
      source: entry.source,
      things: [
        { key: `address ${entry.address}`, words: 'the address' },
        ...namesOf(entry).map((name) => ({ key: `name ${scope} ${name}`, words: `the token ${name}` })),
        ...filesOf(entry.secret).map(({ path, file }) => ({
          key: `file ${real(file)}`,
          words: `the file ${path}`,
        })),
        // Many may log in at one place; none may write over that file.
        ...dockerFilesOf(entry.secret)
          .filter(({ file }) => written.has(real(file)))
          .map(({ path, file }) => ({ key: `file ${real(file)}`, words: `the file ${path}` })),
      ],
    };
  });
  return [...conflicts(claims).values()];
}
