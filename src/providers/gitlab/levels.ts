import type { Desired } from '../../core/model/desired.ts';
import type { ScopeLevel } from '../../core/model/token-kind.ts';
import type { JsonObject } from '../../core/util/json.ts';

/** The levels of scopes: projects and groups. */
export const levels: readonly ScopeLevel[] = [
  { field: 'project', value: 'project', help: 'project of GitLab', prefix: 'project:', isListed: true },
  { field: 'group', value: 'group', help: 'group of GitLab', prefix: 'group:', isListed: true },
];

/** The form of a token's ID: a number. */
export const idPattern: RegExp = /^\d+$/;

/** Returns the scope and the token that an entry names. A path or a number can be written as either type. */
export function identify({
  project,
  group,
  name,
  id,
}: JsonObject): Pick<Desired, 'scope' | 'place' | 'name' | 'id'> {
  const [field, value] = project === undefined ? ['group', group] : ['project', project];
  return {
    scope: `${field}:${String(value)}`,
    place: `the ${field} ${String(value)}`,
    ...(typeof name === 'string' && { name }),
    ...((typeof id === 'string' || typeof id === 'number') && { id: String(id) }),
  };
}
