import type { Problem } from '../core/model/errors.ts';
import type { PruneRule } from '../core/plan/prune.ts';
import type { JsonObject } from '../core/util/json.ts';
import { type EntryInput, toDesired } from './entry.ts';

/** A rule of `prune` to read; it has passed the schema. */
export interface RuleInput extends Pick<EntryInput, 'declaration' | 'file' | 'options' | 'at'> {
  readonly rule: JsonObject;
  /** The defaults of its kind, from which it takes the scope and the connection. */
  readonly inherited: JsonObject;
}

/** Fields that a rule inherits from the defaults of its kind. */
const connectionFields = ['api_url', 'certificate_fingerprint', 'username', 'password', 'token'];

/** Reads a rule of `prune` as an entry with `state: absent` that names only the scope. */
export function readPrune({
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
