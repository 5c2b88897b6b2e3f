import { compareCodeUnits } from '../core/util/json.ts';

/** A permission, as texts under these members. */
type Permission<Member extends string> = Readonly<Record<Member, string>>;

/** A list of actions under this member. */
type Actions<List extends string> = Readonly<Record<List, readonly string[]>>;

/** Returns permissions as a set: each one once, with these members only, sorted by them. */
export function permissionSet<Member extends string>(
  permissions: readonly Permission<NoInfer<Member>>[],
  members: readonly Member[],
): readonly Permission<Member>[] {
  return [...groupByMembers(permissions, members).values()].map(({ first }) => first).sort(by(members));
}

/**
 * Returns permissions that list their actions as a set: one for each combination of the members, with the actions of all
 * that have them, sorted by the members.
 *
 * @param list the member that lists the actions
 * @param reduce returns the one spelling of equal actions
 */
export function mergedPermissions<Member extends string, List extends string>(
  permissions: readonly (Permission<NoInfer<Member>> & Actions<NoInfer<List>>)[],
  members: readonly Member[],
  list: List,
  reduce: (actions: readonly string[]) => readonly string[],
): readonly (Permission<NoInfer<Member>> & Actions<NoInfer<List>>)[] {
  const [one, ...others] = permissions;
  if (one && others.length === 0) {
    return [
      { ...onlyMembers(one, members), [list]: reduce(one[list]) },
    ] as unknown as readonly (Permission<Member> & Actions<List>)[];
  }
  return [...groupByMembers(permissions, members).values()]
    .map(({ first, all }) => ({ ...first, [list]: reduce(all.flatMap((permission) => permission[list])) }))
    .sort(by(members)) as unknown as readonly (Permission<Member> & Actions<List>)[];
}

/** Returns each text once, sorted. */
export function textSet(texts: readonly string[]): readonly string[] {
  if (texts.every((text, index) => index === 0 || compareCodeUnits(texts[index - 1] ?? '', text) < 0))
    return texts;
  return [...new Set(texts)].sort(compareCodeUnits);
}

function groupByMembers<Member extends string, P extends Permission<Member>>(
  permissions: readonly P[],
  members: readonly Member[],
): ReadonlyMap<string, { readonly first: Permission<Member>; readonly all: readonly P[] }> {
  const groups = new Map<string, { readonly first: Permission<Member>; readonly all: P[] }>();
  for (const permission of permissions) {
    const key = JSON.stringify(members.map((member) => permission[member]));
    const known = groups.get(key);
    if (known) known.all.push(permission);
    else groups.set(key, { first: onlyMembers(permission, members), all: [permission] });
  }
  return groups;
}

function onlyMembers<Member extends string>(
  permission: Permission<Member>,
  members: readonly Member[],
): Permission<Member> {
  const only: Partial<Record<Member, string>> = {};
  for (const member of members) only[member] = permission[member];
  return only as Permission<Member>;
}

function by<Member extends string>(members: readonly Member[]) {
  return (a: Permission<Member>, b: Permission<Member>): number => {
    const differing = members.find((member) => a[member] !== b[member]);
    return differing === undefined ? 0 : compareCodeUnits(a[differing], b[differing]);
  };
}
