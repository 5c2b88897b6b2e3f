import { compareCodeUnits, isObject, type Json, type JsonObject } from '../../core/util/json.ts';
import { mergedPermissions, textSet } from '../permission-set.ts';

/** The permissions of a system robot in one namespace: `/` for the system, a project's name, or `*` for all projects. */
export type Permission = {
  readonly kind: string;
  readonly namespace: string;
  /** Each `RESOURCE:ACTION`. */
  readonly access: readonly string[];
};

/** Returns accesses as a set. */
export function canonicalAccess(access: readonly string[]): readonly string[] {
  return textSet(access);
}

/** Returns permissions as a set: one entry for each kind and namespace. */
export function canonicalPermissions(permissions: readonly Permission[]): Json {
  return mergedPermissions(permissions, ['kind', 'namespace'], 'access', textSet);
}

/**
 * Returns the accesses of a permission in a response as texts. An effect other than `allow`, which is also the meaning of
 * none, is shown: docs/services/harbor.md, Permissions.
 */
export function decodeAccess(access: Json | undefined): readonly string[] | undefined {
  if (access === undefined || access === null) return [];
  if (!Array.isArray(access)) return undefined;
  const texts = access.map(accessText);
  return texts.every((text) => text !== undefined) ? texts : undefined;
}

function accessText(access: Json): string | undefined {
  if (!isObject(access)) return undefined;
  const { resource, action, effect } = access;
  if (typeof resource !== 'string' || typeof action !== 'string') return undefined;
  const isAllowed = effect === undefined || effect === null || effect === '' || effect === 'allow';
  return `${resource}:${action}${isAllowed ? '' : `:${String(effect)}`}`;
}

/** Returns the body of accesses. One without an effect means `allow`. */
export function encodeAccess(access: readonly string[]): readonly JsonObject[] {
  return access.map((text) => {
    const [resource = '', action = '', effect] = text.split(':');
    return { resource, action, ...(effect !== undefined && { effect }) };
  });
}

/** Returns a robot of a response with its permissions in canonical order, as the service has none. */
export function withSortedPermissions(robot: JsonObject): JsonObject {
  const { permissions } = robot;
  if (!Array.isArray(permissions)) return robot;
  const sorted = permissions.map((one: Json) =>
    isObject(one) && Array.isArray(one['access'])
      ? { ...one, access: sortBy(one['access'], ['resource', 'action', 'effect']) }
      : one,
  );
  return { ...robot, permissions: sortBy(sorted, ['kind', 'namespace']) };
}

function sortBy(list: readonly Json[], keys: readonly string[]): readonly Json[] {
  const keyOf = (one: Json): string => keys.map((key) => (isObject(one) ? (one[key] ?? '') : '')).join(' ');
  return [...list].sort((a, b) => compareCodeUnits(keyOf(a), keyOf(b)));
}
