import type { Quirks } from './quirks.ts';
import type { RegistryState, TokenState } from './state.ts';

/** What reads show of the tokens: behind the truth where the quirks say so. */
export interface Lag {
  /** A token was made, or made anew under an ID that was there. */
  added(registry: RegistryState, token: TokenState): void;
  /** A token was changed; `was` is how it read before. */
  changed(token: TokenState, was: TokenState): void;
  deleted(registry: RegistryState, token: TokenState): void;
  /** The tokens that a listing shows, as it shows them. */
  listed(registry: RegistryState): readonly TokenState[];
  /** Whether a token is found by its ID yet. */
  readable(token: TokenState): boolean;
  /** A token as reads show it. */
  shown(token: TokenState): TokenState;
}

/** How a token read before a change, and until when it still does. */
interface Outdated {
  readonly was: TokenState;
  readonly until: number;
}

/** Keeps account of what reads don't show yet, or still do; what is over is forgotten. */
export function createLag({ listLag, readLag, statusLag }: Quirks, now: () => number): Lag {
  // Keyed by the token itself: what is known of it goes when it goes.
  const unreadable = new WeakMap<TokenState, number>();
  const outdated = new WeakMap<TokenState, readonly Outdated[]>();

  const current = (token: TokenState): readonly Outdated[] =>
    (outdated.get(token) ?? []).filter(({ until }) => now() < until);

  const shown = (token: TokenState): TokenState => current(token)[0]?.was ?? token;

  /** An expired token leaves the list at once: no lag is known of that. */
  const forget = ({ list }: RegistryState): void => {
    const time = now();
    for (const [id, { token, until }] of list) {
      if (until <= time || (token.expiry !== null && token.expiry <= time)) list.delete(id);
    }
  };

  return {
    added: (registry, token) => {
      forget(registry);
      // A list that shows the ID already, shows the new one under it.
      const known = registry.list.get(token.id);
      registry.list.set(token.id, {
        token,
        from: known?.from ?? now() + listLag,
        until: Number.POSITIVE_INFINITY,
      });
      if (!known) unreadable.set(token, now() + readLag);
    },
    changed: (token, was) => {
      outdated.set(token, [...current(token), { was, until: now() + statusLag }]);
    },
    deleted: (registry, token) => {
      const line = registry.list.get(token.id);
      // Keeps the place in the list.
      if (line) registry.list.set(token.id, { ...line, until: now() + listLag });
      forget(registry);
    },
    listed: (registry) => {
      forget(registry);
      return [...registry.list.values()].filter(({ from }) => from <= now()).map(({ token }) => shown(token));
    },
    readable: (token) => (unreadable.get(token) ?? 0) <= now(),
    shown,
  };
}
