import { isObject, type Json, type JsonObject } from '../../core/util/json.ts';
import { parsePointer } from '../schema.ts';
import type { Path } from '../yaml/path.ts';

/**
 * Returns the part of a schema that a reference names, and its path; `undefined` if the reference is not a pointer.
 */
export function resolveRef(
  reference: string,
  schema: JsonObject,
): { readonly part: Json; readonly path: Path } | undefined {
  if (!/^#(\/|$)/.test(reference)) return undefined;
  const path = parsePointer(reference);
  let part: Json | undefined = schema;
  for (const step of path) {
    part = isObject(part) ? part[step] : Array.isArray(part) ? part[Number(step)] : undefined;
    if (part === undefined) return undefined;
  }
  return { part, path };
}

/** Returns the schemas within a part of a schema, including those that it refers to. */
export function subschemas(part: unknown, schema: JsonObject): ReadonlySet<unknown> {
  const found = new Set<unknown>();
  const walk = (node: unknown): void => {
    if (typeof node !== 'object' || node === null || found.has(node)) return;
    found.add(node);
    for (const [key, member] of Object.entries(node)) {
      walk(key === '$ref' && typeof member === 'string' ? resolveRef(member, schema)?.part : member);
    }
  };
  walk(part);
  return found;
}
