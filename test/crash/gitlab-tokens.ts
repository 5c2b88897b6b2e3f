import type { Emulator } from '../../src/emulator/index.ts';
import type { Live, Scenario } from './scenario.ts';
import { json, raw } from './sink-formats.ts';

/** Names are no identity: a token of another project is called as one of ours. */
const elsewhere = 'other/app';

/**
 * Deploy tokens: one of a project that is created, one of a group whose secret goes to several sinks. Access tokens: one that
 * is created, one that is replaced while the old one still works, and one that is deleted.
 */
export const gitlabTokens: Scenario = {
  name: 'GitLab tokens',
  // Tokens of the two kinds may have the same number; here those of access tokens are above.
  seed: `gitlab:
  groups:
    - path: team
      access_tokens: [{ id: 101, name: gone, scopes: [api] }, { id: 102, name: app, revoked: true }]
  projects:
    - path: team/app
      deploy_tokens: [{ name: app, revoked: true }]
    - path: ${elsewhere}
      deploy_tokens: [{ name: app, scopes: [read_registry] }]`,
  env: (url) => ({ GITLAB_URL: url, GITLAB_TOKEN: 'glpat-emulator' }),
  earlier: manifest(`
  - kind: gitlab_access_token
    project: team/app
    name: replaced
    scopes: [read_registry]
    access_level: reporter
    expires_at: ${inDays(100)}
    secret: [{ file: { path: replaced.txt, format: raw } }]
`),
  manifest: () =>
    manifest(`
  - kind: gitlab_deploy_token
    project: team/app
    name: app
    scopes: [read_registry, write_registry]
    expires_at: ${inDays(100)}T08:00:00Z
    secret: [{ file: { path: app.json } }]
  - kind: gitlab_deploy_token
    group: team
    name: mirror
    username: mirror
    scopes: [read_registry]
    expires_at: never
    secret: [{ file: { path: mirror.json } }, { file: { path: mirror.txt, format: raw } }]
  - kind: gitlab_access_token
    group: team
    name: updates
    description: opens merge requests
    scopes: [read_api]
    access_level: developer
    expires_at: ${inDays(100)}
    secret: [{ file: { path: updates.json } }]
  - kind: gitlab_access_token
    project: team/app
    name: replaced
    scopes: [read_registry, write_registry]
    access_level: developer
    expires_at: ${inDays(100)}
    allow_replace: true
    secret: [{ file: { path: replaced.txt, format: raw } }]
  - kind: gitlab_access_token
    group: team
    name: gone
    state: absent
`),
  unmade: [],
  replace: [],
  tokens: [
    {
      name: 'app',
      sinkFiles: [json('app.json')],
      as: { scopes: ['read_registry', 'write_registry'] },
      made: 'always',
    },
    {
      name: 'mirror',
      sinkFiles: [json('mirror.json'), raw('mirror.txt')],
      as: { username: 'mirror', scopes: ['read_registry'], expiresAt: null },
      made: 'always',
    },
    { name: 'updates', sinkFiles: [json('updates.json')], as: { accessLevel: 30 }, made: 'always' },
    {
      name: 'replaced',
      sinkFiles: [raw('replaced.txt')],
      as: { accessLevel: 30, scopes: ['read_registry', 'write_registry'] },
      made: 'always',
    },
  ],
  absent: ['gitlab_access_token:team/gone'],
  does: [
    /^POST \/api\/v4\/projects\/1\/deploy_tokens$/,
    /^POST \/api\/v4\/groups\/1\/deploy_tokens$/,
    /^POST \/api\/v4\/groups\/1\/access_tokens$/,
    /^POST \/api\/v4\/projects\/1\/access_tokens$/,
    /^DELETE \/api\/v4\/projects\/1\/access_tokens\//,
    /^DELETE \/api\/v4\/groups\/1\/access_tokens\//,
  ],
  live: ({ gitlab }) => [
    ...deployTokens({ gitlab }, 'project', 'team/app'),
    ...deployTokens({ gitlab }, 'group', 'team'),
    ...(['project', 'group'] as const).flatMap((kind) =>
      gitlab
        .accessTokens(kind, kind === 'project' ? 'team/app' : 'team')
        .filter(({ revoked }) => !revoked)
        .map((token) => ({ ...token, password: token.secret })),
    ),
  ],
  others: (emulator) => deployTokens(emulator, 'project', elsewhere),
};

function deployTokens(
  { gitlab }: Pick<Emulator, 'gitlab'>,
  kind: 'project' | 'group',
  path: string,
): readonly Live[] {
  return gitlab
    .deployTokens(kind, path)
    .filter(({ revoked }) => !revoked)
    .map((token) => ({ ...token, password: token.secret }));
}

function manifest(tokens: string): string {
  return `apiVersion: reconcile/v1
tokens:${tokens}`;
}

/** Returns a date that the service grants, as it allows a year at most. */
function inDays(days: number): string {
  return new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10);
}
