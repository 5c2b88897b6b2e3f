import type { Json, JsonObject } from './json.ts';

/**
 * The part of each member in a digest: its own value, or none, for the reason beside it. A new member doesn't compile until
 * it is decided.
 */
export type DigestParts<T> = {
  readonly [Member in keyof Required<T>]: 'covered' | ((value: Exclude<T[Member], undefined>) => Json);
};

/** Returns a value unchanged, for a member that is in the digest as it is. */
export const itself = <T extends Json>(value: T): T => value;

/** Returns the members of a value that a digest covers. */
export function coveredParts<T extends object>(parts: DigestParts<T>, value: T): JsonObject {
  return Object.fromEntries(
    (Object.keys(parts) as (keyof T & string)[]).flatMap((member): [string, Json][] => {
      const part = parts[member];
      const own = value[member];
      if (part === 'covered' || own === undefined) return [];
      return [[member, part(own as Exclude<T[typeof member], undefined>)]];
    }),
  );
}
