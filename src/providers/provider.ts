import type { Declaration } from '../core/declaration.ts';
import type { JsonObject } from '../core/json.ts';
import type { Fields, Listing, Observed, Scope } from '../core/model.ts';
import type { Secret } from '../core/secret.ts';
import type { Http } from '../http/client.ts';

/** A kind of token: how it is declared, and how the service behind it is spoken to. */
export interface Provider {
  readonly declaration: Declaration;
  /** What to do about a 401 and a 403 of this service. */
  readonly authHints: { readonly unauthorized: string; readonly forbidden: string };
  /** @param endpoint the API's address */
  connect(http: Http, endpoint: string): Client;
}

/** A token that was just made. */
export interface Created {
  readonly token: Observed;
  /** Shown by the service this once. */
  readonly secret: Secret;
  /** What to log in with beside the secret. */
  readonly username: string;
}

/** What is known of a scope only by asking for it. */
export interface ScopeDetails {
  /** The host name that the token logs in to; empty while the scope is being set up. */
  readonly host: string;
}

/** What a create is marked with, so that its token can be recognised. */
export interface CreateMark {
  /** Goes into the `User-Agent`, which some services show with the token. */
  readonly nonce: string;
  /** A UUID of our own to make the token under, where the service takes one. */
  readonly id: string | null;
  /** Is called before the request is sent again, which happens only where it certainly had no effect. */
  readonly beforeRetry: () => Promise<void>;
}

/** Speaks to one service with one set of credentials. Everything may throw a `ReconcileError`. */
export interface Client {
  /** Tells the account from all others, together with a scope's ID: the API's address, and who, where need be. */
  readonly account: string;
  /** How long one request may take, in seconds. */
  readonly timeoutSeconds: number;
  /** The scope that an ID or a name means. `NOT_FOUND`, `AMBIGUOUS` where it means none or several. */
  resolve(ref: string, signal: AbortSignal): Promise<Scope>;
  /** All scopes of the account. */
  scopes(signal: AbortSignal): Promise<readonly Scope[]>;
  details(scope: Scope, signal: AbortSignal): Promise<ScopeDetails>;
  /** All tokens of the scope: complete, or it throws. */
  list(scope: Scope, signal: AbortSignal): Promise<Listing>;
  /** The token; `undefined` where it is gone. */
  read(scope: Scope, id: string, signal: AbortSignal): Promise<Observed | undefined>;
  /** Makes a token. Sent once: a lost answer throws `OUTCOME_UNKNOWN` and is never asked for again. */
  create(scope: Scope, fields: Fields, mark: CreateMark, signal: AbortSignal): Promise<Created>;
  /** Changes these fields and no others. `NOT_FOUND` where the token is gone. */
  patch(scope: Scope, id: string, fields: Fields, signal: AbortSignal): Promise<Observed>;
  /** Deletes the token; one that is gone already counts as deleted. */
  delete(scope: Scope, id: string, signal: AbortSignal): Promise<void>;
}

/** The API's object as users know it from the Ansible modules: keys in snake_case. */
export function snakeCase(object: JsonObject): JsonObject {
  const convert = (value: JsonObject[string]): JsonObject[string] => {
    if (Array.isArray(value)) return value.map(convert);
    if (typeof value === 'object' && value !== null) return snakeCase(value as JsonObject);
    return value;
  };
  return Object.fromEntries(
    Object.entries(object).map(([key, value]) => [
      key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
      convert(value),
    ]),
  );
}
