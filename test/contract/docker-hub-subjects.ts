import type { Fields } from '../../src/core/model/token.ts';
import { createEmulator, type Emulator } from '../../src/emulator/index.ts';
import type { HubQuirks } from '../../src/emulator/quirks.ts';
import type { SeedOrgToken, SeedPersonalToken } from '../../src/emulator/seed.ts';
import { conformingToDockerHub } from './docker-hub.ts';
import { organizationTokens, personalTokens } from './providers.ts';
import { type Running, type Subject, start, usual } from './subject.ts';

const baseUrl = 'https://hub.example';

/** A token of `other`, with which they may log in and not manage tokens. */
const otherSecret = 'dckr_pat_of-the-other';

/** What Docker Hub holds: the tokens of the user `emulator`, and of the organization `acme` that is theirs. */
export interface HubContents {
  readonly personal?: readonly SeedPersonalToken[];
  readonly org?: readonly SeedOrgToken[];
}

/** Docker Hub in memory; `secrets` are those of one kind. */
export function startDockerHub(
  { personal = [], org = [] }: HubContents,
  hubQuirks: Partial<HubQuirks> = {},
  secrets: (hub: Emulator['hub']) => readonly { readonly secret: string }[] = () => [],
): Running & { readonly emulator: Emulator } {
  const user = { totp: null, sso: false };
  const emulator = createEmulator({
    now: () => start,
    hubQuirks,
    seed: {
      registries: [],
      dockerHub: {
        users: [
          { ...user, name: 'emulator', password: 'emulator', tokens: personal },
          {
            ...user,
            name: 'other',
            password: 'other',
            tokens: [{ label: 'laptop', scopes: ['repo:admin'], secret: otherSecret }],
          },
        ],
        organizations: [{ name: 'acme', owners: ['emulator'], limit: 1000, repositories: null, tokens: org }],
      },
    },
  });
  const fetch = conformingToDockerHub(emulator.fetch);
  return {
    emulator,
    baseUrl,
    fetch,
    requests: () =>
      emulator.requests
        .filter(({ path }) => path !== '/v2/auth/token')
        .map(({ method, path, body }) => ({ what: `${method} ${path.replace(/\?.*/, '')}`, body })),
    secrets: () => secrets(emulator.hub).map(({ secret }) => secret),
    authorizations: {
      valid: 'Bearer emulator',
      invalid: 'Bearer wrong',
      unprivileged: async () => {
        const body = JSON.stringify({ identifier: 'other', secret: otherSecret });
        const headers = { 'content-type': 'application/json' };
        const answer = await fetch(
          new Request(`${baseUrl}/v2/auth/token`, { method: 'POST', headers, body }),
        );
        return `Bearer ${((await answer.json()) as { access_token: string }).access_token}`;
      },
    },
  };
}

const variants: Readonly<Record<string, Partial<HubQuirks>>> = {
  'pages of two, and links to another host': { pageCap: 2, foreignLinks: true },
  'secrets that are left empty': { maskedToken: 'empty' },
  'a deletion that is accepted (202)': { deleteStatus: 202 },
  'an answer that says at once who made a token': { createdBy: true },
  'fields that never change are ignored in a patch': { immutable: 'ignore' },
  'errors as in older documents': { errors: 'older' },
  'errors with nothing but a detail': { errors: 'detail' },
  'errors as pages of HTML': { errors: 'html' },
};

function personalSeed(id: string, fields: Fields): SeedPersonalToken {
  return {
    id,
    label: String(fields['token_label']),
    ...lifeOf(fields),
    // Scopes are shown as they were given, whatever implies them.
    scopes: fields['is_active'] === undefined ? ['repo:read'] : ['repo:read', 'repo:write', 'cloud:sandbox'],
  };
}

