import { randomBytes, randomUUID } from 'node:crypto';
import type { TokenCollection } from '../read-lag.ts';

/** What a token may do. */
export interface ScopeState {
  readonly type: string;
  readonly name: string;
  readonly actions: readonly string[];
}

/** A token as the emulator keeps it; dates in milliseconds since 1970. */
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

/** A registry as the emulator keeps it. */
export interface RegistryState extends TokenCollection<TokenState> {
  readonly id: string;
  readonly name: string;
  readonly location: string;
  readonly hostname: string;
  readonly state: string;
  readonly created: number;
  settings: Record<string, unknown>;
}

/** All that this service holds, by registry ID. */
export type EmulatorState = Map<string, RegistryState>;

/** A token made now by `createdBy`, with a password of its own. */
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
