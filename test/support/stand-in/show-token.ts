import type { StandInQuirks } from './quirks.ts';
import type { StoredPermission, StoredScope, StoredToken } from './store.ts';

const day = 86_400_000;

/** Returns a token as reads show it, with its permissions in the order of `shuffle`. */
export function showToken(
  { id, content, created, changed, creator }: StoredToken,
  { project }: StoredScope,
  { noPermissions, instants }: StandInQuirks,
  now: number,
  shuffle: <T>(items: readonly T[]) => readonly T[],
): object {
  const { name, description, permissions, days, disabled } = content;
  const instant = (milliseconds: number): string => spellings[instants](new Date(milliseconds));
  const ends = days === -1 ? undefined : created + days * day;
  return {
    id: Number(id),
    name,
    login: project === '' ? `svc$${name}` : `svc$${project}+${name}`,
    description,
    days,
    expires_at: ends === undefined ? null : instant(ends),
    expired: ends !== undefined && ends <= now,
    disabled,
    ...shownPermissions(shuffle(permissions), noPermissions),
    created_at: instant(created),
    updated_at: changed === null ? null : instant(changed),
    creator,
  };
}

const spellings = {
  seconds: (date: Date) => date.toISOString().replace(/\.\d+Z$/, 'Z'),
  milliseconds: (date: Date) => date.toISOString(),
  zoneless: (date: Date) => date.toISOString().replace(/Z$/, ''),
};

function shownPermissions(
  permissions: readonly StoredPermission[],
  none: StandInQuirks['noPermissions'],
): object {
  if (permissions.length > 0 || none === 'array') return { permissions };
  return none === 'null' ? { permissions: null } : {};
}
