import { randomBytes, randomUUID } from 'node:crypto';
import type { TokenCollection } from '../read-lag.ts';

/** The rights of a token. */
export interface ScopeState {
  readonly type: string;
  readonly name: string;
  readonly actions: readonly string[];
}

/** A token in the emulator's state; dates in milliseconds since 1970. */
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

/** A registry in the emulator's state. */
export interface RegistryState extends TokenCollection<TokenState> {
  readonly id: string;
  readonly name: string;
  readonly location: string;
  readonly hostname: string;
  readonly state: string;
  readonly created: number;
  settings: Record<string, unknown>;
}

/** The whole state of this service, by registry ID. */
export type EmulatorState = Map<string, RegistryState>;

/** Creates a token now, by `createdBy`, with a new password. */
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
