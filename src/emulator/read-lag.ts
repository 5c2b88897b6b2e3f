import type { Lags } from './timing.ts';

/** A line of a list of tokens, which may lag behind the tokens. */
export interface ListedToken<Token> {
  readonly token: Token;
  /** Since when it shows. */
  readonly from: number;
  /** Until when it shows. */
  readonly until: number;
}

/** Tokens that belong together, by ID. */
export interface TokenCollection<Token> {
  /** The tokens that there are. */
  readonly tokens: Map<string, Token>;
  /** The list of them. */
  readonly list: Map<string, ListedToken<Token>>;
}

/** What reads show of the tokens: behind the truth where the lags say so. */
export interface Lag<Token> {
  /** A token was made, or made anew under an ID that was there. */
  added(shelf: TokenCollection<Token>, token: Token): void;
  /** A token was changed; `was` is how it read before. */
  changed(token: Token, was: Token): void;
  deleted(shelf: TokenCollection<Token>, token: Token): void;
  /** The tokens that a listing shows, as it shows them. */
  listed(shelf: TokenCollection<Token>): readonly Token[];
  /** Whether a token is found by its ID yet. */
  readable(token: Token): boolean;
  /** A token as reads show it. */
  shown(token: Token): Token;
}

/** A shelf that has held these tokens for ever: nothing of them lags. */
export function shelfOf<Token extends { readonly id: string }>(
  tokens: readonly Token[],
): TokenCollection<Token> {
  const always = { from: Number.NEGATIVE_INFINITY, until: Number.POSITIVE_INFINITY };
  return {
    tokens: new Map(tokens.map((token) => [token.id, token])),
    list: new Map(tokens.map((token) => [token.id, { token, ...always }])),
  };
}

/** How a token read before a change, and until when it still does. */
interface Outdated<Token> {
  readonly was: Token;
  readonly until: number;
}

/**
 * Keeps account of what reads don't show yet, or still do; what is over is forgotten. A token that `isGone`
 * leaves the list at once: no lag is known of that.
 */
export function createLag<Token extends { readonly id: string }>(
  { listLag, readLag, statusLag }: Lags,
  now: () => number,
  isGone: (token: Token) => boolean,
): Lag<Token> {
  // Keyed by the token itself: what is known of it goes when it goes.
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
    added: (shelf, token) => {
      forget(shelf);
      // A list that shows the ID already, shows the new one under it.
      const known = shelf.list.get(token.id);
      shelf.list.set(token.id, {
        token,
        from: known?.from ?? now() + listLag,
        until: Number.POSITIVE_INFINITY,
      });
      if (!known) unreadable.set(token, now() + readLag);
    },
    changed: (token, was) => {
      outdated.set(token, [...current(token), { was, until: now() + statusLag }]);
    },
    deleted: (shelf, token) => {
      const line = shelf.list.get(token.id);
      // Keeps the place in the list.
      if (line) shelf.list.set(token.id, { ...line, until: now() + listLag });
      forget(shelf);
    },
    listed: (shelf) => {
      forget(shelf);
      return [...shelf.list.values()].filter(({ from }) => from <= now()).map(({ token }) => shown(token));
    },
    readable: (token) => (unreadable.get(token) ?? 0) <= now(),
    shown,
  };
}
