import { ApiError, BadRequest } from '../api-error.ts';
import { grantedExpiry, grantedName } from '../granting.ts';
import { createTokenStore, type TokenStore } from '../token-store.ts';
import type { IonosQuirks } from './quirks.ts';
import { newToken, type RegistryState, type TokenState } from './state.ts';
import type { TokenProperties } from './validate.ts';

/** The properties of a new token. Only the name is required. */
export type NewToken = TokenProperties & { readonly name: string };

/** Operations on the tokens of a registry, for any caller. Throws an `ApiError` if the service rejects one. */
export interface RegistryTokenStore
  extends Pick<TokenStore<TokenState>, 'delete' | 'live' | 'list' | 'read' | 'shown'> {
  /** Creates a token. If the ID exists already, replaces that token by one with another password. */
  create(registry: RegistryState, properties: NewToken, user: string, id?: string): TokenState;
  patch(registry: RegistryState, id: string, patch: TokenProperties, user: string): TokenState;
}

/** Creates the store of all tokens. Expired tokens vanish, names are unique unless a quirk allows duplicates. */
export function createRegistryTokenStore(quirks: IonosQuirks, now: () => number): RegistryTokenStore {
  // The service deletes the tokens that have expired.
  const store = createTokenStore<TokenState>(quirks, now, ({ expiry }) => expiry !== null && expiry <= now());

  return {
    ...store,
    create: (registry, { status = 'enabled', scopes = [], ...asked }, user, id) => {
      const name = grantedName(asked.name, quirks);
      const expiry = grantedExpiry(asked.expiry ?? null, quirks, now());
      const others = store.live(registry).filter((other) => other.id !== id);
      const known = id === undefined ? undefined : registry.tokens.get(id);
      if (known && known.name !== name) throw new BadRequest('immutable', 'name cannot be changed');
      if (!quirks.duplicateNames && others.some((other) => other.name === name)) {
        throw new ApiError(409, 'name-taken', `a token ${name} exists in this registry`);
      }
      const token = newToken({ name, status, expiry, scopes, createdBy: user }, now(), id);
      store.add(registry, token, status === 'enabled' ? undefined : { ...token, status: 'enabled' });
      return token;
    },
    patch: (registry, id, patch, user) => {
      const isApplied = (field: string): boolean => !quirks.ignorePatch.includes(field);
      return store.change(registry, id, (token) => {
        if (patch.status !== undefined && isApplied('status')) token.status = patch.status;
        if (patch.expiry !== undefined && isApplied('expiryDate')) {
          token.expiry = grantedExpiry(patch.expiry, quirks, now());
        }
        if (patch.scopes !== undefined && isApplied('scopes')) token.scopes = patch.scopes;
        token.modified = now();
        token.modifiedBy = user;
      });
    },
  };
}
