import type { Fields, Listing, Observed, Scope } from '../core/model/model.ts';
import type { Secret } from '../core/model/secret.ts';
import type { TokenKind } from '../core/model/token-kind.ts';
import { type JsonObject, toSnakeCase } from '../core/util/json.ts';
import type { Authorization } from '../http/authorization.ts';
import type { HttpClient } from '../http/client.ts';
import type { AuthHints } from '../http/error-response.ts';

/** A kind of token: how it is declared, and how the service behind it is spoken to. */
export interface Provider {
  readonly declaration: TokenKind;
  /** The same for all kinds of one service. */
  readonly access: ServiceAccess;
  connect(connection: Connection): Client;
}

/** How one gets to a service. */
export interface ServiceAccess {
  /** What to do about a 401, and about a 403 by what it says. */
  readonly authHints: AuthHints;
  /** What goes with each request by the environment, besides credentials. Throws `USAGE` for what can't be sent. */
  readonly headers?: (env: Readonly<Record<string, string | undefined>>) => Readonly<Record<string, string>>;
  /**
   * Begins a session, where credentials aren't simply sent with each request. Sends nothing yet. Throws `AUTH` for
   * credentials that can't be used. Kinds of one service share their sessions.
   */
  readonly signIn?: (login: Login, means: SignInContext) => Session;
}

/** What a client speaks through. */
export interface Connection {
  readonly http: HttpClient;
  /** The API's address. */
  readonly endpoint: string;
  /** Whose credentials they are; empty where that can't be told. May log in first. */
  readonly user: (signal: AbortSignal) => Promise<string>;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** Credentials in the clear. */
export type Login = (
  | { readonly token: string /** If it is known. */; readonly username?: string }
  | { readonly username: string; readonly password: string }
) & {
  /** Where the secret comes from, as messages name it: a variable, or a field of the manifest. */
  readonly where: string;
};

/** What signing in takes besides the credentials. */
export interface SignInContext {
  /** The code of the second factor, if one is given. */
  readonly code: string | undefined;
  /** Asks a person for that code; `undefined` where nobody is there. */
  readonly askCode: ((question: string) => Promise<string>) | undefined;
  /** Sends requests without credentials. */
  readonly http: HttpClient;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Is told each token of the session, so that it can be masked. */
  readonly announce: (token: string) => void;
  /** Blanks out credentials that the service sends back. */
  readonly mask: (text: string) => string;
}

/** What requests are authorized with, and who that is. */
export interface Session extends Authorization {
  /** The user's name; empty where that can't be told. */
  user(signal: AbortSignal): Promise<string>;
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
export interface CreateMarker {
  /** Goes into the `User-Agent`, which some services show with the token. */
  readonly nonce: string;
  /** A UUID of our own to make the token under, where the service takes one. */
  readonly id: string | null;
  /** Is called just before each try; there is a second one only where the first certainly had no effect. */
  readonly beforeTry: (tries: number) => Promise<void>;
}

/** Speaks to one service with one set of credentials. Everything may throw a `ReconcileError`. */
export interface Client {
  /** The API's address. Together with a scope's ID it tells where a token is. */
  readonly account: string;
  /** How long one request may take, in seconds. */
  readonly timeoutSeconds: number;
  /** The scope that an ID or a name means. `NOT_FOUND`, `AMBIGUOUS` where it means none or several. */
  resolve(ref: string, signal: AbortSignal): Promise<Scope>;
  /** All scopes of the account; `undefined` where the service doesn't tell. */
  scopes(signal: AbortSignal): Promise<readonly Scope[] | undefined>;
  /** Asks for a scope that is not listed otherwise. `NOT_FOUND` if there is none: an ID can be resolved without asking. */
  verify(scope: Scope, signal: AbortSignal): Promise<void>;
  details(scope: Scope, signal: AbortSignal): Promise<ScopeDetails>;
  /** All tokens of the scope: complete, or it throws. */
  list(scope: Scope, signal: AbortSignal): Promise<Listing>;
  /** The token; `undefined` where it is gone. */
  read(scope: Scope, id: string, signal: AbortSignal): Promise<Observed | undefined>;
  /** Makes a token. Sent once: a lost answer throws `OUTCOME_UNKNOWN` and is never asked for again. */
  create(scope: Scope, fields: Fields, mark: CreateMarker, signal: AbortSignal): Promise<Created>;
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
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [toSnakeCase(key), convert(value)]));
}
