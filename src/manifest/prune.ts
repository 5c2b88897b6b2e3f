import type { Problem } from '../core/model/errors.ts';
import type { PruneRule } from '../core/plan/prune.ts';
import { isObject, type JsonObject } from '../core/util/json.ts';
import { pushAll } from '../core/util/push-all.ts';
import { type CheckedManifest, listOf } from './checked-manifest.ts';
import { type EntryInput, toDesired } from './entry.ts';
import type { Interpreted } from './interpreted.ts';
import type { ReadOptions } from './options.ts';
import type { Path } from './yaml/path.ts';

/** Reads the prune rules of a manifest. Rules that break the schema are left out. */
export function readPruneRules(
  { file, document, value, defaults, isFaulty }: CheckedManifest,
  options: ReadOptions,
): Pick<Interpreted, 'prunes' | 'errors'> {
  const prunes: PruneRule[] = [];
  const errors: Problem[] = [];
  for (const [index, rule] of listOf(value['prune']).entries()) {
    const path: Path = ['prune', index];
    const declaration = options.declarations.find((one) => isObject(rule) && one.kind === rule['kind']);
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

/** A rule of `prune` to read; it has passed the schema. */
interface RuleInput extends Pick<EntryInput, 'declaration' | 'file' | 'options' | 'at'> {
  readonly rule: JsonObject;
  /** The defaults of its kind, from which it takes the scope and the connection. */
  readonly inherited: JsonObject;
}

/** Fields that a rule inherits from the defaults of its kind. */
const connectionFields = ['api_url', 'certificate_fingerprint', 'username', 'password', 'token'];

/** Reads a rule of `prune` as an entry with `state: absent` that names only the scope. */
function readPrune({
  rule,
  inherited,
  ...input
}: RuleInput): PruneRule | { readonly problems: readonly Problem[] } {
  const { kind, levels, idField } = input.declaration;
  const shared = [...connectionFields, ...levels.map(({ field }) => field)];
  const { match, ...own } = rule;
  const values: JsonObject = {
    ...Object.fromEntries(Object.entries(inherited).filter(([field]) => shared.includes(field))),
    ...own,
    state: 'absent',
    [idField]: String(match),
  };
  const { desired, errors } = toDesired({
    ...input,
    values,
    own: rule,
    valid: true,
    wantsWarnings: false,
    isRule: true,
  });
  if (!desired) return { problems: errors.map(({ problem }) => problem) };
  const { scope, place, connection, source } = desired;
  return { kind, scope, place, match: String(match), idField, connection, source };
}
