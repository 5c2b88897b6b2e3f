import { type Problem, problemOf, ReconcileError } from '../core/errors.ts';
import { indexTokens, type TokenIndex } from '../core/match.ts';
import type { Desired, Scope } from '../core/model.ts';
import type { Client } from '../providers/provider.ts';
import type { Target } from './target.ts';

/** A desired token and the client of its connection. */
export interface Wanted {
  readonly desired: Desired;
  readonly client: Client;
}

/** What was seen for a desired token, or why nothing could be. */
export type Observation =
  | (Target & { readonly scopeKey: string })
  | { readonly desired: Desired; readonly problem: Problem };

/**
 * Lists each scope that the desired tokens name, once. A scope that can't be listed spoils its own tokens only;
 * credentials that are refused (401), or that may not even list the scopes, spoil everything: throws.
 */
export async function observe(
  wanted: readonly Wanted[],
  signal: AbortSignal,
): Promise<readonly Observation[]> {
  const clients = new Map<Client, number>();
  for (const { client } of wanted) if (!clients.has(client)) clients.set(client, clients.size);
  const scopes = new Map<string, Promise<Scope>>();
  const listings = new Map<string, Promise<TokenIndex>>();

  return Promise.all(
    wanted.map(async ({ desired, client }) => {
      try {
        const number = clients.get(client);
        const scope = await once(scopes, `${number} ${desired.kind} ${desired.scope}`, () =>
          client.resolve(desired.scope, signal).catch((error: unknown) => {
            throw isAuth(error) ? new Fatal(error) : error;
          }),
        );
        const scopeKey = `${number} ${desired.kind} ${scope.id}`;
        const tokens = await once(listings, scopeKey, async () =>
          indexTokens(await client.list(scope, signal)),
        );
        return { desired, client, scope, tokens, scopeKey };
      } catch (error) {
        if (error instanceof Fatal) throw error.cause;
        if (isAuth(error) && (error as ReconcileError).httpStatus === 401) throw error;
        return { desired, problem: problemOf(error) };
      }
    }),
  );
}

class Fatal extends Error {
  constructor(cause: unknown) {
    super('', { cause });
  }
}

function isAuth(error: unknown): boolean {
  return error instanceof ReconcileError && error.code === 'AUTH';
}

function once<T>(cache: Map<string, Promise<T>>, key: string, make: () => Promise<T>): Promise<T> {
  const known = cache.get(key);
  if (known) return known;
  const made = make();
  cache.set(key, made);
  return made;
}
