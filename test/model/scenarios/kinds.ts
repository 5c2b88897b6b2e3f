import { organization, organizational } from '../services/organization.ts';
import { personal, scopeOf } from '../services/personal.ts';
import type { HubKind } from './hub.ts';

/** Personal tokens: their scopes never change. */
export const personalKind: HubKind = {
  service: personal,
  prefix: 'docker_hub_personal_token:',
  labelField: 'token_label',
  idField: 'uuid',
  always: ['kind: docker_hub_personal_token'],
  rights: (_, grade) => `scopes: [${scopeOf(grade === 0 ? 'app' : 'lib')}]`,
  generates: true,
  rightsStay: true,
};

/** An organization's tokens: all but their expiry changes. */
export const organizationKind: HubKind = {
  service: organizational,
  prefix: `docker_hub_org_token:${organization}/`,
  labelField: 'label',
  idField: 'id',
  always: ['kind: docker_hub_org_token', `org: ${organization}`],
  rights: (repository, grade) =>
    `resources: [{ type: TYPE_REPO, path: ${organization}/${repository}${grade}, scopes: [scope-image-pull] }]`,
  generates: false,
  rightsStay: false,
};
