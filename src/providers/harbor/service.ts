import type { ServiceInfo } from '../../core/model/token-kind.ts';
import { isObject } from '../../core/util/json.ts';

/** Harbor. Every installation has its own address. */
export const harborInfo: ServiceInfo = {
  id: 'harbor',
  name: 'Harbor',
  title: 'Harbor',
  basePath: '/api/v2.0',
  variables: {
    apiUrl: 'HARBOR_URL',
    certificateFingerprint: 'HARBOR_CERTIFICATE_FINGERPRINT',
    logins: [{ username: 'HARBOR_USERNAME', password: 'HARBOR_PASSWORD' }],
  },
  pipelineSecrets: ['HARBOR_URL', 'HARBOR_USERNAME', 'HARBOR_PASSWORD'],
  secretPrefixes: [],
  starter: {
    kind: 'harbor_robot',
    entry: `  - kind: harbor_robot
    project: my-project
    name: ci-push
    access: [repository:pull, repository:push]
    rotate: { every: 30d, lifetime: 45d, overlap: 24h }
    secret:
      - file: { path: secrets/ci-push.json }
`,
  },
  demo: 'system.yaml',
  // docs/services/harbor.md, Errors: `errors[].message`, with a `code`.
  errorText: ({ errors }) => {
    if (!Array.isArray(errors)) return undefined;
    const texts = errors.filter(isObject).map(({ code, message }) => {
      const words = typeof message === 'string' ? message : 'no message';
      return typeof code === 'string' ? `${words} (${code})` : words;
    });
    return texts.length > 0 ? texts.join('; ') : undefined;
  },
};
