import { BadRequest } from '../api-error.ts';
import { checkObject, instantMs, rejectUnknown } from '../request.ts';
import type { NewOrgToken, NewPersonalToken, Organization, OrgResource } from './state.ts';
import type { OrgPatch, PersonalPatch } from './store.ts';

type Body = Readonly<Record<string, unknown>>;

/** Returns the texts of a login. Throws a 400 if one is missing or empty, or if the body has other fields. */
export function checkTexts<Name extends string>(
  body: unknown,
  names: readonly Name[],
): Readonly<Record<Name, string>> {
  const object = checkObject(body, 'the body');
  rejectUnknown(object, names);
  return Object.fromEntries(names.map((name) => [name, checkText(object[name], name)])) as Record<
    Name,
    string
  >;
}

/** Returns the token that a body asks to create. Throws a 400 that names the first invalid field. */
export function checkNewPersonal(body: unknown, now: number): NewPersonalToken {
  const object = checkObject(body, 'the body');
  rejectUnknown(object, ['token_label', 'scopes', 'expires_at']);
  return {
    label: checkLabel(object['token_label'], 'token_label'),
    scopes: checkScopes(object['scopes']),
    expiry: checkExpiry(object['expires_at'], now),
  };
}

/**
 * Returns the changes that a body asks for. Immutable fields are a 400, or have no effect:
 * docs/services/docker-hub.md, Change and delete.
 */
export function checkPersonalPatch(body: unknown, immutable: 'reject' | 'ignore'): PersonalPatch {
  const patch = mutable(checkObject(body, 'the body'), ['scopes', 'expires_at'], immutable);
  rejectUnknown(patch, ['token_label', 'is_active']);
  return {
    ...('token_label' in patch && { label: checkLabel(patch['token_label'], 'token_label') }),
    ...('is_active' in patch && { active: checkFlag(patch['is_active'], 'is_active') }),
  };
}

/**
 * Returns the token of an organization that a body asks to create. A repository that the organization doesn't have is
 * a 400.
 */
export function checkNewOrg(body: unknown, organization: Organization, now: number): NewOrgToken {
  const object = checkObject(body, 'the body');
  rejectUnknown(object, ['label', 'description', 'resources', 'expires_at']);
  return {
    label: checkLabel(object['label'], 'label'),
    description: checkDescription(object['description']),
    resources: checkResources(object['resources'], organization),
    expiry: checkExpiry(object['expires_at'], now),
  };
}

/**
 * Returns the changes of an organization's token that a body asks for. The expiry is immutable; see
 * `checkPersonalPatch`.
 */
export function checkOrgPatch(
  body: unknown,
  organization: Organization,
  immutable: 'reject' | 'ignore',
): OrgPatch {
  const patch = mutable(checkObject(body, 'the body'), ['expires_at'], immutable);
  rejectUnknown(patch, ['label', 'description', 'resources', 'is_active']);
  return {
    ...('label' in patch && { label: checkLabel(patch['label'], 'label') }),
    ...('description' in patch && { description: checkDescription(patch['description']) }),
    ...('resources' in patch && { resources: checkResources(patch['resources'], organization) }),
    ...('is_active' in patch && { active: checkFlag(patch['is_active'], 'is_active') }),
  };
}

/** Returns a patch without its immutable fields. */
function mutable(patch: Body, fields: readonly string[], immutable: 'reject' | 'ignore'): Body {
  const given = fields.find((field) => field in patch);
  if (given !== undefined && immutable === 'reject') throw new BadRequest(given, `${given} can't be changed`);
  return Object.fromEntries(Object.entries(patch).filter(([field]) => !fields.includes(field)));
}

function checkText(value: unknown, field: string): string {
  if (typeof value !== 'string' || value === '') throw new BadRequest(field, `${field} must be a string`);
  return value;
}

function checkLabel(value: unknown, field: string): string {
  const label = checkText(value, field);
  if ([...label].length > 100) throw new BadRequest(field, `${field} is longer than 100 characters`);
  return label;
}

function checkFlag(value: unknown, field: string): boolean {
  if (typeof value !== 'boolean') throw new BadRequest(field, `${field} must be true or false`);
  return value;
}

/** Checks a description. Null and absent count as an empty text. */
function checkDescription(value: unknown): string {
  if (value === undefined || value === null || value === '') return '';
  return checkText(value, 'description');
}

/** Checks scopes. Unknown values are accepted, as the service may add some. */
function checkScopes(value: unknown): readonly string[] {
  if (!Array.isArray(value) || value.length === 0)
    throw new BadRequest('scopes', 'scopes must be a list of one or more');
  return value.map((scope) => checkText(scope, 'scopes'));
}

function checkExpiry(value: unknown, now: number): number | null {
  if (value === undefined || value === null) return null;
  const time = instantMs(value);
  if (Number.isNaN(time)) throw new BadRequest('expires_at', 'expires_at is not a date-time');
  if (time <= now) throw new BadRequest('expires_at', 'expires_at must be in the future');
  return time;
}

function checkResources(value: unknown, organization: Organization): readonly OrgResource[] {
  if (!Array.isArray(value) || value.length === 0)
    throw new BadRequest('resources', 'resources must be a list of one or more');
  return value.map((item) => checkResource(item, organization));
}

function checkResource(value: unknown, { name, repositories }: Organization): OrgResource {
  const resource = checkObject(value, 'a resource');
  rejectUnknown(resource, ['type', 'path', 'scopes']);
  const type = checkText(resource['type'], 'resources');
  if (!type.startsWith('TYPE_')) throw new BadRequest('resources', `${type} is not a resource type`);
  const path = checkText(resource['path'], 'resources');
  const known = path.includes('*') || repositories === null || repositories.includes(path);
  if (type === 'TYPE_REPO' && !known) throw new BadRequest('resources', `${name} has no repository ${path}`);
  return { type, path, scopes: checkScopes(resource['scopes']) };
}
