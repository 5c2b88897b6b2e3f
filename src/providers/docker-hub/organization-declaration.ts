import type { ManifestFinding, ScopeQuota, TokenKind } from '../../core/model/token-kind.ts';
import { isObject, type Json } from '../../core/util/json.ts';
import { checkExpiry } from '../expiry.ts';
import { checkIdentity, checkScopes, expiryRule } from './checks.ts';
import { organizationTokenRules } from './fields.ts';
import { organizationChains } from './scope-hierarchy.ts';
import { dockerHub } from './service.ts';

/** The declaration of Docker Hub organization tokens in manifests; see docs/reference/manifest.md. */
export const organizationTokenDeclaration: TokenKind = {
  kind: 'docker_hub_org_token',
  service: dockerHub,
  rules: organizationTokenRules,
  uniqueNames: false,
  maxNameLength: 100,
  scopeField: 'org',
  idField: 'id',
  required: { present: ['org'], update: ['org'], absent: ['org'] },
  ignored: {
    present: [],
    update: [],
    absent: [
      'description',
      'resources',
      'is_active',
      'expires_at',
      'secret',
      'allow_replace',
      'replace_order',
    ],
  },
  identify: ({ org, label, id }) => ({
    scope: String(org),
    place: String(org),
    ...(typeof label === 'string' && { name: label }),
    ...(typeof id === 'string' && { id }),
  }),
  check: (values, now) => [
    ...checkIdentity(values, 'label', 'id'),
    ...(values['state'] === 'absent'
      ? []
      : [...checkResources(values['resources']), ...checkExpiry(values['expires_at'], now, expiryRule)]),
  ],
  limit,
};

function checkResources(resources: Json | undefined): readonly ManifestFinding[] {
  if (!Array.isArray(resources)) return [];
  return resources.flatMap((resource: Json, index): readonly ManifestFinding[] => {
    if (!isObject(resource)) return [];
    const { type, scopes } = resource;
    return [
      ...(typeof type === 'string' && !['TYPE_REPO', 'TYPE_ORG'].includes(type)
        ? [
            {
              severity: 'warning' as const,
              path: ['resources', index, 'type'],
              message: `${JSON.stringify(type)} is not a known resource type; it is sent unchanged`,
              hint: 'documented types: TYPE_REPO and TYPE_ORG',
            },
          ]
        : []),
      ...checkScopes(scopes, ['resources', index, 'scopes'], organizationChains),
    ];
  });
}

/** Maximum number of tokens of an organization, by its plan (docs.docker.com: Organization access tokens). */
const limits: readonly ScopeQuota[] = [
  { tokens: 10, why: 'the plan Docker Team' },
  { tokens: 100, why: 'the plan Docker Business' },
];

/**
 * Returns the limit of the smallest plan that allows this many tokens, as the API doesn't show the plan. Deactivated and
 * expired tokens count until they are deleted.
 */
function limit(count: number): ScopeQuota | undefined {
  return limits.find(({ tokens }) => count <= tokens);
}
