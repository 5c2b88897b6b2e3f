import type { Lags } from './timing.ts';

/** A line of a list of tokens, which may lag behind the tokens. */
export interface ListLine<Token> {
  readonly token: Token;
  /** The time from which it is listed. */
  readonly from: number;
  /** The time until which it is listed. */
  readonly until: number;
}

/** Tokens with one list, by ID. */
export interface TokenCollection<Token> {
  /** The existing tokens. */
  readonly tokens: Map<string, Token>;
  /** The list of them. */
  readonly list: Map<string, ListLine<Token>>;
}

/** The tokens as reads show them, which may lag behind writes. */
export interface ReadLag<Token> {
  /** Records that a token was created, or replaced under its ID. */
  added(collection: TokenCollection<Token>, token: Token): void;
  /** Records that a token was changed; `was` is its state before. */
  changed(token: Token, was: Token): void;
  deleted(collection: TokenCollection<Token>, token: Token): void;
  /** Returns the tokens that a list shows, as it shows them. */
  listed(collection: TokenCollection<Token>): readonly Token[];
  /** Tells whether a token can be read by its ID yet. */
  readable(token: Token): boolean;
  /** Returns a token as reads show it. */
  shown(token: Token): Token;
}

/** Creates a collection of tokens that have existed for long: none of them lags. */
export function createCollection<Token extends { readonly id: string }>(
  tokens: readonly Token[],
): TokenCollection<Token> {
  const always = { from: Number.NEGATIVE_INFINITY, until: Number.POSITIVE_INFINITY };
  return {
    tokens: new Map(tokens.map((token) => [token.id, token])),
    list: new Map(tokens.map((token) => [token.id, { token, ...always }])),
  };
}

/** The state of a token before a change, and the time until which reads still show it. */
interface Outdated<Token> {
  readonly was: Token;
  readonly until: number;
}

/**
 * Creates a view that tracks the lags of reads, and forgets those that are over. A token that `isGone` leaves the
 * list at once, as no lag of that is known.
 */
export function createReadLag<Token extends { readonly id: string }>(
  { listLag, readLag, statusLag }: Lags,
  now: () => number,
  isGone: (token: Token) => boolean,
): ReadLag<Token> {
  // Keyed by the token itself, so that entries are dropped along with it.
  const unreadable = new WeakMap<Token, number>();
  const outdated = new WeakMap<Token, readonly Outdated<Token>[]>();

  const current = (token: Token): readonly Outdated<Token>[] =>
    (outdated.get(token) ?? []).filter(({ until }) => now() < until);

  const shown = (token: Token): Token => current(token)[0]?.was ?? token;

  const forget = ({ list }: TokenCollection<Token>): void => {
    const time = now();
    for (const [id, { token, until }] of list) {
      if (until <= time || isGone(token)) list.delete(id);
    }
  };

  return {
    added: (collection, token) => {
      forget(collection);
      // If the list already shows the ID, it shows the new token under it at once.
      const known = collection.list.get(token.id);
      collection.list.set(token.id, {
        token,
        from: known?.from ?? now() + listLag,
        until: Number.POSITIVE_INFINITY,
      });
      if (!known) unreadable.set(token, now() + readLag);
    },
    changed: (token, was) => {
      outdated.set(token, [...current(token), { was, until: now() + statusLag }]);
    },
    deleted: (collection, token) => {
      const line = collection.list.get(token.id);
      // Keeps the place in the list.
      if (line) collection.list.set(token.id, { ...line, until: now() + listLag });
      forget(collection);
    },
    listed: (collection) => {
      forget(collection);
      return [...collection.list.values()]
        .filter(({ from }) => from <= now())
        .map(({ token }) => shown(token));
    },
    readable: (token) => (unreadable.get(token) ?? 0) <= now(),
    shown,
  };
}
