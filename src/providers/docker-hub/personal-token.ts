import type { TokenKind } from '../../core/model/token-kind.ts';
import { uuidPattern } from '../../core/util/uuid.ts';
import { checkExpiry } from '../expiry.ts';
import { checkIdentity, checkScopeChains, expiryCheck } from './checks.ts';
import { personalTokenRules } from './fields.ts';
import { personalChains } from './scope-hierarchy.ts';
import { dockerHubInfo } from './service.ts';

/** Personal access tokens of Docker Hub; see docs/reference/manifest.md. */
export const personalToken: TokenKind = {
  kind: 'docker_hub_personal_token',
  service: dockerHubInfo,
  rules: personalTokenRules,
  uniqueNames: false,
  maxNameLength: 100,
  levels: [],
  idField: 'uuid',
  idPattern: uuidPattern,
  exampleAddress: 'docker_hub_personal_token:ci-push',
  required: { present: [], update: [], absent: [] },
  // All tokens of an account are in one scope, which has no name: docs/services/docker-hub.md, Requests.
  identify: ({ token_label: label, uuid }) => ({
    scope: '',
    place: 'the account on Docker Hub',
    ...(typeof label === 'string' && { name: label }),
    ...(typeof uuid === 'string' && { id: uuid }),
  }),
  check: (values, now) => [
    ...checkIdentity(values, 'token_label', 'uuid'),
    ...(values['state'] === 'absent'
      ? []
      : [
          ...checkScopeChains(values['scopes'], ['scopes'], personalChains),
          ...checkExpiry(values['expires_at'], now, expiryCheck),
        ]),
  ],
  overBroad: ({ scopes }) =>
    Array.isArray(scopes) && scopes.includes('repo:admin')
      ? {
          rights: ['repo:admin'],
          advice: 'recreate it with repo:write or less; only administration needs more',
        }
      : undefined,
};
