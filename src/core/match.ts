import { baseOf } from './generation.ts';
import type { Observed } from './model.ts';
import { foldedName } from './near-name.ts';

/** The live tokens of a scope, found by ID or name without walking the list. */
export interface TokenIndex {
  /** The tokens that bear exactly this name. */
  named(name: string): readonly Observed[];
  /** The tokens whose ID or name this is. */
  referred(ref: string): readonly Observed[];
  withId(id: string): Observed | undefined;
  /** A token whose name differs from this one only in case, white space or Unicode form. */
  nearly(name: string): Observed | undefined;
  /** All generations of a rotating token: those that bear its name, and those that bear it with a mark. */
  family(base: string): readonly Observed[];
  readonly all: readonly Observed[];
}

/** Indexes a listing. IDs match in either case, names exactly. */
export function indexTokens(tokens: readonly Observed[]): TokenIndex {
  const byId = new Map<string, Observed>();
  const byName = new Map<string, Observed[]>();
  for (const token of tokens) {
    byId.set(token.id.toLowerCase(), token);
    const same = byName.get(token.name);
    if (same) same.push(token);
    else byName.set(token.name, [token]);
  }
  const named = (name: string): readonly Observed[] => byName.get(name) ?? [];
  const withId = (id: string): Observed | undefined => byId.get(id.toLowerCase());
  let marked: Map<string, Observed[]> | undefined;
  let folded: Map<string, Observed[]> | undefined;
  return {
    named,
    withId,
    all: tokens,
    nearly(name) {
      if (!folded) {
        folded = new Map();
        for (const token of tokens) {
          const key = foldedName(token.name);
          const same = folded.get(key);
          if (same) same.push(token);
          else folded.set(key, [token]);
        }
      }
      return folded.get(foldedName(name))?.find((token) => token.name !== name);
    },
    family(name) {
      if (!marked) {
        marked = new Map();
        for (const token of tokens) {
          const base = baseOf(token.name);
          if (base === undefined) continue;
          const kin = marked.get(base);
          if (kin) kin.push(token);
          else marked.set(base, [token]);
        }
      }
      return [...named(name), ...(marked.get(name) ?? [])];
    },
    referred(ref) {
      const token = withId(ref);
      const others = named(ref).filter((other) => other !== token);
      return token ? [token, ...others] : others;
    },
  };
}
