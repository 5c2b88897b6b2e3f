import type { Fault } from './fault.ts';
import type { TokenRequest } from './nth-request.ts';
import type { ApiRequest, LimitedRequest } from './rate-limit.ts';

/** One of the emulator's services, as requests find it. */
export interface Service {
  readonly name: ApiRequest['service'];
  handle(request: Request): Promise<Response>;
  /** Whether a path is that of a list of tokens, or of one of them. */
  isTokenPath(path: string): boolean;
  /** Lets others act just before a request to tokens. */
  before(request: TokenRequest): void;
  /** What becomes of a request to tokens, by the seed. */
  fate(request: TokenRequest): Fault;
  /** The requests that come too soon, by the seed. */
  readonly limited: readonly LimitedRequest[];
  /** After how long a request whose fate is `late` takes effect, in milliseconds. */
  readonly lateCommit: number;
  /** The body of a 429. */
  limitedBody(): Response;
  /** The answer to a create, but with an empty secret. */
  withoutSecret(body: unknown): unknown;
}

/** A token that one may log in to a registry with. */
export interface Credential {
  readonly id: string;
  /** As it is called. */
  readonly name: string;
  readonly username: string;
  readonly password: string;
  mayPull(repository: string): boolean;
  /** Notes that somebody logged in with it. */
  used?(): void;
}
