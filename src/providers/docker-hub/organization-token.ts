import type { ManifestFinding, ScopeQuota, TokenKind } from '../../core/model/token-kind.ts';
import { isObject, type Json } from '../../core/util/json.ts';
import { uuidPattern } from '../../core/util/uuid.ts';
import { checkExpiry } from '../expiry.ts';
import { checkIdentity, checkScopeChains, expiryCheck } from './checks.ts';
import { organizationTokenRules } from './fields.ts';
import { organizationChains } from './scope-hierarchy.ts';
import { dockerHubInfo } from './service.ts';

/** Organization access tokens of Docker Hub; see docs/reference/manifest.md. */
export const organizationToken: TokenKind = {
  kind: 'docker_hub_org_token',
  service: dockerHubInfo,
  rules: organizationTokenRules,
  uniqueNames: false,
  maxNameLength: 100,
  levels: [
    { field: 'org', value: 'organization', help: 'organization on Docker Hub', prefix: '', isListed: false },
  ],
  idField: 'id',
  idPattern: uuidPattern,
  exampleAddress: 'docker_hub_org_token:acme/ci-push',
  required: { present: ['org'], update: ['org'], absent: ['org'] },
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
      : [...checkResources(values['resources']), ...checkExpiry(values['expires_at'], now, expiryCheck)]),
  ],
  overBroad: ({ resources }) => {
    const rights = (Array.isArray(resources) ? resources : [])
      .filter(isObject)
      .flatMap(({ path }) => (typeof path === 'string' && /(^|\/)\*$/.test(path) ? [`all of ${path}`] : []));
    if (rights.length === 0) return undefined;
    return { rights, advice: 'list only the repositories and actions that it needs' };
  },
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
      ...checkScopeChains(scopes, ['resources', index, 'scopes'], organizationChains),
    ];
  });
}

/** Maximum number of tokens of an organization, by its plan: docs/services/docker-hub.md, Limits of an organization. */
const limits: readonly ScopeQuota[] = [
  { tokens: 10, why: 'the plan Docker Team' },
  { tokens: 100, why: 'the plan Docker Business' },
];

/**
 * Returns the limit of the smallest plan that allows this many tokens, as the API doesn't show the plan. Deactivated and
 * expired tokens count until they are deleted: docs/services/docker-hub.md, Limits of an organization.
 */
function limit(count: number): ScopeQuota | undefined {
  return limits.find(({ tokens }) => count <= tokens);
}
