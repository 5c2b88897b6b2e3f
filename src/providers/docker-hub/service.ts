import type { ServiceInfo } from '../../core/model/token-kind.ts';
import { isObject } from '../../core/util/json.ts';

/** The registry host for logins with Docker Hub tokens: docs/services/docker-hub.md, Login. */
export const registryHost = 'docker.io';

/** The service description of Docker Hub, for both kinds of token. */
export const dockerHubInfo: ServiceInfo = {
  id: 'docker-hub',
  name: 'Docker Hub',
  title: 'Docker Hub',
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
  pipelineSecrets: ['DOCKER_HUB_USERNAME', 'DOCKER_HUB_PASSWORD'],
  secretPrefixes: ['dckr_pat_', 'dckr_oat_'],
  starter: {
    kind: 'docker_hub_personal_token',
    entry: `  - kind: docker_hub_personal_token
    token_label: ci-push
    scopes: [repo:write]
    expires_at: 2099-06-30T00:00:00Z
    secret:
      - file: { path: secrets/ci-push.json }
`,
  },
  // `message`, `detail` or `text`, with the names of the fields in question.
  errorText: (body) => {
    for (const key of ['message', 'detail', 'text']) {
      const text = body[key];
      if (typeof text !== 'string' || text === '') continue;
      const fields = ['errinfo', 'fields'].flatMap((name) =>
        isObject(body[name]) ? Object.keys(body[name]) : [],
      );
      return fields.length > 0 ? `${text} (${fields.join(', ')})` : text;
    }
    return undefined;
  },
};
