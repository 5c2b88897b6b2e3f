import type { Fields } from '../../core/model/token.ts';
import type { BroadRights, ManifestFinding, TokenKind } from '../../core/model/token-kind.ts';
import { type Json, type JsonObject, textsIn } from '../../core/util/json.ts';
import { checkExpiry, type ExpiryCheck } from '../expiry.ts';
import { checkNaming, notAccepted } from './checks.ts';
import { maxDescriptionLength } from './description.ts';
import { accessTokenRules } from './fields.ts';
import { identify, idPattern, levels } from './levels.ts';
import { accessTokenScopes, checkScopes, hasRegistryScope } from './scopes.ts';
import { gitlabInfo } from './service.ts';

const expiryCheck: ExpiryCheck = {
  field: 'expires_at',
  rule: accessTokenRules.expires_at.expiry ?? { precision: 'day' },
  hint: 'a new token needs a later one',
};

/** Access tokens of projects and groups of GitLab; see docs/reference/manifest.md. */
export const accessToken: TokenKind = {
  kind: 'gitlab_access_token',
  service: gitlabInfo,
  rules: accessTokenRules,
  uniqueNames: false,
  maxNameLength: 255,
  levels,
  idField: 'id',
  idPattern,
  exampleAddress: 'gitlab_access_token:team/app/ci-push',
  required: { present: [], update: [], absent: [] },
  defaultsEnd: true,
  identify,
  check: (values, now) => [
    ...checkNaming(values),
    ...notAccepted(values, 'username'),
    ...(values['state'] === 'absent'
      ? []
      : [
          ...checkDescription(values['description']),
          ...checkScopes(values['scopes'], accessTokenScopes),
          ...checkRole(values),
          ...checkExpiry(values['expires_at'], now, expiryCheck),
        ]),
  ],
  overBroad,
};

/** Checks that a description leaves room for the mark of the create. */
function checkDescription(description: Json | undefined): readonly ManifestFinding[] {
  if (typeof description !== 'string' || description.length <= maxDescriptionLength) return [];
  return [
    {
      severity: 'error',
      path: ['description'],
      message: `expected at most ${maxDescriptionLength} characters; found ${description.length}`,
      hint: 'GitLab stores 255, and reconcile adds a mark by which it recognizes its own token',
    },
  ];
}

/** Warns if the role doesn't allow the push that the scopes are for. */
function checkRole({ scopes, access_level: role }: JsonObject): readonly ManifestFinding[] {
  const isTooLow = role === 'guest' || role === 'planner' || role === 'reporter';
  if (!isTooLow || !textsIn(scopes).includes('write_registry')) return [];
  return [
    {
      severity: 'warning',
      path: ['access_level'],
      message: `a ${role} can't push, although the token has the scope write_registry`,
      hint: 'use developer',
    },
  ];
}

function overBroad({ scopes, access_level: role }: Fields): BroadRights | undefined {
  const texts = textsIn(scopes);
  const besides = hasRegistryScope(scopes) ? ['read_api', 'write_repository'] : [];
  const rights = [
    ...['api', ...besides].filter((scope) => texts.includes(scope)),
    ...(role === 'maintainer' || role === 'owner' ? [`the role ${role}`] : []),
  ];
  if (rights.length === 0) return undefined;
  return { rights, advice: 'use a deploy token, or only the scopes and the role that it needs' };
}
