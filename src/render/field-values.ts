import type { Custody } from '../core/model/token.ts';
import { isObject, type Json } from '../core/util/json.ts';
import { printable } from './sanitize.ts';

/** Returns a field's value in one line. The rights of a token without scopes are unknown, and probably unlimited. */
export function fieldText(field: string, value: Json): string {
  if (value !== null) return valueText(value);
  return field === 'scopes' ? 'unspecified (probably full)' : 'not shown';
}

/** Returns a field's value in one line, as before or after a change. An empty text is shown as such. */
export function changedText(field: string, value: Json): string {
  return value === '' ? '""' : fieldText(field, value);
}

/** Returns a value in one line, in readable form: `repository app: pull, push`. */
function valueText(value: Json): string {
  if (Array.isArray(value)) return value.length === 0 ? 'none' : value.map(itemText).join('; ');
  return itemText(value);
}

/** Returns custody in words. */
export function custodyText(custody: Custody): string {
  return custody.replace('_', '-');
}

/** Returns the items of a list that are on one side only. */
export function listChanges(
  before: readonly Json[],
  after: readonly Json[],
): { removed: string[]; added: string[] } {
  const was = new Set(before.map(itemText));
  const is = new Set(after.map(itemText));
  return {
    removed: [...was].filter((item) => !is.has(item)),
    added: [...is].filter((item) => !was.has(item)),
  };
}

function itemText(value: Json): string {
  if (isObject(value)) {
    // Services use different keys: type, name and actions; type, path and scopes; or kind, namespace and access.
    const { kind, type = kind, namespace, name = namespace, path = name, access, actions = access } = value;
    const { scopes = actions } = value;
    if (typeof type === 'string' && typeof path === 'string' && Array.isArray(scopes)) {
      return printable(`${type} ${path}: ${scopes.length > 0 ? scopes.join(', ') : 'nothing'}`);
    }
    return printable(JSON.stringify(value));
  }
  return value === null ? 'none' : printable(String(value));
}
