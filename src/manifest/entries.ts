import type { Desired } from '../core/model/desired.ts';
import type { Problem } from '../core/model/errors.ts';
import type { TokenKind } from '../core/model/token-kind.ts';
import { isObject, type JsonObject } from '../core/util/json.ts';
import { pushAll } from '../core/util/push-all.ts';
import { type CheckedManifest, invalid, listOf } from './checked-manifest.ts';
import { type FieldProblem, toDesired } from './entry.ts';
import type { Interpreted, Room } from './interpreted.ts';
import { maxProblems } from './limits.ts';
import type { ReadOptions } from './options.ts';
import type { Path } from './yaml/path.ts';

/**
 * Reads the entries of a manifest, and checks the policies.
 *
 * @param known the number of problems that were found before
 */
export function readEntries(
  manifest: CheckedManifest,
  known: number,
  room: Room,
  options: ReadOptions,
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

function without(values: JsonObject, isLeftOut: (field: string) => boolean): JsonObject {
  if (!Object.keys(values).some(isLeftOut)) return values;
  return Object.fromEntries(Object.entries(values).filter(([field]) => !isLeftOut(field)));
}
