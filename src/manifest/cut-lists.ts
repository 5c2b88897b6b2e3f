import { isObject } from '../core/util/json.ts';

/** Maximum length of a list, except for the tokens and prune rules. The schema bounds most lists more closely. */
const maxList = 1000;

/** Cuts lists that exceed the maximum: the schema then rejects the rest without checking every item. */
export function cutLists(manifest: unknown): void {
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
