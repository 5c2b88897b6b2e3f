/** Fields of an entry of a manifest. */
export type Fields = Readonly<Record<string, unknown>>;
/** The right of a token to its repository; pushing includes pulling. */
export type Right = 'pull' | 'push';

/** A kind of token, with the entries of a manifest that these tests use. */
export interface Kind {
  readonly title: string;
  /** The realm of its registry. */
  readonly path: string;
  readonly service: string;
  readonly issuer: string;
  /** The host of the registry if it isn't that of the API. */
  readonly host?: 'docker.io';
  readonly identity: (name: string) => Fields;
  /** The identity of an existing token, if it is written in another way. */
  readonly existing?: (name: string) => Fields;
  readonly rights: (right: Right) => Fields;
  /** A token with all rights to the images of another owner. */
  readonly elsewhere: Fields;
  /** The fields of a token that is enabled, and of one that isn't; absent if tokens can't be disabled. */
  readonly switched?: { readonly on: Fields; readonly off: Fields };
  readonly expiry: string;
  /** The repository of the tokens, and one that they have no rights to. */
  readonly repository: string;
  readonly other: string;
}

const ionos: Kind = {
  title: 'a registry of IONOS',
  path: '/token',
  service: 'team-a',
  issuer: 'reconcile-emulator',
  identity: (name) => ({ kind: 'registry_token', registry: 'team-a', name }),
  existing: (name) => ({ kind: 'registry_token', registry: 'team-a', registry_token: name }),
  rights: (right) => ({
    scopes: [{ type: 'repository', name: 'app', actions: right === 'push' ? ['pull', 'push'] : ['pull'] }],
  }),
  elsewhere: {
    kind: 'registry_token',
    registry: 'team-b',
    name: 'elsewhere',
    scopes: [{ type: 'repository', name: '*', actions: ['pull', 'push'] }],
  },
  switched: { on: { status: 'enabled' }, off: { status: 'disabled' } },
  expiry: 'expiry_date',
  repository: 'app',
  other: 'other',
};

const dockerHub = {
  path: '/token',
  service: 'registry.docker.io',
  issuer: 'reconcile-emulator',
  host: 'docker.io',
  switched: { on: { is_active: true }, off: { is_active: false } },
  expiry: 'expires_at',
} as const;

const organization: Kind = {
  ...dockerHub,
  title: 'an organization of Docker Hub',
  identity: (label) => ({ kind: 'docker_hub_org_token', org: 'acme', label }),
  rights: (right) => ({
    resources: [{ type: 'TYPE_REPO', path: 'acme/app', scopes: [`scope-image-${right}`] }],
  }),
  elsewhere: {
    kind: 'docker_hub_org_token',
    org: 'umbrella',
    label: 'elsewhere',
    resources: [{ type: 'TYPE_REPO', path: 'umbrella/*', scopes: ['scope-image-delete'] }],
  },
  repository: 'acme/app',
  other: 'acme/other',
};

const personal: Kind = {
  ...dockerHub,
  title: 'a user of Docker Hub',
  identity: (label) => ({ kind: 'docker_hub_personal_token', token_label: label }),
  rights: (right) => ({ scopes: [right === 'push' ? 'repo:write' : 'repo:read'] }),
  elsewhere: {
    kind: 'docker_hub_org_token',
    org: 'acme',
    label: 'elsewhere',
    resources: [{ type: 'TYPE_REPO', path: 'acme/*', scopes: ['scope-image-delete'] }],
  },
  repository: 'emulator/app',
  other: 'other/app',
};

const images = { pull: ['repository:pull'], push: ['repository:pull', 'repository:push'] };

const harbor = {
  path: '/service/token',
  service: 'harbor-registry',
  issuer: 'harbor-token-issuer',
  switched: { on: { disable: false }, off: { disable: true } },
  expiry: 'expires_at',
  repository: 'team-a/app',
  other: 'team-b/app',
} as const;

export const project: Kind = {
  ...harbor,
  title: 'a project of Harbor',
  identity: (name) => ({ kind: 'harbor_robot', project: 'team-a', name }),
  rights: (right) => ({ access: images[right] }),
  elsewhere: { kind: 'harbor_robot', project: 'team-b', name: 'elsewhere', access: images.push },
};

const permissions = (namespace: string, right: Right): Fields => ({
  permissions: [{ kind: 'project', namespace, access: images[right] }],
});

export const system: Kind = {
  ...harbor,
  title: 'the system of Harbor',
  identity: (name) => ({ kind: 'harbor_robot', level: 'system', name }),
  rights: (right) => permissions('team-a', right),
  elsewhere: { kind: 'harbor_robot', level: 'system', name: 'elsewhere', ...permissions('team-b', 'push') },
};

const gitlab = {
  path: '/jwt/auth',
  service: 'container_registry',
  issuer: 'gitlab-issuer',
  rights: (right: Right): Fields => ({
    scopes: right === 'push' ? ['read_registry', 'write_registry'] : ['read_registry'],
    allow_replace: true,
  }),
  expiry: 'expires_at',
  repository: 'team-a/app/image',
  other: 'team-b/app',
} as const;

const deployToken: Kind = {
  ...gitlab,
  title: 'a project of GitLab, deploy tokens',
  identity: (name) => ({ kind: 'gitlab_deploy_token', project: 'team-a/app', name, username: `for-${name}` }),
  elsewhere: {
    kind: 'gitlab_deploy_token',
    group: 'team-b',
    name: 'elsewhere',
    scopes: ['read_registry', 'write_registry'],
  },
};

const accessToken: Kind = {
  ...gitlab,
  title: 'a group of GitLab, access tokens',
  identity: (name) => ({ kind: 'gitlab_access_token', group: 'team-a', name }),
  rights: (right) => ({ ...gitlab.rights(right), access_level: right === 'push' ? 'developer' : 'reporter' }),
  elsewhere: {
    kind: 'gitlab_access_token',
    project: 'team-b/app',
    name: 'elsewhere',
    scopes: ['api'],
    access_level: 'maintainer',
  },
};

export const kinds: readonly Kind[] = [
  ionos,
  organization,
  personal,
  project,
  system,
  deployToken,
  accessToken,
];
