import type { ServiceAccess } from '../service.ts';
import { forbiddenHint } from './access-token.ts';
import { signIn } from './session.ts';

/** The access to Docker Hub, for both kinds of token. */
export const dockerHubAccess: ServiceAccess = {
  authHints: {
    unauthorized:
      'check DOCKER_HUB_TOKEN, or DOCKER_HUB_USERNAME and DOCKER_HUB_PASSWORD; a bearer token expires after ten minutes',
    forbidden: forbiddenHint,
  },
  signIn,
};