function orgSeed(id: string, fields: Fields): SeedOrgToken {
  const full = fields['is_active'] !== undefined;
  return {
    id,
    label: String(fields['label']),
    ...lifeOf(fields),
    createdBy: 'emulator',
    description: full ? 'for the pipeline' : '',
    resources: full
      ? [
          {
            type: 'TYPE_REPO',
            path: 'acme/app',
            scopes: ['scope-image-pull', 'scope-tag-read', 'scope-image-push'],
          },
          { type: 'TYPE_ORG', path: 'acme', scopes: ['scope-member-read'] },
        ]
      : [{ type: 'TYPE_REPO', path: 'acme/app', scopes: ['scope-image-pull'] }],
  };
}

function lifeOf({ is_active: active, expires_at: expiry }: Fields) {
  return {
    active: active !== false,
    ...(typeof expiry === 'string' && { expiry: { at: Date.parse(expiry) } }),
  };
}

/** Personal access tokens of Docker Hub. */
export const personal: Subject = {
  ...usual,
  name: 'personal tokens of Docker Hub',
  provider: personalTokens,
  start: ({ tokens }, variant = '') =>
    startDockerHub(
      { personal: tokens.map(({ id, fields }) => personalSeed(id, fields)) },
      variants[variant],
      (hub) => hub.personalTokens('emulator'),
    ),
  variants: Object.keys(variants),
  resolvesIds: false,
  scope: { id: 'emulator', name: 'emulator' },
  listed: ['token_label', 'scopes', 'is_active', 'expires_at'],
  hidden: ['token', 'creator_ip', 'creator_ua'],
  // They are all of the user who asks.
  maker: null,
  ownIds: false,
  username: () => 'emulator',
  fields: {
    token_label: 'full',
    scopes: ['cloud:sandbox', 'repo:write'],
    is_active: false,
    expires_at: '2031-06-30T12:00:00Z',
  },
  needed: { scopes: ['repo:read'] },
  defaults: { scopes: ['repo:read'], is_active: true, expires_at: 'never' },
  patches: [
    { fields: { is_active: true }, body: { is_active: true } },
    { fields: { token_label: 'renamed' }, body: { token_label: 'renamed' } },
  ],
  neverExpiring: (name) => ({
    fields: { token_label: name, scopes: ['repo:read'], expires_at: 'never' },
    body: { token_label: name, scopes: ['repo:read'] },
  }),
};

const pullApp = [{ type: 'TYPE_REPO', path: 'acme/app', scopes: ['scope-image-pull'] }];

/** Access tokens of an organization on Docker Hub. */
export const organization: Subject = {
  ...usual,
  name: 'organization tokens of Docker Hub',
  provider: organizationTokens,
  start: ({ tokens }, variant = '') =>
    startDockerHub({ org: tokens.map(({ id, fields }) => orgSeed(id, fields)) }, variants[variant], (hub) =>
      hub.orgTokens('acme'),
    ),
  variants: Object.keys(variants),
  resolvesIds: false,
  scope: { id: 'acme', name: 'acme' },
  listed: ['label', 'is_active', 'expires_at'],
  hidden: ['token'],
  maker: 'emulator',
  ownIds: false,
  username: () => 'acme',
  fields: {
    label: 'full',
    description: 'for the pipeline',
    // Canonical: neither in the order of the seed nor in that of the emulator, and without what is implied.
    resources: [
      { type: 'TYPE_ORG', path: 'acme', scopes: ['scope-member-read'] },
      { type: 'TYPE_REPO', path: 'acme/app', scopes: ['scope-image-push', 'scope-tag-read'] },
    ],
    is_active: false,
    expires_at: '2031-06-30T12:00:00Z',
  },
  needed: { resources: pullApp },
  defaults: { description: '', resources: pullApp, is_active: true, expires_at: 'never' },
  patches: [
    { fields: { is_active: true }, body: { is_active: true } },
    { fields: { label: 'renamed' }, body: { label: 'renamed' } },
    { fields: { description: '' }, body: { description: '' } },
    { fields: { resources: pullApp }, body: { resources: pullApp } },
  ],
  neverExpiring: (name) => ({
    fields: { label: name, resources: pullApp, expires_at: 'never' },
    body: { label: name, resources: pullApp },
  }),
};
