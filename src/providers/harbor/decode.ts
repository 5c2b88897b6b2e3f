import { canonicalizeFields } from '../../core/model/field-rules.ts';
import type { Observed } from '../../core/model/token.ts';
import { formatInstant } from '../../core/util/instant.ts';
import { isObject, type Json, type JsonObject } from '../../core/util/json.ts';
import { shownInstant } from '../expiry.ts';
import { createResponseReader, type FieldKeys, leftOut } from '../response-reader.ts';
import { type KnownFields, shownObject } from '../shown.ts';
import { type RobotFields, robotRules } from './fields.ts';
import { decodeAccess, type Permission, withSortedPermissions } from './permissions.ts';

const read = createResponseReader('Harbor');

/** Errors for a response of unexpected shape, and for an incomplete list. */
export const { unexpectedShape, truncatedList } = read;

/** The fields that a response may leave out, although the robot has them: docs/services/harbor.md, Objects. */
const keys: FieldKeys = { disable: { key: 'disable' } };

const knownAccess: KnownFields = { resource: true, action: true, effect: true };
const known: KnownFields = {
  id: true,
  name: true,
  description: true,
  level: true,
  duration: true,
  disable: true,
  editable: true,
  expires_at: true,
  creation_time: true,
  update_time: true,
  creator_type: true,
  creator_ref: true,
  permissions: { kind: true, namespace: true, access: knownAccess },
};

/** Difference between the times of creation and update of an unchanged robot that still counts as none, in seconds. */
const sameTimeSeconds = 2;

/** The project of a robot, or the system. */
export type RobotLevel = { readonly project: string } | 'system';

/**
 * Decodes a robot. Throws if it has no number or name.
 *
 * @param shortName returns the short name in a full name; `undefined` if it isn't one of this level
 * @param now the service's clock, in seconds since 1970: expired robots stay listed (docs/services/harbor.md, Expiry)
 */
export function decodeRobot(
  body: Json | undefined,
  level: RobotLevel,
  shortName: (fullName: string) => string | undefined,
  now: number,
): Observed {
  if (!isObject(body)) throw unexpectedShape('a robot account');
  const { id, name: fullName } = body;
  if (!Number.isSafeInteger(id) || typeof fullName !== 'string') throw unexpectedShape('a robot account');
  const created = shownInstant(body['creation_time']);
  const updated = shownInstant(body['update_time']);
  const isChanged = updated !== null && created !== null && updated > created + sameTimeSeconds;
  const expiresAt = expiryOf(body, created);
  const createdBy = creatorIn(body);
  // Robots from before Harbor 2.2 have names of another form.
  const isLegacy = body['editable'] === false;
  return {
    id: String(id),
    name: (isLegacy ? undefined : shortName(fullName)) ?? fullName,
    fields: canonicalizeFields(robotRules, {
      name: shortName(fullName) ?? fullName,
      description: read.text(body['description'], 'a description') ?? '',
      ...rightsIn(body, level),
      disable: read.boolean(body['disable'], 'a boolean') ?? false,
      expires_at: expiresAt === undefined ? 'never' : formatInstant(expiresAt),
    } satisfies RobotFields),
    origin: {
      created,
      createdBy,
      requestMark: null,
      modified: isChanged,
      ...(isChanged && { changedAt: updated }),
    },
    loginName: fullName,
    ...(isLegacy && { generated: true }),
    ...(expiresAt !== undefined && expiresAt <= now && { expired: true }),
    assumed: leftOut(body, keys),
    object: shownObject(withSortedPermissions(body), known),
  };
}

/** Returns the managed rights that a robot of this level has. */
function rightsIn(body: JsonObject, level: RobotLevel): Pick<RobotFields, 'access' | 'permissions'> {
  const permissions = (read.list(body['permissions'], 'permissions') ?? []).map(decodePermission);
  if (level === 'system') return { permissions };
  return { access: permissions.flatMap(({ access }) => access) };
}

function decodePermission(body: Json): Permission {
  const { kind, namespace, access }: JsonObject = isObject(body) ? body : {};
  const accesses = decodeAccess(access);
  if (typeof kind !== 'string' || typeof namespace !== 'string' || !accesses) {
    throw unexpectedShape('a permission');
  }
  return { kind, namespace, access: accesses };
}

/** Returns the end of a robot in seconds since 1970; `undefined` if it has none: docs/services/harbor.md, Expiry. */
function expiryOf(body: JsonObject, created: number | null): number | undefined {
  const { expires_at: end, duration } = body;
  if (typeof end === 'number') return end > 0 ? end : undefined;
  if (typeof duration === 'number' && duration > 0 && created !== null) return created + duration * 86_400;
  return undefined;
}

/** Returns the creator; `null` for robots from before Harbor 2.12, which don't show it. */
function creatorIn({ creator_type: type, creator_ref: ref }: JsonObject): string | null {
  if (typeof type !== 'string' || type === '' || (typeof ref !== 'number' && typeof ref !== 'string'))
    return null;
  return ref === 0 || ref === '' ? null : `${type} ${ref}`;
}

/** The response to a create. It isn't a whole robot: docs/services/harbor.md, Creating. */
export interface CreatedRobot {
  readonly id: number;
  readonly fullName: string;
  readonly secret: string | undefined;
  readonly body: JsonObject;
}

/** Decodes the response to a create; `undefined` if it names no robot. */
export function decodeCreatedRobot(body: Json | undefined): CreatedRobot | undefined {
  if (!isObject(body)) return undefined;
  const { id, name, secret } = body;
  if (typeof id !== 'number' || !Number.isSafeInteger(id) || typeof name !== 'string') return undefined;
  const { secret: _, ...rest } = body;
  return {
    id,
    fullName: name,
    secret: typeof secret === 'string' && secret !== '' ? secret : undefined,
    body: rest,
  };
}

/** A project as the service shows it. */
export interface Project {
  readonly id: number;
  readonly name: string;
  /** True if everyone sees it. */
  readonly isPublic: boolean;
}

/** Decodes a project. Throws if it has no number or name. */
export function decodeProject(body: Json | undefined): Project {
  const { project_id: id, name, metadata }: JsonObject = isObject(body) ? body : {};
  if (typeof id !== 'number' || !Number.isSafeInteger(id) || typeof name !== 'string') {
    throw unexpectedShape('a project');
  }
  return { id, name, isPublic: isObject(metadata) && String(metadata['public']) === 'true' };
}
