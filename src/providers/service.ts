import type { Kind } from '../core/model/token.ts';
import type { ServiceInfo, TokenKind } from '../core/model/token-kind.ts';
import type { AuthHints } from '../http/error-response.ts';
import type { Client, Connection, Login, ServiceSession, SignInContext } from './provider.ts';

/** A service: its description, its kinds of token, and its clients. */
export interface Service {
  readonly info: ServiceInfo;
  readonly kinds: readonly TokenKind[];
  /** Loads the clients. Separate, as checking a manifest sends nothing. */
  load(): Promise<ServiceClients>;
}

/** The part of a service that sends requests: its authentication, and the clients of its kinds. */
export interface ServiceClients {
  /** The access to the service, shared by all of its kinds. */
  readonly access: ServiceAccess;
  /** Creates the client of each kind. */
  readonly connect: { readonly [kind: Kind]: (connection: Connection) => Client };
}

/** The authentication at a service, for all of its kinds. */
export interface ServiceAccess {
  /** Hints for a 401, and for a 403 depending on its message. */
  readonly authHints: AuthHints;
  /** Returns headers from the environment, besides credentials. Throws `USAGE` for values that can't be sent. */
  readonly headers?: (env: Readonly<Record<string, string | undefined>>) => Readonly<Record<string, string>>;
  /** The header that carries a token as it is; absent if that is `authorization` with the scheme Bearer. */
  readonly tokenHeader?: string;
  /**
   * Creates a session, if credentials aren't simply sent with each request. Sends nothing yet. Throws `AUTH` for unusable
   * credentials. Kinds of one service share their sessions.
   */
  readonly signIn?: (login: Login, means: SignInContext) => ServiceSession;
}
