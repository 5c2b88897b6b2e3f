import type { ServiceInfo } from '../../core/model/token-kind.ts';
import { isObject } from '../../core/util/json.ts';

/** IONOS Container Registry. */
export const ionosInfo: ServiceInfo = {
  id: 'ionos',
  name: 'IONOS',
  title: 'IONOS Container Registry',
  apiUrl: 'https://api.ionos.com/containerregistries',
  basePath: '/containerregistries',
  variables: {
    apiUrl: 'IONOS_API_URL',
    certificateFingerprint: 'IONOS_CERTIFICATE_FINGERPRINT',
    token: 'IONOS_TOKEN',
    logins: [{ username: 'IONOS_USERNAME', password: 'IONOS_PASSWORD' }],
  },
  pipelineSecrets: ['IONOS_TOKEN'],
  secretPrefixes: [],
  starter: {
    kind: 'registry_token',
    entry: `  - kind: registry_token
    registry: my-registry
    name: ci-push
    scopes:
      - { type: repository, name: app, actions: [pull, push] }
    rotate: { every: 30d, lifetime: 45d, overlap: 24h }
    secret:
      - file: { path: secrets/ci-push.json }
`,
  },
  // `messages[].message`, with an `errorCode`.
  errorText: ({ messages }) => {
    if (!Array.isArray(messages)) return undefined;
    const texts = messages.filter(isObject).map(({ errorCode, message }) => {
      const words = typeof message === 'string' ? message : 'no message';
      return ['string', 'number'].includes(typeof errorCode) ? `${words} (${String(errorCode)})` : words;
    });
    return texts.length > 0 ? texts.join('; ') : undefined;
  },
};
