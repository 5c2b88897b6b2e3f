import { randomBytes, randomUUID } from 'node:crypto';
import type { TokenCollection } from '../read-lag.ts';

/** What tokens of both kinds have; dates in milliseconds since 1970. */
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

/** A personal access token. */
export interface PersonalToken extends HubToken {
  /** Absent in tokens of old clients. */
  readonly scopes?: readonly string[];
  /** `manual`, or the Docker product that made it. */
  readonly generatedBy?: string;
  /** The user agent that made it. */
  readonly creatorUa: string;
}

/** What an organization access token may be used for. */
export interface OrgResource {
  readonly type: string;
  readonly path: string;
  readonly scopes: readonly string[];
}

/** An organization access token. */
export interface OrgToken extends HubToken {
  description: string;
  resources: readonly OrgResource[];
  /** The name of a user. */
  readonly createdBy: string;
}

/** What may be given of any new token; what is left out is as in a token that was made just now. */
interface NewHubToken {
  readonly label: string;
  readonly active?: boolean;
  readonly expiry?: number | null;
  readonly id?: string;
  readonly created?: number;
  readonly lastUsed?: number | null;
  readonly secret?: string;
}

/** What a new personal token is made of. */
export interface NewPersonalToken extends NewHubToken {
  readonly scopes?: readonly string[];
  /** `manual`, if left out; null for a token that doesn't tell. */
  readonly generatedBy?: string | null;
  readonly creatorUa?: string;
}

/** What a new token of an organization is made of. */
export interface NewOrgToken extends NewHubToken {
  readonly description?: string;
  readonly resources: readonly OrgResource[];
}

/** Somebody who has an account. */
export interface HubUser {
  readonly name: string;
  readonly password: string;
  /** The code that a login needs on top of the password. */
  readonly totp: string | null;
  /** Whether a password is not accepted, as the organization wants it. */
  readonly sso: boolean;
  readonly shelf: TokenCollection<PersonalToken>;
}

/** An organization. */
export interface Organization {
  readonly name: string;
  /** The names of the users that may manage its tokens. */
  readonly owners: readonly string[];
  /** How many tokens it may have; those that are inactive or expired count. */
  readonly limit: number;
  /** The repositories there are, as `acme/app`; null where any will do. */
  readonly repositories: readonly string[] | null;
  readonly shelf: TokenCollection<OrgToken>;
}

/** All that Docker Hub holds, by name. */
export interface HubState {
  readonly users: ReadonlyMap<string, HubUser>;
  readonly organizations: ReadonlyMap<string, Organization>;
}

/** A personal token made now. */
export function newPersonalToken(properties: NewPersonalToken, now: number): PersonalToken {
  const { scopes, generatedBy = 'manual', creatorUa = '' } = properties;
  return {
    ...newHubToken(properties, 'dckr_pat_', now),
    ...(scopes !== undefined && { scopes }),
    ...(generatedBy !== null && { generatedBy }),
    creatorUa,
  };
}

/** An organization's token made now by `createdBy`. */
export function newOrgToken(properties: NewOrgToken, createdBy: string, now: number): OrgToken {
  const { description = '', resources } = properties;
  return { ...newHubToken(properties, 'dckr_oat_', now), description, resources, createdBy };
}

/** Whether a token has expired. It stays until it is deleted. */
export function isExpired({ expiry }: HubToken, now: number): boolean {
  return expiry !== null && expiry <= now;
}

/** Whether one may log in with a token. */
export function isUsable(token: HubToken, now: number): boolean {
  return token.active && !isExpired(token, now);
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
