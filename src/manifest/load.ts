import { basename, join } from 'node:path';
import type { Desired } from '../core/model/desired.ts';
import type { Problem } from '../core/model/errors.ts';
import type { TokenKind } from '../core/model/token-kind.ts';
import type { PruneRule } from '../core/plan/prune.ts';
import { pushAll } from '../core/util/push-all.ts';
import { findOverlaps } from './conflicts.ts';
import { createFaultCheck } from './faults.ts';
import { type ManifestFile, readManifestFiles } from './files.ts';
import { interpret } from './interpret.ts';
import { createAddresses } from './interpreted.ts';
import { maxProblems, maxPruneRules, maxTokens } from './limits.ts';
import type { ReadOptions } from './options.ts';
import { declaresApiVersion, looksLikeManifest } from './yaml/detect.ts';
import { parseDocuments } from './yaml/document.ts';
import type { ManifestDocument } from './yaml/manifest-document.ts';

/** The content of the manifests, and all their problems. */
export interface Manifests {
  /** The folder that relative PATHs are relative to, absolute. */
  readonly cwd: string;
  readonly desired: readonly Desired[];
  /** The rules that select undeclared tokens to delete. */
  readonly prunes: readonly PruneRule[];
  /** The files that were read, absolute. */
  readonly files: readonly string[];
  readonly errors: readonly Problem[];
  readonly warnings: readonly Problem[];
}

/** Reads, checks and interprets the manifests that PATH arguments name. Never throws for what they contain. */
export async function readManifests(paths: readonly string[], options: ReadOptions): Promise<Manifests> {
  const { files, problems } = await readManifestFiles(paths, options.cwd, options.stdin);
  const errors: Problem[] = [...problems];
  const warnings: Problem[] = [];
  const desired: Desired[] = [];
  const prunes: PruneRule[] = [];
  let found = 0;
  let skipped = 0;
  let room = maxTokens;
  let pruneRoom = maxPruneRules;
  const addresses = createAddresses();
  for (const file of files) {
    const documents = manifestsOf(file, options.declarations);
    found += documents.manifests.length;
    skipped += documents.skipped;
    pushAll(errors, documents.problems);
    pushAll(warnings, documents.warnings);
    for (const document of documents.manifests) {
      const loaded = interpret(file, document, { tokens: room, pruneRules: pruneRoom, addresses }, options);
      room -= loaded.count;
      pruneRoom -= loaded.pruneCount;
      pushAll(desired, loaded.desired);
      pushAll(prunes, loaded.prunes);
      pushAll(errors, loaded.errors);
      if (warnings.length <= maxProblems) pushAll(warnings, loaded.warnings);
    }
    if (errors.length + addresses.repeated() > maxProblems) {
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
      hint: 'a manifest is a YAML document with apiVersion: reconcile/v1; pass its file or folder',
    });
  }
  const conflicts = await findOverlaps(desired, options);
  pushAll(errors, conflicts.slice(0, maxProblems));
  if (conflicts.length > maxProblems) errors.push(tooMany('conflicts'));
  if (warnings.length > maxProblems) warnings.splice(maxProblems, warnings.length, tooMany('warnings'));
  const order = new Map(files.map(({ file }, index) => [file, index]));
  return {
    cwd: options.cwd,
    desired,
    prunes,
    files: files.map(({ file, folder }) => join(folder, basename(file))),
    errors: inOrder(errors, order).map(shortened),
    warnings: inOrder(warnings, order).map(shortened),
  };
}

function tooMany(what: string): Problem {
  return {
    code: 'MANIFEST_INVALID',
    message: `more than ${maxProblems} ${what}; the others are not counted`,
  };
}

/** Maximum length of a message and a hint, in characters: a value that they quote can be as long as a file. */
const maxText = 1000;

function shortened(problem: Problem): Problem {
  const { message, hint } = problem;
  if (message.length <= maxText && (hint?.length ?? 0) <= maxText) return problem;
  return { ...problem, message: cut(message), ...(hint !== undefined && { hint: cut(hint) }) };
}

function cut(text: string): string {
  return text.length > maxText ? `${text.slice(0, maxText - 1)}…` : text;
}

/** Sorts problems in reading order; those without a place come first. */
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
  readonly warnings: readonly Problem[];
  readonly skipped: number;
}

function manifestsOf(file: ManifestFile, declarations: readonly TokenKind[]): Documents {
  const manifests: ManifestDocument[] = [];
  const problems: Problem[] = [];
  let skipped = 0;
  // Folders also hold other YAML, including templates that no parser accepts: those are skipped.
  if (!file.named && !declaresApiVersion(file.text)) {
    return {
      manifests,
      problems,
      warnings: looksLikeManifest(
        file.text,
        declarations.map(({ kind }) => kind),
      )
        ? [passedOver(file)]
        : [],
      skipped: 1,
    };
  }
  const faultCheck = (): ((token: unknown) => boolean) => createFaultCheck(declarations);
  for (const document of parseDocuments(file.file, file.text, { faultCheck })) {
    if (document.syntax.length > 0) {
      pushAll(problems, document.syntax);
      continue;
    }
    if (document.empty) continue;
    const { apiVersion } = document;
    if (apiVersion === 'reconcile/v1') manifests.push(document);
    else if (file.named || (typeof apiVersion === 'string' && apiVersion.startsWith('reconcile/'))) {
      problems.push({
        code: 'MANIFEST_INVALID',
        message: `expected apiVersion: reconcile/v1; found ${apiVersion === undefined ? 'none' : JSON.stringify(apiVersion)}`,
        hint: 'begin the manifest with the line apiVersion: reconcile/v1',
        source: document.at(['apiVersion']),
      });
    } else skipped += 1;
  }
  if (file.named && manifests.length === 0 && problems.length === 0) {
    problems.push({
      code: 'MANIFEST_INVALID',
      message: `${file.file} contains no manifest`,
      hint: 'a manifest has apiVersion: reconcile/v1',
      source: { file: file.file, line: 1, column: 1 },
    });
  }
  return { manifests, problems, warnings: [], skipped };
}

function passedOver({ file }: ManifestFile): Problem {
  return {
    code: 'MANIFEST_INVALID',
    message: 'this looks like a manifest, but is skipped: it has no apiVersion: reconcile/v1',
    hint: 'add that line, or remove the tokens',
    source: { file, line: 1, column: 1 },
  };
}
