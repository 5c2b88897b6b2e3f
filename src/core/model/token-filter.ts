import { parseInstant } from '../util/instant.ts';
import { isObject, type Json, type JsonObject, toSnakeCase } from '../util/json.ts';
import { ReconcileError } from './errors.ts';

/** A condition on an object: the value at a path. */
export interface Filter {
  /** Keys in snake_case. A list on the path matches by each of its items. */
  readonly path: readonly string[];
  /** A text, or the JSON of any other value. */
  readonly value: string;
}

/** Parses `properties.status=enabled`. Keys may be in the API's camelCase. Throws `USAGE`. */
export function parseFilter(text: string): Filter {
  const equals = text.indexOf('=');
  const path = text.slice(0, Math.max(equals, 0)).split('.');
  if (path.includes('')) {
    throw new ReconcileError({
      code: 'USAGE',
      message: `--filter ${text}: expected FIELD=VALUE`,
      hint: 'for example --filter properties.status=enabled',
    });
  }
  return { path: path.map(toSnakeCase), value: text.slice(equals + 1) };
}

/**
 * Tells whether any value at the path matches. Instants are equal in any spelling. `null` also matches a missing value, as
 * services leave out empty values.
 */
export function matches({ path, value }: Filter, object: JsonObject): boolean {
  const found = valuesAt(object, path);
  return found.length === 0 ? value === 'null' : found.some((one) => isSameToken(one, value));
}

/** Tells whether an object has anything at the path. */
export function hasPath({ path }: Filter, object: JsonObject): boolean {
  return valuesAt(object, path).length > 0;
}

/** Returns all paths of an object, as filters spell them. */
export function listPaths(value: Json, above = ''): readonly string[] {
  if (Array.isArray(value)) return value.flatMap((item: Json) => listPaths(item, above));
  if (!isObject(value)) return [];
  return Object.entries(value).flatMap(([key, member]) => {
    const path = above === '' ? key : `${above}.${key}`;
    return [path, ...listPaths(member, path)];
  });
}

/** Returns the values at a path: a list as a whole, and each of its items. */
function valuesAt(value: Json, path: readonly string[]): readonly Json[] {
  const [key, ...rest] = path;
  if (Array.isArray(value)) {
    return [...(key === undefined ? [value] : []), ...value.flatMap((item: Json) => valuesAt(item, path))];
  }
  if (key === undefined) return [value];
  const member = isObject(value) && Object.hasOwn(value, key) ? value[key] : undefined;
  return member === undefined ? [] : valuesAt(member, rest);
}

function isSameToken(value: Json, wanted: string): boolean {
  if (typeof value !== 'string') return JSON.stringify(value) === wanted;
  if (value === wanted) return true;
  const instant = parseInstant(value, 'utc');
  return instant !== undefined && instant === parseInstant(wanted, 'utc');
}
