import { accessTokens, deployTokens, group, project, scopeFor } from '../services/gitlab.ts';
import { organization, organizational } from '../services/organization.ts';
import { personal, scopeOf } from '../services/personal.ts';
import type { StoryKind } from './story-scenario.ts';

/** Personal tokens: their scopes never change. */
export const personalKind: StoryKind = {
  service: personal,
  prefix: 'docker_hub_personal_token:',
  nameField: 'token_label',
  idField: 'uuid',
  always: ['kind: docker_hub_personal_token'],
  rights: (_, grade) => `scopes: [${scopeOf(grade === 0 ? 'app' : 'lib')}]`,
  generates: true,
  rightsStay: true,
  switches: true,
};

/** An organization's tokens: all but their expiry changes. */
export const organizationKind: StoryKind = {
  service: organizational,
  prefix: `docker_hub_org_token:${organization}/`,
  nameField: 'label',
  idField: 'id',
  always: ['kind: docker_hub_org_token', `org: ${organization}`],
  rights: (repository, grade) =>
    `resources: [{ type: TYPE_REPO, path: ${organization}/${repository}${grade}, scopes: [scope-image-pull] }]`,
  generates: false,
  rightsStay: false,
  switches: true,
};

/** Deploy tokens of a project of GitLab: nothing of them changes. */
export const deployTokenKind: StoryKind = {
  service: deployTokens,
  prefix: `gitlab_deploy_token:${project}/`,
  nameField: 'name',
  idField: 'id',
  always: ['kind: gitlab_deploy_token', `project: ${project}`],
  rights: (repository, grade) =>
    `scopes: [${scopeFor(repository)}${grade === 0 ? '' : ', write_package_registry'}]`,
  generates: false,
  rightsStay: true,
  switches: false,
};

/** The same with a stated user name, which one of a person may have as well. */
export const namedDeployTokenKind: StoryKind = {
  ...deployTokenKind,
  always: [...deployTokenKind.always, 'username: pipeline'],
};

/** Access tokens of a group of GitLab, which end on a date. */
export const accessTokenKind: StoryKind = {
  service: accessTokens,
  prefix: `gitlab_access_token:${group}/`,
  nameField: 'name',
  idField: 'id',
  always: [
    'kind: gitlab_access_token',
    `group: ${group}`,
    'access_level: developer',
    'description: for the pipeline',
  ],
  rights: (repository, grade) => `scopes: [${scopeFor(repository)}${grade === 0 ? '' : ', read_api'}]`,
  generates: false,
  rightsStay: true,
  switches: false,
  // Today is refused, so none of them ends in the simulation.
  dateOf: (expires) => (expires === 'soon' ? '2030-06-01' : expires === 'late' ? '2031-01-01' : undefined),
};
