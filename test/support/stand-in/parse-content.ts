import type { StandInQuirks } from './quirks.ts';
import { ServiceError } from './service-error.ts';
import type { StoredPermission, TokenContent } from './store.ts';

const known = ['name', 'description', 'permissions', 'days', 'disabled'];

/** Reads the content of a token from a body. What the body leaves out gets its default, in a PUT as in a POST. */
export function parseContent(body: unknown, { maxDays, mustExpire }: StandInQuirks): TokenContent {
  const given = objectOf(body);
  const unknown = Object.keys(given).find((key) => !known.includes(key));
  if (unknown !== undefined) throw new ServiceError(400, `unknown field ${unknown}`);
  const { name, description = '', permissions = [], days = -1, disabled = false } = given;
  if (typeof name !== 'string' || name === '') throw new ServiceError(400, 'name: expected a text');
  if (typeof description !== 'string') throw new ServiceError(400, 'description: expected a text');
  if (typeof disabled !== 'boolean') throw new ServiceError(400, 'disabled: expected true or false');
  if (typeof days !== 'number' || !Number.isInteger(days) || days === 0 || days < -1) {
    throw new ServiceError(400, 'days: expected -1, or a number of days from 1');
  }
  if (days === -1 && mustExpire) throw new ServiceError(400, 'days: a token must expire');
  if (maxDays !== null && days > maxDays) throw new ServiceError(400, `days: at most ${maxDays}`);
  if (!Array.isArray(permissions)) throw new ServiceError(400, 'permissions: expected a list');
  return { name, description, permissions: permissions.map(parsePermission), days, disabled };
}

function parsePermission(value: unknown): StoredPermission {
  const { scope, resource, action, ...others } = objectOf(value);
  const isText = [scope, resource, action].every((text) => typeof text === 'string');
  if (!isText || Object.keys(others).length > 0) throw new ServiceError(400, 'permissions: not a permission');
  return { scope, resource, action } as StoredPermission;
}

/** Returns a value that must be an object. */
export function objectOf(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new ServiceError(400, 'expected an object');
  }
  return value as Readonly<Record<string, unknown>>;
}
