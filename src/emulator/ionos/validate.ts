import { BadRequest } from '../api-error.ts';
import { checkObject, instantMs, rejectUnknown } from '../request.ts';
import type { ScopeState } from './state.ts';

/** The properties of a token in the body of a request; `expiry` in milliseconds since 1970, null for never. */
export interface TokenProperties {
  readonly name?: string;
  readonly status?: string;
  readonly expiry?: number | null;
  readonly scopes?: readonly ScopeState[];
}

/**
 * Returns the token in the body of a POST or PUT, which has everything under `properties`. Throws a 400 if a value or
 * a field is invalid.
 */
export function checkNewToken(body: unknown, now: number): TokenProperties & { readonly name: string } {
  const wrapper = checkObject(body, 'the body');
  rejectUnknown(wrapper, ['properties']);
  const properties = checkObject(wrapper['properties'], 'properties');
  rejectUnknown(properties, ['name', 'status', 'expiryDate', 'scopes']);
  const { name } = properties;
  if (typeof name !== 'string' || !/^[A-Za-z][A-Za-z0-9-]{0,61}[A-Za-z0-9]$/.test(name)) {
    throw new BadRequest('invalid-name', 'name is missing or malformed');
  }
  // A client without scopes may write null.
  const { scopes, ...others } = properties;
  const given = scopes === null || scopes === undefined ? others : properties;
  return { ...checkChangeable(given, now), name };
}

/**
 * Returns the changes in the body of a PATCH, which is flat. Throws a 400 if a value is invalid or a field is
 * immutable.
 */
export function checkPatch(body: unknown, now: number): TokenProperties {
  const patch = checkObject(body, 'the body');
  rejectUnknown(patch, ['status', 'expiryDate', 'scopes']);
  return checkChangeable(patch, now);
}

function checkChangeable(body: Readonly<Record<string, unknown>>, now: number): TokenProperties {
  return {
    ...('status' in body && { status: checkStatus(body['status']) }),
    ...('expiryDate' in body && { expiry: checkExpiry(body['expiryDate'], now) }),
    ...('scopes' in body && { scopes: checkScopes(body['scopes']) }),
  };
}

function checkStatus(status: unknown): string {
  if (status !== 'enabled' && status !== 'disabled')
    throw new BadRequest('invalid-status', 'status must be enabled or disabled');
  return status;
}

function checkExpiry(date: unknown, now: number): number | null {
  if (date === null) return null;
  const time = instantMs(date);
  if (Number.isNaN(time)) throw new BadRequest('invalid-expiry', 'expiryDate is not a date-time');
  if (time < now + 3_600_000)
    throw new BadRequest('invalid-expiry', 'expiryDate must be at least an hour ahead');
  return time;
}

function checkScopes(scopes: unknown): readonly ScopeState[] {
  if (!Array.isArray(scopes)) throw new BadRequest('invalid-scopes', 'scopes must be a list');
  return scopes.map((item: unknown) => {
    const scope = checkObject(item, 'a scope');
    rejectUnknown(scope, ['type', 'name', 'actions']);
    const { type, name, actions } = scope;
    if (
      typeof type !== 'string' ||
      typeof name !== 'string' ||
      !Array.isArray(actions) ||
      actions.some((action) => typeof action !== 'string')
    ) {
      throw new BadRequest('invalid-scopes', 'a scope must have a type, a name and a list of actions');
    }
    return { type, name, actions: actions.map(String) };
  });
}
