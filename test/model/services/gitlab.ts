import type { GitlabActor } from '../../../src/emulator/gitlab/second-actor.ts';
import { createGitlab } from '../../../src/emulator/gitlab/service.ts';
import { createTokenSigner } from '../../../src/emulator/registry/token-signer.ts';
import {
  type LiveToken,
  type MadeToken,
  type PersonsToken,
  parsed,
  type Service,
  type ServiceHost,
  type ServiceIn,
} from './service.ts';

/** The project whose deploy tokens all is about, and the group whose access tokens. */
export const project = 'team/app';
export const group = 'team';

const url = 'https://gitlab.example';

interface Shown {
  readonly id: number;
  readonly name: string;
  readonly token?: string;
  readonly expires_at: string | null;
}

/** What is different for the two kinds. */
interface Kind extends Pick<Service, 'provesOwner' | 'marksOnlyRuns' | 'onlyListed'> {
  /** The path of their list. */
  readonly path: string;
  readonly live: (gitlab: GitlabActor, now: number) => readonly LiveToken[];
  readonly create: (gitlab: GitlabActor, token: PersonsToken) => MadeToken;
  readonly revoke: (gitlab: GitlabActor, id: string) => void;
  readonly delete: (gitlab: GitlabActor, id: string) => void;
}

/** Deploy tokens: names may repeat, and only listings tell who has made one. */
export const deployTokens: ServiceIn = (_, host) =>
  played(host, {
    provesOwner: false,
    onlyListed: true,
    path: '/api/v4/projects/1/deploy_tokens',
    live: (gitlab, now) =>
      gitlab
        .deployTokens('project', project)
        .filter(({ revoked, expiresAt }) => !revoked && (expiresAt === null || expiresAt > now))
        .map(({ id, name, expiresAt }) => ({ id, name, expiry: expiresAt, enabled: true })),
    create: (gitlab, { name, user, repository, expiry = null }) => {
      const { id, secret } = gitlab.createDeployToken('project', project, {
        name,
        ...(user !== 'emulator' && { username: 'pipeline' }),
        scopes: [scopeFor(repository)],
        expiresAt: expiry,
      });
      return { id, name, password: secret, expiry };
    },
    revoke: (gitlab, id) => gitlab.revokeDeployToken(id),
    delete: (gitlab, id) => gitlab.deleteDeployToken(id),
  });

/** Access tokens: names may repeat, and the description of those of runs tells which attempt has made it. */
export const accessTokens: ServiceIn = (_, host) =>
  played(host, {
    provesOwner: true,
    marksOnlyRuns: true,
    path: '/api/v4/groups/1/access_tokens',
    live: (gitlab) =>
      gitlab
        .accessTokens('group', group)
        .filter(({ revoked }) => !revoked)
        .map(({ id, name }) => ({ id, name, enabled: true })),
    create: (gitlab, { name, repository }) => {
      const { id, secret } = gitlab.createAccessToken('group', group, {
        name,
        description: 'for the pipeline',
        scopes: [scopeFor(repository)],
        accessLevel: 30,
        expiresOn: '2030-12-01',
      });
      return { id, name, password: secret };
    },
    revoke: (gitlab, id) => gitlab.revokeAccessToken(id),
    delete: (gitlab, id) => gitlab.revokeAccessToken(id),
  });

function played({ random, now, lags }: ServiceHost, kind: Kind): Service {
  const { provesOwner, marksOnlyRuns, onlyListed, path } = kind;
  // A revocation shows at once: it is how a token is deleted, and a read tells what is gone.
  const { service, actor } = createGitlab(
    { groups: [{ path: group }], projects: [{ path: project }] },
    { ...lags, statusLag: 0, version: random.pick(['17.9', '18.3']), maxLifetimeDays: 400 },
    createTokenSigner(now),
    now,
  );
  const made = ({ id, name, token = '', expires_at: end }: Shown): MadeToken => ({
    id: String(id),
    name,
    password: token,
    // Those that end on a date outlast the simulation.
    expiry: end?.includes('T') ? Date.parse(end) : null,
  });
  return {
    uniqueNames: false,
    provesOwner,
    ...(marksOnlyRuns && { marksOnlyRuns }),
    ...(onlyListed && { onlyListed }),
    fetch: async (request) => {
      const response = await service.handle(request);
      response.headers.set('date', new Date(now()).toUTCString());
      return response;
    },
    env: { GITLAB_URL: url, GITLAB_TOKEN: 'glpat-emulator' },
    pathOf: (full) => full.slice(url.length).replace(path, '/tokens'),
    nameIn: (body) => (JSON.parse(body) as Partial<Shown>).name,
    shown: (text) => {
      const body = parsed(text) as Shown | undefined;
      return body && made(body);
    },
    listed: (text) => (JSON.parse(text) as readonly Shown[]).map(made),
    withoutSecret: (text) => text.replace(/"token":"[^"]*"/, '"token":""'),
    live: () => kind.live(actor, now()),
    userOf: () => 'pipeline',
    create: (token) => kind.create(actor, token),
    // A token that a person has revoked stays listed for a while.
    delete: (id) => (random.chance(0.5) ? kind.revoke : kind.delete)(actor, id),
  };
}

/** The scope of a token for a repository. */
export function scopeFor(repository: string): string {
  const scopes = new Map([
    ['app', 'read_registry'],
    ['lib', 'write_registry'],
    ['before', 'read_virtual_registry'],
  ]);
  return scopes.get(repository) ?? 'read_repository';
}
