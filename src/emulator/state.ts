import { createHash, randomBytes, randomUUID } from 'node:crypto';

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

/** A line of a registry's list of tokens, which may lag behind the tokens. */
export interface ListLine {
  readonly token: TokenState;
  /** Since when it shows. */
  readonly from: number;
  /** Until when it shows. */
  readonly until: number;
}

/** A registry as the emulator keeps it. */
export interface RegistryState {
  readonly id: string;
  readonly name: string;
  readonly location: string;
  readonly hostname: string;
  readonly state: string;
  readonly created: number;
  settings: Record<string, unknown>;
  /** The tokens that there are, by ID. */
  readonly tokens: Map<string, TokenState>;
  /** The list of them, by ID. */
  readonly list: Map<string, ListLine>;
}

/** All that an emulator holds, by registry ID. */
export type EmulatorState = Map<string, RegistryState>;

/** A UUID that depends on a text alone, so that a seed looks the same each time. */
export function stableUuid(text: string): string {
  const hex = createHash('sha256').update(text).digest('hex');
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `4${hex.slice(13, 16)}`,
    `8${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ].join('-');
}

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

/** Drops the tokens that have expired: the service deletes them (web console documentation). */
export function dropExpired(registry: RegistryState, now: number): void {
  for (const token of registry.tokens.values()) {
    if (token.expiry !== null && token.expiry <= now) registry.tokens.delete(token.id);
  }
}
