import { BadRequest, type TokenProperties } from './check.ts';
import { createLag } from './lag.ts';
import type { Quirks } from './quirks.ts';
import { Refusal } from './refusal.ts';
import { dropExpired, newToken, type RegistryState, type TokenState } from './state.ts';

/** What a new token is made of. */
export type NewToken = TokenProperties & { readonly name: string };

/** What can be done with the tokens of a registry, whoever does it. Refuses with a Refusal or BadRequest. */
export interface TokenStore {
  /** With an ID that is there already, the token under it is made anew, with another password. */
  create(registry: RegistryState, properties: NewToken, user: string, id?: string): TokenState;
  patch(registry: RegistryState, id: string, patch: TokenProperties, user: string): TokenState;
  delete(registry: RegistryState, id: string): void;
  /** The tokens that there are. */
  live(registry: RegistryState): readonly TokenState[];
  /** The tokens that the list shows, as it shows them. */
  list(registry: RegistryState): readonly TokenState[];
  /** One token as a GET shows it. */
  read(registry: RegistryState, id: string): TokenState;
  /** A token as reads show it. */
  shown(token: TokenState): TokenState;
}

/** The tokens, with the rules of the service and the lags of the quirks. */
export function createStore(quirks: Quirks, now: () => number): TokenStore {
  const lag = createLag(quirks, now);

  const live = (registry: RegistryState): readonly TokenState[] => {
    dropExpired(registry, now());
    return [...registry.tokens.values()];
  };
  const find = (registry: RegistryState, id: string): TokenState => {
    dropExpired(registry, now());
    const token = registry.tokens.get(id.toLowerCase());
    if (!token) throw notFound();
    return token;
  };

  return {
    create: (registry, { name, status = 'enabled', expiry = null, scopes = [] }, user, id) => {
      const others = live(registry).filter((token) => token.id !== id);
      const known = id === undefined ? undefined : registry.tokens.get(id);
      if (known && known.name !== name) throw new BadRequest('immutable', 'name cannot be changed');
      if (!quirks.duplicateNames && others.some((token) => token.name === name)) {
        throw new Refusal(409, 'name-taken', `a token ${name} exists in this registry`);
      }
      const token = newToken({ name, status, expiry, scopes, createdBy: user }, now(), id);
      registry.tokens.set(token.id, token);
      lag.added(registry, token);
      if (status !== 'enabled') lag.changed(token, { ...token, status: 'enabled' });
      return token;
    },
    patch: (registry, id, patch, user) => {
      const token = find(registry, id);
      const was = { ...token };
      const heeded = (field: string): boolean => !quirks.ignorePatch.includes(field);
      if (patch.status !== undefined && heeded('status')) token.status = patch.status;
      if (patch.expiry !== undefined && heeded('expiryDate')) token.expiry = patch.expiry;
      if (patch.scopes !== undefined && heeded('scopes')) token.scopes = patch.scopes;
      token.modified = now();
      token.modifiedBy = user;
      lag.changed(token, was);
      return token;
    },
    delete: (registry, id) => {
      const token = find(registry, id);
      registry.tokens.delete(token.id);
      lag.deleted(registry, token);
    },
    live,
    list: (registry) => lag.listed(registry),
    read: (registry, id) => {
      const token = find(registry, id);
      if (!lag.readable(token)) throw notFound();
      return lag.shown(token);
    },
    shown: lag.shown,
  };
}

function notFound(): Refusal {
  return new Refusal(404, 'token-not-found', 'there is no such token');
}
