import { createHash } from 'node:crypto';
import type { Observed, Scope } from '../core/model/token.ts';
import { isObject, type Json } from '../core/util/json.ts';
import type { Client } from '../providers/provider.ts';

/** Alias for the account of a hidden user name: stable between runs, and not reversible. */
export type AliasOf = (name: string) => string | undefined;

/**
 * Creates aliases for hidden user names, compared without regard to case.
 *
 * @param endpoint the API's address: the same name gets another alias at another service
 */
export function aliasesFor(hidden: readonly string[], endpoint: string): AliasOf {
  const secrets = new Set(hidden.map((text) => text.toLowerCase()));
  return (name) => {
    const lower = name.toLowerCase();
    if (name === '' || !secrets.has(lower)) return undefined;
    const hash = createHash('sha256')
      .update(JSON.stringify([endpoint, lower]))
      .digest('hex');
    return `account ${hash.slice(0, 12)}`;
  };
}

/** Wraps a client so that aliases replace hidden names: in scopes, in creators of tokens, and in API objects. */
export function withAliases(client: Client, aliasOf: AliasOf): Client {
  const scope = (found: Scope): Scope => {
    const alias = aliasOf(found.name) ?? aliasOf(found.id);
    return alias === undefined ? found : { ...found, alias };
  };
  const token = (found: Observed): Observed => aliased(found, aliasOf);
  return {
    ...client,
    resolve: async (ref, signal) => scope(await client.resolve(ref, signal)),
    scopes: async (signal) => (await client.scopes(signal))?.map(scope),
    async list(within, signal) {
      const listing = await client.list(within, signal);
      return { ...listing, tokens: listing.tokens.map(token) };
    },
    async read(within, id, signal) {
      const found = await client.read(within, id, signal);
      return found && token(found);
    },
    async create(...given) {
      const created = await client.create(...given);
      return { ...created, token: token(created.token) };
    },
    patch: async (...given) => token(await client.patch(...given)),
  };
}

/** Returns the same token with aliased names. Lazy decoding stays lazy, and remains with the token itself. */
function aliased(token: Observed, aliasOf: AliasOf): Observed {
  const shown: PropertyDescriptorMap = {
    fields: { enumerable: true, get: () => token.fields },
    ...('assumed' in token && { assumed: { enumerable: true, get: () => token.assumed } }),
    origin: {
      enumerable: true,
      get: () => {
        const { createdBy } = token.origin;
        const alias = createdBy === null ? undefined : aliasOf(createdBy);
        return alias === undefined ? token.origin : { ...token.origin, createdBy: alias };
      },
    },
    object: { enumerable: true, get: () => withoutNames(token.object, aliasOf) },
  };
  return Object.create(Object.getPrototypeOf(token), {
    ...Object.getOwnPropertyDescriptors(token),
    ...shown,
  });
}

function withoutNames(value: Json, aliasOf: AliasOf): Json {
  if (typeof value === 'string') return aliasOf(value) ?? value;
  if (Array.isArray(value)) return value.map((item) => withoutNames(item, aliasOf));
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => [key, withoutNames(member, aliasOf)]),
  );
}
