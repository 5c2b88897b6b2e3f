import { randomBytes, randomUUID } from 'node:crypto';
import type { TokenCollection } from '../read-lag.ts';

/** The actions on a resource that a token allows: docs/services/ionos.md, Scopes. */
export interface ScopeState {
  readonly type: string;
  readonly name: string;
  readonly actions: readonly string[];
}

/**
 * A token of a registry. It is deleted once it expires. Dates in milliseconds since 1970; an expiry of null means
 * never.
 */
export interface TokenState {
  readonly id: string;
  readonly name: string;
  status: string;
  expiry: number | null;
  scopes: readonly ScopeState[];
  password: string;
  readonly created: number;
  /** The name of a user. */
  readonly createdBy: string;
  modified: number | null;
  modifiedBy: string | null;
}

/** A registry with its tokens; `created` in milliseconds since 1970. */
export interface RegistryState extends TokenCollection<TokenState> {
  readonly id: string;
  readonly name: string;
  readonly location: string;
  readonly hostname: string;
  readonly state: string;
  readonly created: number;
  settings: Record<string, unknown>;
}

/** The registries of one IONOS API, by ID. */
export type IonosState = Map<string, RegistryState>;

/** Creates a token now, with a new password, and a new ID unless one is given. */
export function newToken(
  properties: Pick<TokenState, 'name' | 'status' | 'expiry' | 'scopes' | 'createdBy'>,
  now: number,
  id: string = randomUUID(),
): TokenState {
  return {
    ...properties,
    id,
    password: randomBytes(24).toString('base64url'),
    created: now,
    modified: null,
    modifiedBy: null,
  };
}
