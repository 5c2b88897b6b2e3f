import type { ManifestFinding } from '../../core/model/token-kind.ts';
import { didYouMean } from '../../core/util/did-you-mean.ts';
import { type Json, textsIn } from '../../core/util/json.ts';

/** The scopes of deploy tokens: docs/services/gitlab.md, Scopes. */
export const deployTokenScopes: readonly string[] = [
  'read_repository',
  'read_registry',
  'write_registry',
  'read_package_registry',
  'write_package_registry',
  'read_virtual_registry',
  'write_virtual_registry',
];

/** The scopes of access tokens: docs/services/gitlab.md, Scopes. */
export const accessTokenScopes: readonly string[] = [
  'api',
  'read_api',
  'read_repository',
  'write_repository',
  'read_registry',
  'write_registry',
  'read_virtual_registry',
  'write_virtual_registry',
  'create_runner',
  'manage_runner',
  'self_rotate',
  'ai_features',
  'k8s_proxy',
];

/** The scopes that only tokens of people have besides. */
export const personalScopes: readonly string[] = ['read_user', 'read_service_ping', 'sudo', 'admin_mode'];

/** Tells whether scopes give access to the container registry, or to a virtual one. */
export function hasRegistryScope(scopes: Json | undefined): boolean {
  return (
    needsRegistry(scopes) || textsIn(scopes).some((scope) => /^(read|write)_virtual_registry$/.test(scope))
  );
}

/** Tells whether scopes are of use only with a container registry. A virtual one does without. */
export function needsRegistry(scopes: Json | undefined): boolean {
  return textsIn(scopes).some((scope) => /^(read|write)_registry$/.test(scope));
}

/** Returns warnings for unknown scopes, and for a push that lacks the scope to read. */
export function checkScopes(scopes: Json | undefined, known: readonly string[]): readonly ManifestFinding[] {
  const texts = textsIn(scopes);
  return texts.flatMap((scope, index): readonly ManifestFinding[] => {
    const path = ['scopes', index];
    if (!known.includes(scope)) {
      const near = didYouMean(scope, known);
      return [
        {
          severity: 'warning',
          path,
          message: `${JSON.stringify(scope)} is not a known scope; it is sent unchanged`,
          ...(near !== undefined && { hint: near }),
        },
      ];
    }
    const reading = scope.replace(/^write_/, 'read_');
    if (!/^write_(virtual_)?registry$/.test(scope) || texts.includes(reading)) return [];
    return [
      {
        severity: 'warning',
        path,
        message: `${scope} doesn't include ${reading}, and a push needs both`,
        hint: `add ${reading}`,
      },
    ];
  });
}
