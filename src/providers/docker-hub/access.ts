import type { ServiceAccess } from '../service.ts';
import { forbiddenHint } from './access-token.ts';
import { signIn } from './session.ts';

/** The authentication at Docker Hub, for both kinds of token: docs/services/docker-hub.md, Login. */
export const dockerHubAccess: ServiceAccess = {
  authHints: {
    unauthorized:
      'check DOCKER_HUB_TOKEN, or DOCKER_HUB_USERNAME and DOCKER_HUB_PASSWORD; a bearer token expires after ten minutes',
    forbidden: forbiddenHint,
  },
  signIn,
};
