import { ApiError } from './api-error.ts';
import { createReadLag, type TokenCollection } from './read-lag.ts';
import type { Lags } from './timing.ts';

/** The operations on tokens that all services share, for any caller. An unknown ID is a 404. */
export interface TokenStore<Token> {
  /** Adds a token, or replaces the one with its ID. `readsAs`: the token as read while its status lags. */
  add(collection: TokenCollection<Token>, token: Token, readsAs?: Token): void;
  change(collection: TokenCollection<Token>, id: string, change: (token: Token) => void): Token;
  delete(collection: TokenCollection<Token>, id: string): void;
  /** Returns one token as writes find it, even if reads don't show it yet. */
  find(collection: TokenCollection<Token>, id: string): Token;
  /** Returns the existing tokens. */
  live(collection: TokenCollection<Token>): readonly Token[];
  /** Returns the tokens that the list shows, as it shows them. */
  list(collection: TokenCollection<Token>): readonly Token[];
  /** Returns one token as a GET shows it. */
  read(collection: TokenCollection<Token>, id: string): Token;
  /** Returns a token as reads show it. */
  shown(token: Token): Token;
}

/**
 * Creates a token store.
 *
 * @param isGone tells whether a token has vanished by itself, for example by its expiry. Such tokens are removed when
 *   tokens are looked up.
 */
export function createTokenStore<Token extends { readonly id: string }>(
  lags: Lags,
  now: () => number,
  isGone: (token: Token) => boolean = () => false,
): TokenStore<Token> {
  const lag = createReadLag(lags, now, isGone);

  const live = ({ tokens }: TokenCollection<Token>): readonly Token[] => {
    for (const token of tokens.values()) if (isGone(token)) tokens.delete(token.id);
    return [...tokens.values()];
  };
  const find = (collection: TokenCollection<Token>, id: string): Token => {
    live(collection);
    const token = collection.tokens.get(id.toLowerCase());
    if (!token) throw notFound();
    return token;
  };

  return {
    add: (collection, token, readsAs) => {
      collection.tokens.set(token.id, token);
      lag.added(collection, token);
      if (readsAs) lag.changed(token, readsAs);
    },
    change: (collection, id, change) => {
      const token = find(collection, id);
      const was = { ...token };
      change(token);
      lag.changed(token, was);
      return token;
    },
    delete: (collection, id) => {
      const token = find(collection, id);
      collection.tokens.delete(token.id);
      lag.deleted(collection, token);
    },
    find,
    live,
    list: lag.listed,
    read: (collection, id) => {
      const token = find(collection, id);
      if (!lag.readable(token)) throw notFound();
      return lag.shown(token);
    },
    shown: lag.shown,
  };
}

function notFound(): ApiError {
  return new ApiError(404, 'token-not-found', 'no such token');
}
