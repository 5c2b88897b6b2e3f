import type { ManifestFinding } from '../../core/model/token-kind.ts';
import { isObject, type Json, type JsonObject } from '../../core/util/json.ts';
import { hasDotSegment } from '../../core/util/paths.ts';

/** Checks the rights of a robot by its level: docs/services/harbor.md, Permissions. */
export function checkRights(values: JsonObject): readonly ManifestFinding[] {
  const { project, level, access, permissions } = values;
  const [field, other] = project === undefined ? ['permissions', 'access'] : ['access', 'permissions'];
  const hasLevel = (project === undefined) !== (level === undefined);
  if (hasLevel && values[other ?? ''] !== undefined) {
    return [
      {
        severity: 'error',
        path: [other ?? ''],
        message: `${other} is for robots of ${project === undefined ? 'projects' : 'the system level'}`,
        hint: `use ${field}`,
      },
    ];
  }
  const lists = [
    { path: ['access'], access },
    ...(Array.isArray(permissions) ? permissions : []).map((one: Json, index) => ({
      path: ['permissions', index, 'access'],
      access: isObject(one) ? one['access'] : undefined,
    })),
  ];
  const accesses = lists.flatMap(({ path, access: list }) =>
    (Array.isArray(list) ? list : []).flatMap((text: Json, index): ManifestFinding[] =>
      typeof text !== 'string' || /^[^:\s]+:[^:\s]+$/.test(text)
        ? []
        : [
            {
              severity: 'error',
              path: [...path, index],
              message: `expected RESOURCE:ACTION; found ${JSON.stringify(text)}`,
              hint: 'for example repository:pull',
            },
          ],
    ),
  );
  return [
    ...accesses,
    ...(Array.isArray(permissions) ? permissions : []).flatMap(checkNamespace),
    ...pushesWithoutPull(permissions),
  ];
}

/**
 * Warns about permissions of a robot of the system to push without pulling: pushing takes both, and only for robots of
 * projects the service adds the other one.
 */
function pushesWithoutPull(permissions: Json | undefined): readonly ManifestFinding[] {
  const all = (Array.isArray(permissions) ? permissions : []).map((one: Json) => ({
    namespace: isObject(one) ? one['namespace'] : undefined,
    access: isObject(one) && Array.isArray(one['access']) ? one['access'] : [],
  }));
  return all.flatMap(({ namespace, access }, index): ManifestFinding[] => {
    const canPull = all.some(
      (other) =>
        (other.namespace === namespace || other.namespace === '*') &&
        other.access.includes('repository:pull'),
    );
    if (!access.includes('repository:push') || canPull) return [];
    return [
      {
        severity: 'warning',
        path: ['permissions', index, 'access'],
        message: `repository:push without repository:pull in ${String(namespace)}: pushing takes both, and Harbor adds pull only for robots of projects`,
        hint: 'add repository:pull',
      },
    ];
  });
}

/** Checks the namespace of a permission: docs/services/harbor.md, Permissions. */
function checkNamespace(permission: Json, index: number): readonly ManifestFinding[] {
  const { kind, namespace }: JsonObject = isObject(permission) ? permission : {};
  if (typeof namespace !== 'string') return [];
  if ((kind === 'system') === (namespace === '/') && !hasDotSegment(namespace)) return [];
  return [
    {
      severity: 'error',
      path: ['permissions', index, 'namespace'],
      message: `invalid namespace for kind ${JSON.stringify(kind)}: ${JSON.stringify(namespace)}`,
      hint: kind === 'system' ? 'use /' : 'use the name of a project, or * for all projects',
    },
  ];
}
