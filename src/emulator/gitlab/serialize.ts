import { isoTime } from '../iso-time.ts';
import type { GitlabQuirks } from './quirks.ts';
import { type AccessToken, type CallerToken, type DeployToken, isUsableAccessToken } from './state.ts';
import type { GitlabFeatures } from './versions.ts';

type Shown = Readonly<Record<string, unknown>>;

const day = 86_400_000;

/** The expiry that stands for none. */
const forever = Date.UTC(3000, 0, 1);

/**
 * Returns a deploy token as reads show it: docs/services/gitlab.md, Deploy tokens. The secret is never shown again.
 */
export function showDeployToken(
  { id, name, username, expiresAt, scopes, revoked }: DeployToken,
  now: number,
): Shown {
  return {
    id: Number(id),
    name,
    username,
    expires_at: expiresAt === null || expiresAt === forever ? null : isoTime(expiresAt),
    scopes,
    revoked,
    // Compared with the beginning of today, so it is false for the rest of the day on which the token ended.
    expired: expiresAt !== null && expiresAt < Math.floor(now / day) * day,
  };
}

/** Returns a personal token as reads show it, and the part of an access token that is the same. */
export function showCallerToken(token: CallerToken, now: number): Shown {
  return {
    id: Number(token.id),
    name: token.name,
    revoked: token.revoked,
    created_at: isoTime(token.created),
    scopes: token.scopes,
    user_id: token.userId,
    last_used_at: token.lastUsed === null ? null : isoTime(token.lastUsed),
    active: isUsableAccessToken(token, now),
    expires_at: token.expiresOn,
  };
}

/** Returns an access token as reads of a release show it: docs/services/gitlab.md, Access tokens. */
export function showAccessToken(
  token: AccessToken,
  { descriptions, usageShown }: Pick<GitlabFeatures, 'descriptions' | 'usageShown'>,
  now: number,
): Shown {
  return {
    ...showCallerToken(token, now),
    ...(descriptions && { description: token.description }),
    access_level: token.accessLevel,
    ...(usageShown && {
      last_used_ips: token.lastUsedIps,
      resource_type: token.resource.kind,
      resource_id: token.resource.id,
    }),
  };
}

/** Returns the beginning of the image names of a project, host and path; `undefined` if it has no registry. */
export function imagePrefix(
  path: string,
  host: string,
  { registry, registryHost }: Pick<GitlabQuirks, 'registry' | 'registryHost'>,
): string | undefined {
  if (!registry || registryHost === 'absent') return undefined;
  return `${registryHost === 'same' ? host : registryHost}/${path.toLowerCase()}`;
}
