import { levelIn } from './access.ts';
import type { GitlabCaller } from './callers.ts';
import {
  accessLevels,
  type DeployToken,
  type GitlabResource,
  type GitlabState,
  isInGroup,
  resourcesOf,
} from './state.ts';

/** An account that has logged in to the registry: a deploy token, a person, or a bot. */
export type RegistryLogin = { readonly type: 'deploy'; readonly token: DeployToken } | GitlabCaller;

/** Tells whether the scopes of a login give any right to images. Without one a login is rejected. */
export function hasImageScope({ type, token: { scopes } }: RegistryLogin): boolean {
  if (scopes.includes('read_registry') || scopes.includes('write_registry')) return true;
  return type !== 'deploy' && (scopes.includes('api') || (type === 'user' && scopes.includes('read_api')));
}

/**
 * Returns the actions that a login has on the images of a repository (`pull`, `push`, `delete`, `*`); none if no
 * project has it.
 */
export function repositoryActions(
  login: RegistryLogin,
  repository: string,
  state: GitlabState,
): readonly string[] {
  const project = projectOf(repository, state);
  if (!project?.registry) return [];
  const { scopes } = login.token;
  const mayRead = scopes.includes('read_registry');
  const mayWrite = mayRead && scopes.includes('write_registry');
  if (login.type === 'deploy') {
    if (!isReached(login.token.resource, project)) return [];
    return [...(mayRead ? ['pull'] : []), ...(mayWrite ? ['push'] : [])];
  }
  const all = scopes.includes('api');
  const reads = mayRead || all || (login.type === 'user' && scopes.includes('read_api'));
  const level = levelIn(login, project);
  const developer = level >= accessLevels.developer;
  return [
    ...(reads && (project.public || level >= accessLevels.reporter) ? ['pull'] : []),
    ...((mayWrite || all) && developer ? ['push'] : []),
    ...(all && developer ? ['delete'] : []),
    ...(all && level >= accessLevels.maintainer ? ['*'] : []),
  ];
}

/** Returns the project of an image, whose name begins with the path of the project. */
function projectOf(repository: string, state: GitlabState): GitlabResource | undefined {
  return resourcesOf(state, 'project').find(({ path }) => isInGroup(repository, path.toLowerCase()));
}

function isReached(resource: GitlabResource, project: GitlabResource): boolean {
  return resource === project || (resource.kind === 'group' && isInGroup(project.path, resource.path));
}
