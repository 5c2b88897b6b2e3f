import { tokenKey } from '../model/token-id.ts';
import { isUuid } from '../util/uuid.ts';
import type { SeenInput } from './input.ts';

/**
 * Creates a function that returns the key of an input's scope. It doesn't depend on the address: `http://localhost` and
 * `http://127.0.0.1` can be one service, and two logins one account. Scopes are the same if their IDs are equal UUIDs, or
 * if their listings have a token in common, or if they have the same name and are both empty.
 */
export function scopeIdentities(inputs: readonly SeenInput[]): (input: SeenInput) => string {
  const identities = new Map<string, string>();
  const firstSeenIn = new Map<string, string>();
  for (const { desired, scope, scopeKey, listed } of inputs) {
    if (identities.has(scopeKey)) continue;
    if (isUuid(scope.id)) {
      identities.set(scopeKey, `${desired.kind} ${scope.id.toLowerCase()}`);
      continue;
    }
    const marks =
      listed.all.length === 0
        ? [`empty ${desired.kind} ${scope.id}`]
        : listed.all.map(({ id }) => tokenKey(desired.kind, id));
    const known = marks.flatMap((mark) => identities.get(firstSeenIn.get(mark) ?? '') ?? []);
    const identity = known[0] ?? scopeKey;
    const merged = new Set(known);
    for (const [other, its] of identities) if (merged.has(its)) identities.set(other, identity);
    identities.set(scopeKey, identity);
    for (const mark of marks) firstSeenIn.set(mark, scopeKey);
  }
  return ({ scopeKey }) => identities.get(scopeKey) ?? scopeKey;
}
