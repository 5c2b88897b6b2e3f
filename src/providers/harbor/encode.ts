import { ReconcileError } from '../../core/model/errors.ts';
import type { Fields, Observed } from '../../core/model/token.ts';
import { parseInstant } from '../../core/util/instant.ts';
import { isObject, type Json, type JsonObject } from '../../core/util/json.ts';
import type { RobotLevel } from './decode.ts';
import { decodeAccess, encodeAccess, type Permission } from './permissions.ts';

const daySeconds = 86_400;
const never = -1;

/**
 * Returns the body of a create.
 *
 * @param now the service's clock, in seconds since 1970: days are counted from the creation
 * @param own the permissions of the signed-in robot, whose effects are compared with these: docs/services/harbor.md, Robots
 */
export function encodeNewRobot(fields: Fields, level: RobotLevel, now: number, own?: Json): JsonObject {
  const { name, description, expires_at: expiry } = fields;
  return {
    name: String(name),
    ...(typeof description === 'string' && { description }),
    level: level === 'system' ? 'system' : 'project',
    duration: typeof expiry === 'string' ? durationFor(expiry, now) : never,
    permissions: withKnownEffects(encodeRights(fields, level) ?? [], own),
  };
}

/** Returns the body that replaces a robot by one with these fields changed: docs/services/harbor.md, Changes. */
export function encodeWholeRobot(
  robot: JsonObject,
  fields: Fields,
  level: RobotLevel,
  created: number | null,
): JsonObject {
  const { description, disable, expires_at: expiry } = fields;
  const permissions = encodeRights(fields, level);
  return {
    ...robot,
    description: typeof description === 'string' ? description : (robot['description'] ?? ''),
    disable: typeof disable === 'boolean' ? disable : robot['disable'] === true,
    ...(typeof expiry === 'string' && created !== null && { duration: durationFor(expiry, created) }),
    ...(permissions && { permissions: withKnownEffects(permissions, robot['permissions']) }),
  };
}

/** Returns the wanted permissions; `undefined` if the fields don't state any. */
function encodeRights({ access, permissions }: Fields, level: RobotLevel): readonly JsonObject[] | undefined {
  if (level !== 'system') {
    if (!Array.isArray(access)) return undefined;
    return [{ kind: 'project', namespace: level.project, access: encodeAccess(access.map(String)) }];
  }
  if (!Array.isArray(permissions)) return undefined;
  return (permissions as readonly unknown[] as readonly Permission[]).map(({ kind, namespace, access }) => ({
    kind,
    namespace,
    access: encodeAccess(access),
  }));
}

/**
 * Returns permissions with the effects that the live ones have, as both spellings of `allow` mean the same. Live ones for all
 * projects cover those for one.
 */
function withKnownEffects(wanted: readonly JsonObject[], live: Json | undefined): readonly JsonObject[] {
  const effects = new Map<string, Json>();
  for (const permission of Array.isArray(live) ? live.filter(isObject) : []) {
    const { kind, namespace, access } = permission;
    for (const one of Array.isArray(access) ? access.filter(isObject) : []) {
      const [text = ''] = decodeAccess([one]) ?? [];
      if (one['effect'] !== undefined)
        effects.set(`${String(kind)} ${String(namespace)} ${text}`, one['effect']);
    }
  }
  return wanted.map((permission) => {
    const { kind, namespace, access } = permission;
    const list = Array.isArray(access) ? access.filter(isObject) : [];
    return {
      ...permission,
      access: list.map((one) => {
        const text = `${String(one['resource'])}:${String(one['action'])}`;
        const [effect] = [namespace, '*']
          .map((place) => effects.get(`${String(kind)} ${String(place)} ${text}`))
          .filter((found) => found !== undefined);
        return effect === undefined || 'effect' in one ? one : { ...one, effect };
      }),
    };
  });
}

/**
 * Returns a lifetime in whole days, rounded down: a robot never lives longer than wanted. Throws if it is less than a day,
 * as 0 can stand for a default and −1 for no end: docs/services/harbor.md, Expiry.
 */
function durationFor(expiry: string, created: number): number {
  if (expiry === 'never') return never;
  const days = Math.floor(((parseInstant(expiry, 'utc') ?? Number.NaN) - created) / daySeconds);
  if (days >= 1) return days;
  throw new ReconcileError({
    code: 'API_REJECTED',
    message: `Harbor counts whole days from the creation, and ${expiry} is less than a day after it`,
    hint: 'set a later expires_at',
  });
}

/**
 * Returns a lifetime that is a day shorter if a robot ends later than wanted; `undefined` if it doesn't. The days of a
 * service in a zone with summer time can have 25 hours: docs/services/harbor.md, Expiry.
 */
export function shorterDuration(
  { duration }: JsonObject,
  { expires_at: wanted }: Fields,
  { fields }: Observed,
): number | undefined {
  const end = (text: Json | undefined): number =>
    parseInstant(String(text), 'utc') ?? Number.POSITIVE_INFINITY;
  if (typeof wanted !== 'string' || wanted === 'never' || typeof duration !== 'number') return undefined;
  return end(fields['expires_at']) > end(wanted) && duration > 1 ? duration - 1 : undefined;
}
