import type { Context } from 'hono';
import { harborError } from './errors.ts';
import type { HarborFeatures } from './versions.ts';

/** A condition on a field of a list: docs/services/harbor.md, Lists. */
export interface QueryCondition {
  readonly value: string;
  /** True if parts match. */
  readonly fuzzy: boolean;
}

/**
 * Parses the conditions in `q` by field, for example `Level=project,ProjectID=1` or `name=~ci`. It may be
 * percent-encoded once more. Throws a 400, or a 500 in older releases, if it is malformed.
 */
export function parseQuery(
  context: Context,
  { strictInput }: HarborFeatures,
): ReadonlyMap<string, QueryCondition> {
  const malformed = () => harborError(strictInput ? 400 : 500, 'invalid query string value of q');
  const q = decodedOnceMore(context.req.query('q') ?? '', malformed);
  const parts = q.split(',').filter((part) => part !== '');
  return new Map(
    parts.map((part) => {
      const [, key, fuzzy, value] = /^([^=]+)=(~?)(.+)$/s.exec(part) ?? [];
      if (key === undefined || value === undefined) throw malformed();
      return [key.trim(), { value: value.trim(), fuzzy: fuzzy === '~' }];
    }),
  );
}

function decodedOnceMore(text: string, malformed: () => Error): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw malformed();
  }
}

/** Tells whether a text meets a condition; true without one. */
export function meets(text: string, condition: QueryCondition | undefined): boolean {
  if (!condition) return true;
  return condition.fuzzy ? text.includes(condition.value) : text === condition.value;
}

/** Returns the items sorted by the query's `sort`, for example `-id`; by the default key if it names none. */
export function sorted<Item>(
  context: Context,
  items: readonly Item[],
  keys: Readonly<Record<string, (item: Item) => string | number>>,
  defaultKey: (item: Item) => string | number,
): readonly Item[] {
  const [, minus, name = ''] = /^(-?)(\w*)/.exec(context.req.query('sort') ?? '') ?? [];
  const key = keys[name] ?? defaultKey;
  const sign = minus === '-' ? -1 : 1;
  return [...items].sort((one, other) => {
    const [left, right] = [key(one), key(other)];
    return left === right ? 0 : left < right ? -sign : sign;
  });
}
