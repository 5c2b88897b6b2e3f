import type { Emulator } from '../../src/emulator/index.ts';
import type { Live, Scenario } from './scenario.ts';
import { json, raw } from './sink-formats.ts';

const generated = 'docker-desktop';

/**
 * Personal tokens: one that is made and deactivated, one that is replaced while the old one still works, and a
 * rename. Tokens of an organization: one that is made, and one that is replaced once the old one is gone.
 */
export const dockerHubTokens: Scenario = {
  name: 'Docker Hub tokens',
  // Labels are no names: this one is that of a token of ours, and stays.
  seed: `docker_hub:
  users: [{ name: emulator, tokens: [{ token_label: app, scopes: [repo:admin], generated_by: ${generated} }] }]`,
  env: (url) => ({
    DOCKER_HUB_API_URL: url,
    DOCKER_HUB_USERNAME: 'emulator',
    DOCKER_HUB_PASSWORD: 'emulator',
  }),
  earlier: manifest(`
  - kind: docker_hub_personal_token
    token_label: ci
    scopes: [repo:read]
    secret: [{ file: { path: ci.txt, format: raw } }]
  - kind: docker_hub_personal_token
    token_label: deploy
    scopes: [repo:write]
    secret: [{ file: { path: release.json } }]
  - kind: docker_hub_org_token
    label: push
    resources: [{ type: TYPE_REPO, path: acme/app, scopes: [scope-image-push] }]
    expires_at: 2098-01-01T00:00:00Z
    secret: [{ file: { path: push.json } }]
`),
  manifest: (made) =>
    manifest(`
  - kind: docker_hub_personal_token
    token_label: app
    scopes: [repo:read]
    is_active: false
    secret: [{ file: { path: app.json } }, { file: { path: app.txt, format: raw } }]
  - kind: docker_hub_personal_token
    token_label: ci
    scopes: [repo:write]
    allow_replace: true
    secret: [{ file: { path: ci.txt, format: raw } }]
  - kind: docker_hub_personal_token
    uuid: ${made.find(({ name }) => name === 'deploy')?.id}
    token_label: release
    secret: [{ file: { path: release.json } }]
  - kind: docker_hub_org_token
    label: pull
    resources: [{ type: TYPE_REPO, path: acme/app, scopes: [scope-image-pull] }]
    secret: [{ file: { path: pull.txt, format: raw } }]
  - kind: docker_hub_org_token
    label: push
    resources: [{ type: TYPE_REPO, path: acme/app, scopes: [scope-image-push] }]
    expires_at: 2099-01-01T00:00:00Z
    allow_replace: true
    replace_order: delete_first
    secret: [{ file: { path: push.json } }]
`),
  unmade: [],
  replace: [],
  tokens: [
    {
      name: 'app',
      sinkFiles: [json('app.json'), raw('app.txt')],
      as: { active: false, scopes: ['repo:read'] },
      made: 'always',
    },
    { name: 'ci', sinkFiles: [raw('ci.txt')], as: { active: true, scopes: ['repo:write'] }, made: 'always' },
    {
      name: 'release',
      sinkFiles: [json('release.json')],
      as: { scopes: ['repo:write'] },
      made: { as: 'deploy' },
    },
    { name: 'pull', sinkFiles: [raw('pull.txt')], as: { active: true, expiry: null }, made: 'always' },
    {
      name: 'push',
      sinkFiles: [json('push.json')],
      as: { active: true, expiry: Date.parse('2099-01-01T00:00:00Z') },
      made: 'always',
    },
  ],
  does: [
    /^POST \/v2\/auth\/token$/,
    /^POST \/v2\/access-tokens$/,
    /^PATCH \/v2\/access-tokens\//,
    /^DELETE \/v2\/access-tokens\//,
    /^POST \/v2\/orgs\/acme\/access-tokens$/,
    /^DELETE \/v2\/orgs\/acme\/access-tokens\//,
  ],
  live: ({ hub }) => [
    ...hub
      .personalTokens('emulator')
      .filter(({ generatedBy }) => generatedBy !== generated)
      .map(liveOf),
    ...hub.orgTokens('acme').map(liveOf),
  ],
  others: ({ hub }) =>
    hub
      .personalTokens('emulator')
      .filter(({ generatedBy }) => generatedBy === generated)
      .map(liveOf),
};

function manifest(tokens: string): string {
  return `apiVersion: reconcile/v1
defaults: { docker_hub_org_token: { org: acme } }
tokens:${tokens}`;
}

function liveOf(token: ReturnType<Emulator['hub']['personalTokens' | 'orgTokens']>[number]): Live {
  return { ...token, name: token.label, password: token.secret };
}
