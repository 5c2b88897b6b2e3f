import { familyNameOf } from './generation-name.ts';
import { folded, isGrantedText } from './granted-values.ts';
import { foldedName } from './near-name.ts';
import type { Observed } from './token.ts';

/** The live tokens of a scope, found by ID or name without scanning the list. */
export interface TokenIndex {
  /** Returns the tokens that have exactly this name. */
  byName(name: string): readonly Observed[];
  /** Returns the tokens that have this ID or name. */
  byNameOrId(ref: string): readonly Observed[];
  byId(id: string): Observed | undefined;
  /** Returns a token whose name differs from this one only in case, white space or Unicode form. */
  nearly(name: string): Observed | undefined;
  /** Returns the tokens that have this name, or a form of it that a service may have changed. */
  alike(name: string): readonly Observed[];
  /** Returns all generations of a rotating token: those with its name, and those with its name and a timestamp. */
  generationsOf(base: string): readonly Observed[];
  readonly all: readonly Observed[];
}

/** Creates an index of a listing. IDs match in either case, names exactly. */
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
  let byNear: Map<string, Observed[]> | undefined;
  let byFolded: Map<string, Observed[]> | undefined;
  return {
    byName: named,
    byId: withId,
    all: tokens,
    nearly(name) {
      byNear ??= groupedBy(tokens, (token) => foldedName(token.name));
      return byNear.get(foldedName(name))?.find((token) => token.name !== name);
    },
    alike(name) {
      byFolded ??= groupedBy(tokens, (token) => folded(token.name));
      const others: Observed[] = [];
      let cut = '';
      for (const character of folded(name)) {
        cut += character;
        // Folding trims the names of tokens, so none ends in a space.
        if (character !== ' ') others.push(...(byFolded.get(cut) ?? []));
      }
      return [...new Set([...named(name), ...others.filter((token) => isGrantedText(name, token.name))])];
    },
    generationsOf(name) {
      marked ??= groupedBy(tokens, (token) => familyNameOf(token.name));
      return [...named(name), ...(marked.get(name) ?? [])];
    },
    byNameOrId(ref) {
      const token = withId(ref);
      const others = named(ref).filter((other) => other !== token);
      return token ? [token, ...others] : others;
    },
  };
}

/** Groups tokens by a key. */
function groupedBy(
  tokens: readonly Observed[],
  keyOf: (token: Observed) => string | undefined,
): Map<string, Observed[]> {
  const groups = new Map<string, Observed[]>();
  for (const token of tokens) {
    const key = keyOf(token);
    if (key === undefined) continue;
    const group = groups.get(key);
    if (group) group.push(token);
    else groups.set(key, [token]);
  }
  return groups;
}

/**
 * Returns an index with some tokens replaced, by their IDs in lower case. The replaced tokens are found under their new
 * names, and the others as before.
 */
export function withReplaced(index: TokenIndex, replaced: ReadonlyMap<string, Observed>): TokenIndex {
  if (replaced.size === 0) return index;
  const replacement = (token: Observed): Observed => replaced.get(token.id.toLowerCase()) ?? token;
  const own = [...replaced.values()].filter(({ id }) => index.byId(id));
  const isKept = ({ id }: Observed): boolean => !replaced.has(id.toLowerCase());
  const withId = (id: string): Observed | undefined => {
    const found = index.byId(id);
    return found && replacement(found);
  };
  const named = (name: string): readonly Observed[] => [
    ...index.byName(name).filter(isKept),
    ...own.filter((token) => token.name === name),
  ];
  return {
    byName: named,
    byId: withId,
    alike: (name) => [...new Set([...named(name), ...index.alike(name).map(replacement)])],
    nearly: (name) => {
      const found = index.nearly(name);
      return found && replacement(found);
    },
    get all() {
      return index.all.map(replacement);
    },
    generationsOf: (base) => [
      ...index.generationsOf(base).filter(isKept),
      ...own.filter((token) => token.name === base || familyNameOf(token.name) === base),
    ],
    byNameOrId(ref) {
      const token = withId(ref);
      const others = named(ref).filter((other) => other !== token);
      return token ? [token, ...others] : others;
    },
  };
}
