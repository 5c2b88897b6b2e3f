import { Refusal } from './api-error.ts';
import { createLag, type TokenCollection } from './read-lag.ts';
import type { Lags } from './timing.ts';

/** The common operations on the tokens of all services, for any caller. Refuses an unknown ID with 404. */
export interface TokenStore<Token> {
  /** Adds a token, or replaces the one with its ID. `readsAs`: the token as read while its status lags. */
  add(shelf: TokenCollection<Token>, token: Token, readsAs?: Token): void;
  change(shelf: TokenCollection<Token>, id: string, change: (token: Token) => void): Token;
  delete(shelf: TokenCollection<Token>, id: string): void;
  /** Returns the existing tokens. */
  live(shelf: TokenCollection<Token>): readonly Token[];
  /** Returns the tokens that the list shows, as it shows them. */
  list(shelf: TokenCollection<Token>): readonly Token[];
  /** Returns one token as a GET shows it. */
  read(shelf: TokenCollection<Token>, id: string): Token;
  /** Returns a token as reads show it. */
  shown(token: Token): Token;
}

/** Creates a token store that drops tokens which have expired by themselves. */
export function createKeeper<Token extends { readonly id: string }>(
  lags: Lags,
  now: () => number,
  isGone: (token: Token) => boolean = () => false,
): TokenStore<Token> {
  const lag = createLag(lags, now, isGone);

  const live = ({ tokens }: TokenCollection<Token>): readonly Token[] => {
    for (const token of tokens.values()) if (isGone(token)) tokens.delete(token.id);
    return [...tokens.values()];
  };
  const find = (shelf: TokenCollection<Token>, id: string): Token => {
    live(shelf);
    const token = shelf.tokens.get(id.toLowerCase());
    if (!token) throw notFound();
    return token;
  };

  return {
    add: (shelf, token, readsAs) => {
      shelf.tokens.set(token.id, token);
      lag.added(shelf, token);
      if (readsAs) lag.changed(token, readsAs);
    },
    change: (shelf, id, change) => {
      const token = find(shelf, id);
      const was = { ...token };
      change(token);
      lag.changed(token, was);
      return token;
    },
    delete: (shelf, id) => {
      const token = find(shelf, id);
      shelf.tokens.delete(token.id);
      lag.deleted(shelf, token);
    },
    live,
    list: lag.listed,
    read: (shelf, id) => {
      const token = find(shelf, id);
      if (!lag.readable(token)) throw notFound();
      return lag.shown(token);
    },
    shown: lag.shown,
  };
}

function notFound(): Refusal {
  return new Refusal(404, 'token-not-found', 'no such token');
}
