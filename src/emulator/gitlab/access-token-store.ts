import { createTokenStore } from '../token-store.ts';
import type { GitlabQuirks } from './quirks.ts';
import { newTokenSecret } from './secret.ts';
import { type AccessToken, type GitlabResource, type GitlabState, isUsableAccessToken } from './state.ts';
import type { GitlabFeatures } from './versions.ts';

/** The properties that the create of an access token chooses. */
export type NewAccessToken = Pick<
  AccessToken,
  'name' | 'description' | 'scopes' | 'accessLevel' | 'expiresOn'
>;

/** Operations on access tokens, for any caller. Throws an `ApiError` if GitLab rejects one. */
export interface AccessTokenStore {
  create(resource: GitlabResource, properties: NewAccessToken): AccessToken;
  revoke(id: string): void;
  /** Revokes a token, and creates another one for its bot user. */
  rotate(token: AccessToken, expiresOn: string | null): AccessToken;
  /** Revokes all tokens of a bot user. */
  revokeFamily(userId: number): void;
  /** Returns the existing tokens; dead ones are among them as long as they can be read. */
  live(): readonly AccessToken[];
  /** Returns the tokens that lists show, as they show them. */
  list(): readonly AccessToken[];
  /** Returns a token as a GET shows it. */
  read(id: string): AccessToken;
}

const day = 86_400_000;

/**
 * Creates the store of all access tokens. Each create makes a bot user; a rotated token keeps that of its
 * predecessor.
 */
export function createAccessTokenStore(
  { accessTokens }: GitlabState,
  quirks: GitlabQuirks,
  features: GitlabFeatures,
  now: () => number,
): AccessTokenStore {
  const { deadListed } = features;
  const family = (userId: number): readonly AccessToken[] =>
    [...accessTokens.tokens.values()].filter((token) => token.userId === userId);
  const hasActive = (userId: number): boolean =>
    family(userId).some((token) => isUsableAccessToken(token, now()));

  // A bot user stays as long as one of its tokens is active, and its dead tokens stay with it.
  const isGone = (token: AccessToken): boolean => {
    if (isUsableAccessToken(token, now())) return false;
    if (deadListed && (quirks.retentionDays === 0 || now() < endOf(token) + quirks.retentionDays * day))
      return false;
    return !hasActive(token.userId);
  };
  const store = createTokenStore<AccessToken>(quirks, now, isGone);
  let lastId = Math.max(0, ...[...accessTokens.tokens.keys()].map(Number));
  let lastUserId = Math.max(1000, ...[...accessTokens.tokens.values()].map(({ userId }) => userId));

  const add = (resource: GitlabResource, properties: NewAccessToken, userId: number): AccessToken => {
    lastId += 1;
    const token = newAccessToken(lastId, resource, properties, userId, quirks, now());
    store.add(accessTokens, token);
    return token;
  };
  const end = (id: string): void => {
    store.change(accessTokens, id, (token) => {
      if (token.revoked) return;
      token.revoked = true;
      token.revokedAt = now();
    });
  };
  const revoke = ({ id, userId }: AccessToken): void => {
    const isLast = !family(userId).some((token) => token.id !== id && isUsableAccessToken(token, now()));
    if (deadListed || !isLast) end(id);
    else for (const token of family(userId)) store.delete(accessTokens, token.id);
  };

  return {
    create: (resource, properties) => {
      lastUserId += 1;
      return add(resource, properties, lastUserId);
    },
    revoke: (id) => {
      const token = accessTokens.tokens.get(id);
      if (token) revoke(token);
    },
    rotate: (token, expiresOn) => {
      const rotated = add(token.resource, { ...token, expiresOn }, token.userId);
      end(token.id);
      return rotated;
    },
    revokeFamily: (userId) => {
      for (const token of family(userId)) if (accessTokens.tokens.has(token.id)) revoke(token);
    },
    live: () => store.live(accessTokens),
    list: () => store.list(accessTokens),
    read: (id) => store.read(accessTokens, id),
  };
}

/** Creates an access token of a bot user (`userId`) with a new secret; `now` is its creation time. */
export function newAccessToken(
  id: number,
  resource: GitlabResource,
  { name, description, scopes, accessLevel, expiresOn }: NewAccessToken,
  userId: number,
  { tokenPrefix }: Pick<GitlabQuirks, 'tokenPrefix'>,
  now: number,
): AccessToken {
  return {
    id: String(id),
    resource,
    name,
    description,
    scopes,
    accessLevel,
    expiresOn,
    revoked: false,
    revokedAt: null,
    userId,
    created: now,
    lastUsed: null,
    lastUsedIps: [],
    secret: newTokenSecret(tokenPrefix),
  };
}

/** Returns the time at which a dead token ended. */
function endOf({ revokedAt, expiresOn }: AccessToken): number {
  return Math.min(revokedAt ?? Number.POSITIVE_INFINITY, Date.parse(expiresOn ?? '9999-12-31'));
}
