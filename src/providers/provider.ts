import type { Inability } from '../core/model/inability.ts';
import type { Secret } from '../core/model/secret.ts';
import type { Fields, Listing, Observed, Scope } from '../core/model/token.ts';
import { type JsonObject, toSnakeCase } from '../core/util/json.ts';
import type { Authorization } from '../http/authorization.ts';
import type { HttpClient } from '../http/client.ts';

/** The means of a client: HTTP with its credentials, the API's address and the signed-in user. */
export interface Connection {
  readonly http: HttpClient;
  /** The API's address. */
  readonly endpoint: string;
  /** The name and version of the program, as marks begin: `reconcile/VERSION`. */
  readonly program: string;
  /** Returns the owner of the credentials; empty if unknown. May log in first. */
  readonly user: (signal: AbortSignal) => Promise<string>;
  /** Returns milliseconds since 1970. */
  readonly now: () => number;
}

/** Credentials in the clear: a token, or a user name and password. Never print them. */
export type Login = (
  | { readonly token: string /** The user name, if known. */; readonly username?: string }
  | { readonly username: string; readonly password: string }
) & {
  /** The source of the secret as messages name it: a variable, or a field of the manifest. */
  readonly where: string;
};

/** The context for signing in, besides the credentials. */
export interface SignInContext {
  /** The code of the second factor, if given. */
  readonly code: string | undefined;
  /** Asks a person for that code; `undefined` if no one can be asked. */
  readonly askCode: ((question: string) => Promise<string>) | undefined;
  /** The client for requests without credentials. */
  readonly http: HttpClient;
  /** Returns milliseconds since 1970. */
  readonly now: () => number;
  /** Called with each token of the session, so that it can be masked. */
  readonly announce: (token: string) => void;
  /** Masks credentials in responses. */
  readonly mask: (text: string) => string;
}

/** A session at a service: the authorization of requests, and the user that it belongs to. */
export interface ServiceSession extends Authorization {
  /** Returns the user's name; empty if unknown. */
  user(signal: AbortSignal): Promise<string>;
}

/** A token that was just created. */
export interface Created {
  readonly token: Observed;
  /** The secret, which the service shows only once. */
  readonly secret: Secret;
  /** The user name for logins with the secret. */
  readonly username: string;
}

/** The details of a scope that need a request of their own. */
export interface ScopeDetails {
  /** The host name for logins with the token; empty while the scope is being set up. */
  readonly host: string;
}

/** The marks of a create, by which its token can be recognised. */
export interface CreateMarker {
  /** Sent in the `User-Agent`, which some services show with the token. */
  readonly nonce: string;
  /** A UUID that we choose for the token, if the service accepts one. */
  readonly id: string | null;
  /** Called just before each try. There is a second one only if the first certainly had no effect. */
  readonly beforeTry: (tries: number) => Promise<void>;
}

/** A client of one service with one set of credentials. Each method may throw a `ReconcileError`. */
export interface Client {
  /** The API's address. Together with a scope's ID it locates a token. */
  readonly account: string;
  /** Maximum duration of one request, in seconds. */
  readonly timeoutSeconds: number;
  /** Returns the scope with this ID or name. Throws `NOT_FOUND` or `AMBIGUOUS` if there is none, or more than one. */
  resolve(ref: string, signal: AbortSignal): Promise<Scope>;
  /** Returns all scopes of the account; `undefined` if the service can't list them. */
  scopes(signal: AbortSignal): Promise<readonly Scope[] | undefined>;
  /**
   * Reads a scope that is not listed otherwise, as an ID can be resolved without a request. Throws `NOT_FOUND` if there is
   * none.
   */
  verify(scope: Scope, signal: AbortSignal): Promise<void>;
  details(scope: Scope, signal: AbortSignal): Promise<ScopeDetails>;
  /** Returns all tokens of the scope. Throws if the list is incomplete. */
  list(scope: Scope, signal: AbortSignal): Promise<Listing>;
  /** Returns the token; `undefined` if it is gone. */
  read(scope: Scope, id: string, signal: AbortSignal): Promise<Observed | undefined>;
  /**
   * Returns the creator of tokens that this client creates, as the service will show it; `undefined` if that can't be told.
   * Absent if the service has no such name.
   */
  creator?(scope: Scope): Promise<string | undefined>;
  /** Creates a token. Sent once: throws `OUTCOME_UNKNOWN` after a lost response, and doesn't send the request again. */
  create(scope: Scope, fields: Fields, mark: CreateMarker, signal: AbortSignal): Promise<Created>;
  /**
   * Changes these fields and no others. A service that only replaces whole tokens is read just before. Throws `NOT_FOUND` if
   * the token is gone.
   */
  patch(scope: Scope, id: string, fields: Fields, signal: AbortSignal): Promise<Observed>;
  /** Deletes the token. A token that is already gone counts as deleted. */
  delete(scope: Scope, id: string, signal: AbortSignal): Promise<void>;
  /**
   * Renews a token's secret in place, as `TokenKind.renewal` describes.
   *
   * @param secret the new secret if we choose it
   */
  renew?(scope: Scope, id: string, secret: string | undefined, signal: AbortSignal): Promise<Created>;
  /**
   * Gives a token of a `repairable` kind this secret, in the clear. Repeating it is harmless. Throws a `SecretRejectedError`
   * only if the token certainly doesn't have it.
   */
  setSecret?(scope: Scope, id: string, secret: string, signal: AbortSignal): Promise<Created>;
  /**
   * Returns why the service would reject these fields, as far as it tells which values it knows; `undefined` if it would not.
   * Absent if the service tells nothing.
   */
  rejects?(scope: Scope, fields: Fields, signal: AbortSignal): Promise<string | undefined>;
  /** Returns the ID of the token that the run is signed in with, if it is a token of this kind in this scope. */
  ownToken?(scope: Scope, signal: AbortSignal): Promise<string | undefined>;
  /**
   * Returns warnings about the fields that a change sends, and about those of the live token. Absent if there are none.
   *
   * @param sent empty if nothing is sent
   */
  warnings?(sent: Fields, live: Fields | undefined, signal: AbortSignal): Promise<readonly string[]>;
  /** Returns warnings about the signed-in credential, for example that it soon ends. Called once in a run. */
  credentialWarnings?(signal: AbortSignal): Promise<readonly string[]>;
  /** Returns what the signed-in credential can't do here. Absent if every credential can do everything. */
  inabilities?(signal: AbortSignal): Promise<readonly Inability[]>;
}

/** Returns the API's object with keys in snake_case, as in the Ansible modules. */
export function snakeCase(object: JsonObject): JsonObject {
  const convert = (value: JsonObject[string]): JsonObject[string] => {
    if (Array.isArray(value)) return value.map(convert);
    if (typeof value === 'object' && value !== null) return snakeCase(value as JsonObject);
    return value;
  };
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [toSnakeCase(key), convert(value)]));
}
