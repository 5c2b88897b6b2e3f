import { defaultUser, otherUser } from '../callers.ts';
import { createCollection } from '../read-lag.ts';
import { resolveInstant } from '../seed-instant.ts';
import type { SeedQuirks } from '../seed-quirks.ts';
import { dateAfter } from './expiry.ts';
import type { GitlabQuirks } from './quirks.ts';
import {
  type GitlabIntervention,
  type SeedAccessToken,
  type SeedDeployToken,
  type SeedGitlabToken,
  seededAccessToken,
  seededDeployToken,
} from './seed-token.ts';
import type { GitlabResource, GitlabRole, GitlabState, ResourceKind, User } from './state.ts';

/** The initial content of GitLab, besides the built-in users, and its faults. */
export interface GitlabSeed extends Partial<SeedQuirks<GitlabQuirks, GitlabIntervention>> {
  readonly users?: readonly SeedGitlabUser[];
  readonly groups?: readonly SeedResource[];
  readonly projects?: readonly SeedResource[];
}

/**
 * A user of a seed with the personal tokens; by default one token `glpat-NAME` with the scope `api`. Replaces a
 * built-in user of the same name.
 */
export interface SeedGitlabUser {
  readonly name: string;
  readonly admin?: boolean;
  readonly roles?: Readonly<Record<string, GitlabRole>>;
  readonly tokens?: readonly SeedGitlabToken[];
}

/** A project or a group of a seed, with its tokens. Groups have neither a registry nor former paths. */
export interface SeedResource {
  /** The full path. */
  readonly path: string;
  readonly id?: number;
  readonly public?: boolean;
  readonly deployTokens?: readonly SeedDeployToken[];
  readonly accessTokens?: readonly SeedAccessToken[];
  readonly registry?: boolean;
  readonly formerPaths?: readonly string[];
}

/**
 * The built-in users: owners of everything, and one without a role. A seed may replace them. The default user also has a
 * token that can be printed: programs mask those with the prefix of real ones.
 */
const plainUsers: readonly SeedGitlabUser[] = [
  {
    name: defaultUser,
    roles: { '*': 'owner' },
    tokens: [{ name: defaultUser }, { name: 'plain', secret: defaultUser }],
  },
  { name: otherUser, roles: { '*': 'owner' } },
  { name: 'unprivileged' },
];

/** Returns the state at the start of the emulator. IDs count up in the order of the seed unless it gives them. */
export function seedGitlabState(seed: GitlabSeed, quirks: GitlabQuirks, now: number): GitlabState {
  const { users = [], groups = [], projects = [] } = seed;
  const byName = new Map([...plainUsers, ...users].map((user) => [user.name, user]));
  const seeded = [
    ...groups.map((group, index) => ({ seed: group, resource: resourceOf('group', group, index + 1, now) })),
    ...projects.map((one, index) => ({ seed: one, resource: resourceOf('project', one, index + 1, now) })),
  ];
  const deployTokens = seeded.flatMap(({ seed: { deployTokens: tokens = [] }, resource }) =>
    tokens.map((token) => ({ token, resource })),
  );
  const accessTokens = seeded.flatMap(({ seed: { accessTokens: tokens = [] }, resource }) =>
    tokens.map((token) => ({ token, resource })),
  );
  return {
    users: [...byName.values()].map((user, index) => userOf(user, index + 1, now)),
    resources: new Set(seeded.map(({ resource }) => resource)),
    deployTokens: createCollection(
      deployTokens.map(({ token, resource }, index) =>
        seededDeployToken(token.id ?? index + 1, resource, token, quirks, now),
      ),
    ),
    accessTokens: createCollection(
      accessTokens.map(({ token, resource }, index) =>
        seededAccessToken(token.id ?? index + 1, resource, token, quirks, now),
      ),
    ),
  };
}

function resourceOf(
  kind: ResourceKind,
  { path, id, public: isPublic = false, registry = true, formerPaths = [] }: SeedResource,
  defaultId: number,
  now: number,
): GitlabResource {
  return { kind, id: id ?? defaultId, path, formerPaths, public: isPublic, registry, created: now };
}

function userOf({ name, admin = false, roles = {}, tokens }: SeedGitlabUser, id: number, now: number): User {
  return {
    id,
    name,
    admin,
    roles,
    tokens: (tokens ?? [{ name }]).map((token, index) => ({
      id: String(token.id ?? id * 100 + index),
      name: token.name,
      scopes: token.scopes ?? ['api'],
      expiresOn: token.expires ? dateAfter(resolveInstant(token.expires, now)) : null,
      revoked: token.revoked ?? false,
      userId: id,
      created: now,
      lastUsed: null,
      secret: token.secret ?? `glpat-${token.name}`,
    })),
  };
}
