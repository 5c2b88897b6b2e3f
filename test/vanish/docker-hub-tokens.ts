import type { Emulator } from '../../src/emulator/index.ts';
import type { Live } from '../crash/scenario.ts';
import { type Scenario, toSink } from './scenario.ts';

const stranger = 'stranger';

/** A personal token that is replaced while the old one works, and one of an organization whose old one is deleted first. */
export const dockerHubTokens: Scenario = {
  name: 'Docker Hub tokens',
  seed: `docker_hub:
  users:
    - name: emulator
      tokens: [{ token_label: ci, scopes: [repo:read] }, { token_label: ${stranger}, scopes: [repo:read] }]`,
  env: (url) => ({
    DOCKER_HUB_API_URL: url,
    DOCKER_HUB_USERNAME: 'emulator',
    DOCKER_HUB_PASSWORD: 'emulator',
  }),
  transport: 'http_url',
  earlier: { manifest: manifest('2098-01-01T00:00:00Z', 'repo:read'), pause: 24 * 60 * 60 },
  manifest: manifest('2099-01-01T00:00:00Z', 'repo:write'),
  replace: [],
  expected: [
    {
      address: 'docker_hub_personal_token:ci',
      isOf: (name) => name === 'ci',
      as: { active: true, scopes: ['repo:write'] },
    },
    {
      address: 'docker_hub_org_token:acme/push',
      isOf: (name) => name === 'push',
      as: { active: true, expiry: Date.parse('2099-01-01T00:00:00Z') },
    },
  ],
  does: [
    /^push$/,
    /^POST \/v2\/access-tokens$/,
    /^DELETE \/v2\/access-tokens\//,
    /^POST \/v2\/orgs\/acme\/access-tokens$/,
    /^DELETE \/v2\/orgs\/acme\/access-tokens\//,
    /^sink .*:ci$/,
    /^sink .*\/push$/,
  ],
  live: (emulator) => allOf(emulator).filter(({ name }) => name !== stranger),
  others: (emulator) => allOf(emulator).filter(({ name }) => name === stranger),
};

function manifest(expiry: string, scope: string): string {
  return `apiVersion: reconcile/v1
tokens:
  - kind: docker_hub_personal_token
    token_label: ci
    scopes: [${scope}]
    allow_replace: true
    secret: [${toSink}]
  - kind: docker_hub_org_token
    org: acme
    label: push
    resources: [{ type: TYPE_REPO, path: acme/app, scopes: [scope-image-push] }]
    expires_at: ${expiry}
    allow_replace: true
    replace_order: delete_first
    secret: [${toSink}]
`;
}

function allOf({ hub }: Emulator): readonly Live[] {
  return [...hub.personalTokens('emulator'), ...hub.orgTokens('acme')].map((token) => ({
    ...token,
    name: token.label,
    password: token.secret,
  }));
}
