import { compareCodeUnits } from '../../core/util/json.ts';

/** Chains of scopes, each implied by those after it. */
type Chains = readonly (readonly string[])[];

/** The chains of personal tokens: docs/services/docker-hub.md, Scopes. */
export const personalChains: Chains = [['repo:public_read', 'repo:read', 'repo:write', 'repo:admin']];

/** The chains of organization tokens: docs/services/docker-hub.md, Scopes. */
export const organizationChains: Chains = [
  ['scope-image-pull', 'scope-image-push', 'scope-image-delete'],
  ['scope-repository-read', 'scope-repository-edit', 'scope-repository-admin'],
  ['scope-tag-read', 'scope-tag-admin'],
  ['scope-webhook-read', 'scope-webhook-edit', 'scope-webhook-admin'],
  ['scope-repo-group-read', 'scope-repo-group-edit', 'scope-repo-group-admin'],
  ['scope-repository-settings-admin'],
  ['scope-member-read', 'scope-member-edit'],
  ['scope-invite-read', 'scope-invite-edit'],
  ['scope-group-read', 'scope-group-edit'],
  ['scope-activity-read'],
  ['scope-siem_credentials-read'],
  ['scope-ram-read', 'scope-ram-write'],
  ['scope-report-read'],
  ['scope-repository-create'],
  ['scope-repository-list'],
  ['scope-registry-usage-read'],
  ['scope-cloud-connect'],
  ['scope-audit_events-read'],
  ['scope-governance-policy-read', 'scope-governance-policy-write'],
];

/** Returns the scopes that no other one implies, sorted, so that equivalent lists are equal. */
export function reduceScopes(scopes: readonly string[], chains: Chains): readonly string[] {
  return [...new Set(scopes)].filter((scope) => !impliedBy(scope, scopes, chains)).sort(compareCodeUnits);
}

/** Returns the scopes that another one implies. */
export function redundantScopes(scopes: readonly string[], chains: Chains): readonly string[] {
  return [...new Set(scopes)].filter((scope) => impliedBy(scope, scopes, chains));
}

/** Returns the scopes that are in no chain. They are unknown here, and sent as they are. */
export function unknownScopes(scopes: readonly string[], chains: Chains): readonly string[] {
  const known = new Set(chains.flat());
  return [...new Set(scopes)].filter((scope) => !known.has(scope));
}

function impliedBy(scope: string, scopes: readonly string[], chains: Chains): boolean {
  const chain = chains.find((links) => links.includes(scope)) ?? [];
  const higher = chain.slice(chain.indexOf(scope) + 1);
  return scopes.some((other) => higher.includes(other));
}
