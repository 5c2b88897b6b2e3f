import type { Fault } from './fault.ts';
import type { TokenRequest } from './nth-request.ts';
import type { ApiRequest, LimitedRequest, RateLimit } from './rate-limit.ts';

/** A service as the gateway sees it: its handler, and the faults that the seed gives its requests. */
export interface EmulatedService {
  readonly name: ApiRequest['service'];
  handle(request: Request): Promise<Response>;
  /** Tells whether a path is that of a list of tokens, or of one of them. */
  isTokenPath(path: string): boolean;
  /** Carries out the interventions just before a request for tokens. */
  before(request: TokenRequest): void;
  /** Returns the fault of a request for tokens, by the seed. */
  faultOf(request: TokenRequest): Fault;
  /** The requests that are rate-limited, by the seed. */
  readonly limited: readonly LimitedRequest[];
  /** Time until a request whose fault is `late` takes effect, in milliseconds. */
  readonly lateCommit: number;
  /** Returns the body of a 429. */
  limitedBody(): Response;
  /** Returns the headers of a 429; the common ones by default. */
  limitedHeaders?(limit: RateLimit): Readonly<Record<string, string>>;
  /** Returns the response to a create, or to a rotation by POST, with an empty secret. */
  withoutSecret(body: unknown): unknown;
  /** Returns the response to a request that fails, before or after it took effect; a 500 by default. */
  serverError?(when: 'before' | 'after'): Response;
}

/** The name of an emulated service, and the environment variables that point a client at it. */
export interface Emulated {
  readonly title: string;
  /** Returns the variables of a client, for an emulator at this URL. */
  environment(url: string): Readonly<Record<string, string>>;
}

/** A user name and password that a registry accepts, and its rights to images. */
export interface Credential {
  readonly id: string;
  /** The name of the token. */
  readonly name: string;
  readonly username: string;
  readonly password: string;
  /** True if any user name that isn't empty can be used. */
  readonly anyUsername?: boolean;
  /** Returns its actions on the images of a repository, in the words of registries. */
  actionsOn(repository: string): readonly string[];
  /** Records that it was used to log in. */
  used?(): void;
}
