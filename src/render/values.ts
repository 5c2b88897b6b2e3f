import { isObject, type Json } from '../core/json.ts';
import type { Custody } from '../core/model.ts';
import { printable } from './printable.ts';

/** A field's value in one line, as people say it: `repository app: pull, push`. */
export function valueText(value: Json): string {
  if (Array.isArray(value)) return value.length === 0 ? 'none' : value.map(itemText).join('; ');
  return itemText(value);
}

/** Custody in words. */
export function custodyText(custody: Custody): string {
  return custody.replace('_', '-');
}

/** The items of a list that stand on one side only. */
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
    const { type, name, actions } = value;
    if (typeof type === 'string' && typeof name === 'string' && Array.isArray(actions)) {
      return printable(`${type} ${name}: ${actions.length > 0 ? actions.join(', ') : 'nothing'}`);
    }
    return printable(JSON.stringify(value));
  }
  return value === null ? 'none' : printable(String(value));
}
