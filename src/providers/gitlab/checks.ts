import type { ManifestFinding } from '../../core/model/token-kind.ts';
import type { Json, JsonObject } from '../../core/util/json.ts';
import { readRegistryHost } from '../registry-host.ts';
import { idPattern } from './levels.ts';

/** Checks the fields that name the scope, the token and the registry, and those of the connection. */
export function checkNaming(values: JsonObject): readonly ManifestFinding[] {
  const { project, group, name, id, registry_host: host } = values;
  return [
    ...((project === undefined) === (group === undefined)
      ? [error([], 'expected either project or group', 'a token belongs to one project or to one group')]
      : []),
    ...checkPath('project', project),
    ...checkPath('group', group),
    ...(name === undefined && id === undefined
      ? [error([], 'expected name or id', 'set name to the name of the token, or id to its number')]
      : []),
    ...checkHost(host),
    ...notAccepted(values, 'password'),
  ];
}

/** Checks that an entry has no such credential. */
export function notAccepted(values: JsonObject, field: 'username' | 'password'): readonly ManifestFinding[] {
  if (!(field in values)) return [];
  return [error([field], `GitLab accepts no ${field}`, 'set token, or the variable GITLAB_TOKEN')];
}

/** Checks a full path, or a number. */
function checkPath(field: string, value: Json | undefined): readonly ManifestFinding[] {
  if (typeof value !== 'string' || idPattern.test(value)) return [];
  const isPath = /^[^\s/%?#:]+(\/[^\s/%?#:]+)*$/.test(value);
  // A project is in a group or in the namespace of a user.
  if (isPath && (field === 'group' || value.includes('/'))) return [];
  return [
    error(
      [field],
      `invalid ${field}: ${JSON.stringify(value)}`,
      field === 'project'
        ? 'use the full path, for example my-group/my-project, or the number'
        : 'use the full path, for example my-group/my-subgroup, or the number',
    ),
  ];
}

function checkHost(host: Json | undefined): readonly ManifestFinding[] {
  if (typeof host !== 'string') return [];
  const read = readRegistryHost(host, ['gitlab.com']);
  if ('host' in read) return [];
  return [
    error(
      ['registry_host'],
      `invalid registry_host: ${JSON.stringify(host)}: ${read.refused}`,
      'use the host of docker login, for example registry.example.com:5050',
    ),
  ];
}

function error(path: ManifestFinding['path'], message: string, hint: string): ManifestFinding {
  return { severity: 'error', path, message, hint };
}
