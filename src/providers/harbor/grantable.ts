import type { Fields } from '../../core/model/token.ts';
import { didYouMean } from '../../core/util/did-you-mean.ts';
import { isObject, type Json } from '../../core/util/json.ts';

/** The accesses that can be granted on each kind, each `RESOURCE:ACTION`: docs/services/harbor.md, Permissions. */
export interface Grantable {
  readonly system: ReadonlySet<string>;
  readonly project: ReadonlySet<string>;
}

/** Decodes the list of grantable accesses; `undefined` if the response has none. */
export function decodeGrantable(body: Json | undefined): Grantable | undefined {
  if (!isObject(body)) return undefined;
  const setOf = (list: Json | undefined): ReadonlySet<string> =>
    new Set(
      (Array.isArray(list) ? list : []).flatMap((one: Json) =>
        isObject(one) && typeof one['resource'] === 'string' && typeof one['action'] === 'string'
          ? [`${one['resource']}:${one['action']}`]
          : [],
      ),
    );
  const found = { system: setOf(body['system']), project: setOf(body['project']) };
  return found.project.size > 0 ? found : undefined;
}

/** Returns why the service would reject the rights among these fields; `undefined` if it would not. */
export function ungrantable(fields: Fields, grantable: Grantable): string | undefined {
  for (const { field, kind, list } of accessesIn(fields)) {
    const known = kind === 'system' ? grantable.system : grantable.project;
    const unknown = list.find((text) => !known.has(text));
    if (unknown === undefined || known.size === 0) continue;
    const near = didYouMean(unknown, [...known]);
    const hint = near === undefined ? '' : `; ${near}`;
    return `${field}: this Harbor can't grant ${unknown} on ${kind === 'system' ? 'the system' : 'projects'}${hint}`;
  }
  return undefined;
}

/** Accesses in a field, each `RESOURCE:ACTION`. */
export interface FieldAccesses {
  readonly field: 'access' | 'permissions';
  readonly kind: string;
  readonly list: readonly string[];
}

/** Returns the accesses among fields: those of a project's robot, or those of each permission of a robot of the system. */
export function accessesIn({ access, permissions }: Fields): readonly FieldAccesses[] {
  const textsOf = (list: Json | undefined): readonly string[] =>
    Array.isArray(list) ? list.map(String) : [];
  return [
    { field: 'access', kind: 'project', list: textsOf(access) },
    ...(Array.isArray(permissions) ? permissions.filter(isObject) : []).map(
      ({ kind, access: list }): FieldAccesses => ({
        field: 'permissions',
        kind: String(kind),
        list: textsOf(list),
      }),
    ),
  ];
}
