import type { Fields } from '../../src/core/model/token.ts';
import { formatInstant } from '../../src/core/util/instant.ts';
import { createEmulator, type EmulatorOptions } from '../../src/emulator/index.ts';
import type { Seed } from '../../src/emulator/seed.ts';
import { conformingToGitlab, gitlabBasePath } from './gitlab.ts';
import { gitlabAccessTokens, gitlabDeployTokens } from './providers.ts';
import { type Contents, type Running, type Subject, start } from './subject.ts';

type GitlabQuirks = NonNullable<EmulatorOptions['gitlabQuirks']>;
type SeedResource = NonNullable<NonNullable<Seed['gitlab']>['projects']>[number];
type Level = 'project' | 'group';

const day = 86_400;
const inDays = (days: number): string => formatInstant(start / 1000 + days * day);

const variants: Readonly<Record<string, GitlabQuirks>> = {
  'no totals': { totals: false },
  'no number of the next page': { nextPage: false },
  'a total that moves once': { movingTotals: 1 },
  'prefixes of an own': { tokenPrefix: 'acme-', deployTokenPrefix: 'acme-' },
  'errors of a proxy': { errors: 'proxy' },
};

/** The fields that the seeds of both kinds have in common. */
function seedToken({ id, fields }: Contents['tokens'][number]) {
  const { name, scopes, expires_at: expiry } = fields;
  return {
    id: Number(id),
    name: String(name),
    scopes: (scopes ?? ['read_registry']) as readonly string[],
    ...(typeof expiry === 'string' && expiry !== 'never' && { expires: { at: Date.parse(expiry) } }),
  };
}

const levelNumbers: Readonly<Record<string, number>> = { developer: 30, maintainer: 40 };

/** Returns the tokens of a seed. */
function seedTokens(
  tokens: Contents['tokens'],
  isAccess: boolean,
): Pick<SeedResource, 'deployTokens' | 'accessTokens'> {
  if (!isAccess) {
    return {
      deployTokens: tokens.map((token) => ({
        ...seedToken(token),
        username: String(token.fields['username'] ?? 'small'),
      })),
    };
  }
  return {
    accessTokens: tokens.map((token) => {
      const { description, access_level: role } = token.fields;
      return {
        ...seedToken(token),
        ...(description !== undefined && { description: String(description) }),
        accessLevel: levelNumbers[String(role)] ?? 40,
      };
    }),
  };
}

function startGitlab({ scopes, tokens }: Contents, level: Level, isAccess: boolean, variant = ''): Running {
  const resources = scopes.map(({ name }, index) => ({
    path: `org/${name}`,
    ...(index === 0 && seedTokens(tokens, isAccess)),
  }));
  const emulator = createEmulator({
    now: () => start,
    gitlabQuirks: variants[variant] ?? {},
    seed: {
      registries: [],
      gitlab: {
        [level === 'project' ? 'projects' : 'groups']: resources,
        users: [{ name: 'limited', tokens: [{ name: 'limited', scopes: ['read_registry'] }] }],
      },
    },
  });
  const path = `org/${scopes[0]?.name}`;
  return {
    baseUrl: `https://gitlab.example${gitlabBasePath}`,
    fetch: conformingToGitlab(emulator.fetch),
    requests: () =>
      emulator.requests.map(({ method, path: asked, body }) => ({
        what: `${method} ${asked.slice(gitlabBasePath.length).replace(/\?.*/, '')}`,
        body,
      })),
    secrets: () =>
      (isAccess ? emulator.gitlab.accessTokens(level, path) : emulator.gitlab.deployTokens(level, path))
        .filter(({ revoked }) => !revoked)
        .map(({ secret }) => secret),
    authorizations: {
      valid: 'Bearer glpat-emulator',
      invalid: 'Bearer glpat-wrong',
      unprivileged: async () => 'Bearer glpat-limited',
    },
  };
}

/** What all kinds and levels have in common. */
function subjectOf(
  level: Level,
  isAccess: boolean,
  parts: Pick<Subject, 'fields' | 'needed' | 'defaults' | 'username' | 'neverExpiring'>,
): Subject {
  const collection = level === 'project' ? 'projects' : 'groups';
  return {
    name: `GitLab's ${isAccess ? 'access' : 'deploy'} tokens of a ${level}`,
    provider: isAccess ? gitlabAccessTokens : gitlabDeployTokens,
    start: (contents, variant) => startGitlab(contents, level, isAccess, variant),
    variants: Object.keys(variants),
    scope: { id: `${collection}/1`, name: `${level}:org/team-a`, level },
    scopeListing: `GET /${collection}`,
    findsScopesByName: true,
    // A 401 is compared with the response about the token itself.
    rejectsByStatus: false,
    resolvesIds: false,
    scopeId: (number) => `${collection}/${number}`,
    tokenId: String,
    scopeRef: (name) => `${level}:org/${name}`,
    changeMethod: 'PUT',
    listed: Object.keys(parts.fields),
    hidden: ['token', 'last_used_ips'],
    maker: null,
    ownIds: false,
    patches: [],
    ...parts,
  };
}

const scopes = ['read_registry', 'write_registry'];

function deployTokensOf(level: Level): Subject {
  const needed: Fields = { username: 'small', scopes: ['read_registry'] };
  return subjectOf(level, false, {
    fields: { name: 'full', username: 'full-user', scopes, expires_at: formatInstant(start / 1000 + 12_345) },
    needed,
    defaults: { ...needed, expires_at: 'never' },
    username: () => 'full-user',
    neverExpiring: (name) => ({
      fields: { name, ...needed, expires_at: 'never' },
      body: { name, ...needed },
    }),
  });
}

function accessTokensOf(level: Level): Subject {
  const needed: Fields = { scopes: ['read_registry'] };
  return subjectOf(level, true, {
    fields: {
      name: 'full',
      description: 'updates',
      scopes,
      access_level: 'developer',
      expires_at: inDays(90),
    },
    needed,
    defaults: { description: '', ...needed, access_level: 'maintainer', expires_at: inDays(365) },
    username: (name) => name,
  });
}

/** Deploy tokens of a project. */
export const deployTokens: Subject = deployTokensOf('project');

/** Deploy tokens of a group. */
export const groupDeployTokens: Subject = deployTokensOf('group');

/** Access tokens of a project. */
export const accessTokens: Subject = accessTokensOf('project');

/** Access tokens of a group. */
export const groupAccessTokens: Subject = accessTokensOf('group');
