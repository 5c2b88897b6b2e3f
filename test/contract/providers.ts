import { dockerHubAccess } from '../../src/providers/docker-hub/access.ts';
import { connectOrganization } from '../../src/providers/docker-hub/organization-client.ts';
import { organizationToken } from '../../src/providers/docker-hub/organization-token.ts';
import { connectPersonal } from '../../src/providers/docker-hub/personal-client.ts';
import { personalToken } from '../../src/providers/docker-hub/personal-token.ts';
import { accessToken } from '../../src/providers/gitlab/access-token.ts';
import {
  connectAccessTokens,
  connectDeployTokens,
  gitlabAccess,
} from '../../src/providers/gitlab/clients.ts';
import { deployToken } from '../../src/providers/gitlab/deploy-token.ts';
import { connectRobots as connectHarbor, harborAccess } from '../../src/providers/harbor/client.ts';
import { harborRobot } from '../../src/providers/harbor/robot.ts';
import { connectRegistryTokens, ionosAccess } from '../../src/providers/ionos/client.ts';
import { registryToken } from '../../src/providers/ionos/registry-token.ts';
import type { Provider } from './subject.ts';

/** Registry tokens of IONOS. */
export const registryTokens: Provider = {
  declaration: registryToken,
  access: ionosAccess,
  connect: connectRegistryTokens,
};

/** Personal access tokens of Docker Hub. */
export const personalTokens: Provider = {
  declaration: personalToken,
  access: dockerHubAccess,
  connect: connectPersonal,
};

/** Organization access tokens of Docker Hub. */
export const organizationTokens: Provider = {
  declaration: organizationToken,
  access: dockerHubAccess,
  connect: connectOrganization,
};

/** Robot accounts of Harbor. */
export const harborRobots: Provider = {
  declaration: harborRobot,
  access: harborAccess,
  connect: connectHarbor,
};

/** Deploy tokens of GitLab. */
export const gitlabDeployTokens: Provider = {
  declaration: deployToken,
  access: gitlabAccess,
  connect: connectDeployTokens,
};

/** Access tokens of GitLab's projects and groups. */
export const gitlabAccessTokens: Provider = {
  declaration: accessToken,
  access: gitlabAccess,
  connect: connectAccessTokens,
};
