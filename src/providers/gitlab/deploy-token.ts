import type { BroadRights, ManifestFinding, TokenKind } from '../../core/model/token-kind.ts';
import type { Json } from '../../core/util/json.ts';
import { checkExpiry, type ExpiryCheck } from '../expiry.ts';
import { checkNaming } from './checks.ts';
import { deployTokenRules } from './fields.ts';
import { identify, idPattern, levels } from './levels.ts';
import { checkScopes, deployTokenScopes } from './scopes.ts';
import { gitlabInfo } from './service.ts';

/** The name of the token that GitLab gives to all CI jobs: docs/services/gitlab.md, Deploy tokens. */
const ciName = 'gitlab-deploy-token';

const expiryCheck: ExpiryCheck = {
  field: 'expires_at',
  rule: deployTokenRules.expires_at.expiry ?? { precision: 'second' },
  hint: 'a new token needs a later one',
};

/** Deploy tokens of projects and groups of GitLab; see docs/reference/manifest.md. */
export const deployToken: TokenKind = {
  kind: 'gitlab_deploy_token',
  service: gitlabInfo,
  rules: deployTokenRules,
  uniqueNames: false,
  maxNameLength: 255,
  levels,
  idField: 'id',
  idPattern,
  exampleAddress: 'gitlab_deploy_token:team/app/ci-push',
  required: { present: [], update: [], absent: [] },
  defaultsEnd: true,
  identify,
  check: (values, now) => [
    ...checkNaming(values),
    ...(values['state'] === 'absent'
      ? []
      : [
          ...checkName(values['name']),
          ...checkUsername(values['username']),
          ...checkScopes(values['scopes'], deployTokenScopes),
          ...checkExpiry(values['expires_at'], now, expiryCheck),
        ]),
  ],
  overBroad: (): BroadRights | undefined => undefined,
};

function checkName(name: Json | undefined): readonly ManifestFinding[] {
  if (name !== ciName) return [];
  return [
    {
      severity: 'warning',
      path: ['name'],
      message: `GitLab gives a token named ${ciName} to every CI job of the project`,
      hint: 'use another name, unless this is intended',
    },
  ];
}

function checkUsername(username: Json | undefined): readonly ManifestFinding[] {
  if (typeof username !== 'string' || /^[A-Za-z0-9_.+-]+$/.test(username)) return [];
  return [
    {
      severity: 'error',
      path: ['username'],
      message: `invalid username: ${JSON.stringify(username)}`,
      hint: 'the login name of the token: letters, digits, underscores, dashes, dots and plus signs',
    },
  ];
}
