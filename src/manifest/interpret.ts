import type { Problem } from '../core/model/errors.ts';
import { isObject } from '../core/util/json.ts';
import { checkDocument } from './checked-manifest.ts';
import { cutLists } from './cut-lists.ts';
import { readEntries } from './entries.ts';
import type { ManifestFile } from './files.ts';
import type { Interpreted, Room } from './interpreted.ts';
import { maxPruneRules, maxTokens } from './limits.ts';
import type { ReadOptions } from './options.ts';
import { readPruneRules } from './prune.ts';
import type { ManifestDocument } from './yaml/manifest-document.ts';

/**
 * Interprets a manifest. Never throws for its content.
 *
 * @param room the number of tokens and prune rules that the run still accepts
 */
export function interpret(
  file: ManifestFile,
  document: ManifestDocument,
  room: Room,
  options: ReadOptions,
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

function lengthOf(value: unknown, field: 'tokens' | 'prune'): number {
  const list = isObject(value) ? value[field] : undefined;
  return Array.isArray(list) ? list.length : 0;
}
