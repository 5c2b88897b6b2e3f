import { parseQuirks, type Readers, readAct, type SeedQuirks, timingReaders } from '../seed-quirks.ts';
import {
  enumReader,
  readBoolean,
  readEnum,
  readInteger,
  readMapping,
  readObject,
  readPositive,
  readString,
} from '../seed-values.ts';
import type { GitlabQuirks } from './quirks.ts';
import { parseAccessToken, parseDeployToken } from './seed-parse.ts';
import type { GitlabIntervention, SeedTokenOfKind } from './seed-token.ts';
import { gitlabVersions, reuseResponses } from './versions.ts';

/**
 * The reader of each quirk. The versions: 16.0 requires an expiry; 17.2 has filters of lists, redirects of moved
 * projects, and expiries in rotations; 17.9 has an optional expiry, descriptions, and self-rotation; 18.3 keeps dead
 * access tokens listed, and has virtual registries.
 */
const readers: Readers<GitlabQuirks> = {
  ...timingReaders,
  version: enumReader(...gitlabVersions),
  accessTokensAllowed: readBoolean,
  expiryRequired: readBoolean,
  maxLifetimeDays: readPositive,
  retentionDays: readInteger,
  tokenPrefix: readString,
  deployTokenPrefix: readString,
  revokedDelete: enumReader('no_content', 'not_found'),
  reuse: enumReader('release', ...reuseResponses),
  registry: readBoolean,
  registryHost: readString,
  totals: readBoolean,
  nextPage: readBoolean,
  movingTotals: readInteger,
  linkOrigin: readString,
  rateLimitHeaders: readBoolean,
  maxLoginFailures: readInteger,
  errors: enumReader('gitlab', 'proxy'),
};

/** Reads the quirks of GitLab, its faulty requests, and the interventions of others. */
export function parseGitlabQuirks(
  value: unknown,
  path: string,
): SeedQuirks<GitlabQuirks, GitlabIntervention> {
  return parseQuirks(value, path, readers, parseIntervention);
}

/** Reads an intervention. The kind of token and its project or group are given beside the fields of the token. */
function parseIntervention(value: unknown, path: string): GitlabIntervention {
  const { before, verb, value: act, at } = readAct(value, path);
  const { kind: given, project, group, ...token } = readMapping(act, at);
  const kind = readEnum(given, ['deploy_token', 'access_token'], `${at}.kind`);
  if ((project === undefined) === (group === undefined))
    throw new Error(`${at}: expected either project or group`);
  const resource =
    project === undefined
      ? { kind: 'group' as const, path: readString(group, `${at}.group`) }
      : { kind: 'project' as const, path: readString(project, `${at}.project`) };
  if (verb === 'create') return { before, resource, act: { create: parseOfKind(kind, token, at) } };
  const name = readString(readObject(['name'], token, at)['name'], `${at}.name`);
  return { before, resource, act: { delete: { kind, name } } };
}

function parseOfKind(kind: SeedTokenOfKind['kind'], token: unknown, path: string): SeedTokenOfKind {
  return kind === 'deploy_token'
    ? { kind, token: parseDeployToken(token, path) }
    : { kind, token: parseAccessToken(token, path) };
}
