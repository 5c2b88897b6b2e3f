import type { GitlabQuirks } from './quirks.ts';
import type { ResourceKind } from './state.ts';
import type { GitlabVersion } from './versions.ts';
import { gitlabFeatures, gitlabVersions } from './versions.ts';

const virtualRegistry = ['read_virtual_registry', 'write_virtual_registry'];

const deployScopes = [
  'read_repository',
  'read_registry',
  'write_registry',
  'read_package_registry',
  'write_package_registry',
];

/** Returns the scopes that deploy tokens of a release can have, in the order in which responses show them. */
export function knownDeployScopes(version: GitlabVersion): readonly string[] {
  return gitlabFeatures(version).virtualRegistries ? [...deployScopes, ...virtualRegistry] : deployScopes;
}

/**
 * Returns the scopes that access tokens of a release can have. Those for images require that the instance has a
 * registry.
 */
export function knownAccessScopes(
  kind: ResourceKind,
  { version, registry }: Pick<GitlabQuirks, 'version' | 'registry'>,
): readonly string[] {
  const since = (first: GitlabVersion): boolean =>
    gitlabVersions.indexOf(version) >= gitlabVersions.indexOf(first);
  return [
    ...['api', 'read_api', 'read_repository', 'write_repository', 'create_runner', 'ai_features'],
    ...(registry ? ['read_registry', 'write_registry'] : []),
    ...(since('17.2') ? ['manage_runner', 'k8s_proxy'] : []),
    ...(since('17.9') ? ['self_rotate'] : []),
    ...(kind === 'group' && since('18.3') ? virtualRegistry : []),
  ];
}
