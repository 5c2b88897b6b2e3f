import { randomBytes, randomUUID } from 'node:crypto';
import type { TokenCollection } from '../read-lag.ts';

/** The common fields of both kinds of tokens; dates in milliseconds since 1970. */
export interface HubToken {
  /** The `uuid` of a personal token, the `id` of an organization's. */
  readonly id: string;
  label: string;
  active: boolean;
  readonly expiry: number | null;
  readonly created: number;
  lastUsed: number | null;
  readonly secret: string;
}

/** A personal access token. Its scopes and expiry never change. */
export interface PersonalToken extends HubToken {
  /** Absent in tokens of old clients. */
  readonly scopes?: readonly string[];
  /** `manual`, or the Docker product that created it. */
  readonly generatedBy?: string;
  /** The user agent that created it. */
  readonly creatorUa: string;
}

/** A resource that an organization's token may use, with its scopes: docs/services/docker-hub.md, Scopes. */
export interface OrgResource {
  readonly type: string;
  readonly path: string;
  readonly scopes: readonly string[];
}

/** An organization's access token. Its expiry never changes. */
export interface OrgToken extends HubToken {
  description: string;
  resources: readonly OrgResource[];
  /** The name of a user. */
  readonly createdBy: string;
}

/** Optional properties of any new token; the defaults are those of a token that was just created. */
interface NewHubToken {
  readonly label: string;
  readonly active?: boolean;
  readonly expiry?: number | null;
  readonly id?: string;
  readonly created?: number;
  readonly lastUsed?: number | null;
  readonly secret?: string;
}

/** The properties of a new personal token. */
export interface NewPersonalToken extends NewHubToken {
  readonly scopes?: readonly string[];
  /** `manual` by default; null for a token that doesn't show it. */
  readonly generatedBy?: string | null;
  readonly creatorUa?: string;
}

/** The properties of a new token of an organization. */
export interface NewOrgToken extends NewHubToken {
  readonly description?: string;
  readonly resources: readonly OrgResource[];
}

/** A user account with its personal tokens and the requirements of its logins. */
export interface HubUser {
  readonly name: string;
  readonly password: string;
  /** The code that a login requires besides the password. */
  readonly totp: string | null;
  /** True if the organization requires single sign-on, so that no password is accepted. */
  readonly sso: boolean;
  readonly collection: TokenCollection<PersonalToken>;
}

/** An organization with its tokens, and the limit on their number. */
export interface Organization {
  readonly name: string;
  /** The names of the users that may manage its tokens. */
  readonly owners: readonly string[];
  /** Maximum number of tokens; inactive and expired ones count. */
  readonly limit: number;
  /** The existing repositories, for example `acme/app`; null if any name is accepted. */
  readonly repositories: readonly string[] | null;
  readonly collection: TokenCollection<OrgToken>;
}

/** The accounts of one Docker Hub, by name. */
export interface HubState {
  readonly users: ReadonlyMap<string, HubUser>;
  readonly organizations: ReadonlyMap<string, Organization>;
}

/**
 * Creates a personal token with defaults for the missing properties: active, created now, with a new ID and secret.
 */
export function newPersonalToken(properties: NewPersonalToken, now: number): PersonalToken {
  const { scopes, generatedBy = 'manual', creatorUa = '' } = properties;
  return {
    ...newHubToken(properties, 'dckr_pat_', now),
    ...(scopes !== undefined && { scopes }),
    ...(generatedBy !== null && { generatedBy }),
    creatorUa,
  };
}

/**
 * Creates an organization's token with the same defaults as `newPersonalToken`.
 *
 * @param createdBy the name of a user
 */
export function newOrgToken(properties: NewOrgToken, createdBy: string, now: number): OrgToken {
  const { description = '', resources } = properties;
  return { ...newHubToken(properties, 'dckr_oat_', now), description, resources, createdBy };
}

/** Tells whether a token has expired. It stays listed until it is deleted: docs/services/docker-hub.md, Expiry. */
export function isExpiredHubToken({ expiry }: HubToken, now: number): boolean {
  return expiry !== null && expiry <= now;
}

/** Tells whether a token can log in: it is active and has not expired. */
export function isUsableHubToken(token: HubToken, now: number): boolean {
  return token.active && !isExpiredHubToken(token, now);
}

function newHubToken(properties: NewHubToken, prefix: string, now: number): HubToken {
  const { label, active = true, expiry = null, id, created = now, lastUsed = null, secret } = properties;
  return {
    id: id ?? randomUUID(),
    label,
    active,
    expiry,
    created,
    lastUsed,
    secret: secret ?? prefix + randomBytes(20).toString('base64url'),
  };
}
