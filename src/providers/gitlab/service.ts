import type { ServiceInfo } from '../../core/model/token-kind.ts';
import { gitlabErrorText } from './error-text.ts';

/** GitLab: the public one, or an installation of one's own. */
export const gitlabInfo: ServiceInfo = {
  id: 'gitlab',
  name: 'GitLab',
  title: 'GitLab',
  apiUrl: 'https://gitlab.com',
  basePath: '/api/v4',
  variables: {
    apiUrl: 'GITLAB_URL',
    certificateFingerprint: 'GITLAB_CERTIFICATE_FINGERPRINT',
    token: 'GITLAB_TOKEN',
    logins: [],
  },
  pipelineSecrets: ['GITLAB_URL', 'GITLAB_TOKEN'],
  // An installation can put a prefix of its own before these: docs/services/gitlab.md, Secrets.
  secretPrefixes: ['gldt-', 'glpat-'],
  starter: {
    kind: 'gitlab_deploy_token',
    entry: `  - kind: gitlab_deploy_token
    project: my-group/my-project
    name: ci-push
    username: ci-push
    scopes: [read_registry, write_registry]
    rotate: { every: 30d, lifetime: 45d, overlap: 24h }
    secret:
      - file: { path: secrets/ci-push.json }
`,
  },
  demo: 'project.yaml',
  errorText: gitlabErrorText,
};
