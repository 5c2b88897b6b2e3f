import type { ServiceInfo } from '../../core/model/token-kind.ts';
import type { ServiceAccess } from '../provider.ts';
import { forbiddenHint } from './access-token.ts';
import { signIn } from './session.ts';

/** The registry host for logins with Docker Hub tokens. */
export const registryHost = 'docker.io';

/** The service description of Docker Hub, for both kinds of token. */
export const dockerHub: ServiceInfo = {
  name: 'Docker Hub',
  apiUrl: 'https://hub.docker.com',
  basePath: '',
  registryHost,
  lowersUserNames: true,
  variables: {
    apiUrl: 'DOCKER_HUB_API_URL',
    certificateFingerprint: 'DOCKER_HUB_CERTIFICATE_FINGERPRINT',
    token: 'DOCKER_HUB_TOKEN',
    logins: [
      { username: 'DOCKER_HUB_USERNAME', password: 'DOCKER_HUB_PASSWORD' },
      { username: 'DOCKER_USERNAME', password: 'DOCKER_PASSWORD' },
    ],
    code: 'DOCKER_HUB_TOTP',
  },
};

/** The access to Docker Hub, for both kinds of token. */
export const dockerHubAccess: ServiceAccess = {
  authHints: {
    unauthorized:
      'check DOCKER_HUB_TOKEN, or DOCKER_HUB_USERNAME and DOCKER_HUB_PASSWORD; a bearer token expires after ten minutes',
    forbidden: forbiddenHint,
  },
  signIn,
};
