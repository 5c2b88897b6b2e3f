import type { Fields, Scope } from '../../src/core/model/token.ts';
import type { Provider } from '../../src/providers/provider.ts';

/** What a service holds at the start of a test. */
export interface Contents {
  /** Where a service lists them; others have but one, the subject's own. */
  readonly scopes: readonly { readonly id: string; readonly name: string; readonly notReady?: boolean }[];
  /** All of them in the first scope; with their fields as the provider shows them. */
  readonly tokens: readonly { readonly id: string; readonly fields: Fields }[];
}

/** A service in memory that was started with some contents. */
export interface Running {
  readonly baseUrl: string;
  /** Every request and every answer is checked against the description of the service. */
  readonly fetch: (request: Request) => Promise<Response>;
  /** What was asked, as `METHOD path` below the base URL, without the query; and what was sent. */
  readonly requests: () => readonly { readonly what: string; readonly body: string }[];
  /** The passwords of the live tokens of the first scope. */
  readonly secrets: () => readonly string[];
  /** The `Authorization` of who may do everything, of nobody, and of somebody who may do nothing here. */
  readonly authorizations: {
    readonly valid: string;
    readonly invalid: string;
    readonly unprivileged: () => Promise<string>;
  };
}

/** A provider, and the service that it speaks to. */
export interface Subject {
  readonly name: string;
  readonly provider: Provider;
  readonly start: (contents: Contents, variant?: string) => Running;
  /** Ways in which the service may spell the same things. */
  readonly variants: readonly string[];
  /** The scope that the tokens are in. */
  readonly scope: Scope;
  /** The request that lists the scopes; absent where the service lists none. */
  readonly scopeListing?: string;
  /** The fields that a list shows of each token. */
  readonly listed: readonly string[];
  /** The keys that an object never has, wherever it is shown. */
  readonly hidden: readonly string[];
  /** Who made a token, as the service tells when it is read. */
  readonly maker: unknown;
  /** Whether a token can be made under an ID of our own. */
  readonly ownIds: boolean;
  /** What one logs in with beside the secret of a token of this name. */
  readonly username: (name: string) => string;
  /** A token's fields: all of them, other than the smallest. */
  readonly fields: Fields;
  /** What has to be said of a new token beside its name. */
  readonly needed: Fields;
  /** What a token that is made with no more than that has. */
  readonly defaults: Fields;
  /** Changes of single fields, and the body that says just that. */
  readonly patches: readonly [Patch, ...Patch[]];
  /** The body that makes a token with what is needed and without an expiry. */
  readonly neverExpiring: (name: string) => Patch;
}

/** Fields, and the body that says them. */
export interface Patch {
  readonly fields: Fields;
  readonly body: unknown;
}

/** When these services are started. */
export const start = Date.parse('2030-01-01T00:00:00Z');

/** An ID that is easy to tell from others. */
export function uuid(number: number): string {
  return `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`;
}
