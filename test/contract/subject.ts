import type { Fields, Scope } from '../../src/core/model/token.ts';
import type { TokenKind } from '../../src/core/model/token-kind.ts';
import type { Client, Connection } from '../../src/providers/provider.ts';
import type { ServiceAccess } from '../../src/providers/service.ts';

/** A kind of token with its client. */
export interface Provider {
  readonly declaration: TokenKind;
  readonly access: ServiceAccess;
  connect(connection: Connection): Client;
}

/** The contents of a service at the start of a test. */
export interface Contents {
  /** Where a service lists them; others have but one, the subject's own. */
  readonly scopes: readonly { readonly id: string; readonly name: string; readonly notReady?: boolean }[];
  /** All of them in the first scope; with their fields as the provider shows them. */
  readonly tokens: readonly { readonly id: string; readonly fields: Fields }[];
}

/** A service in memory that was started with some contents. */
export interface Running {
  readonly baseUrl: string;
  /** Checks every request and response against the description of the service. */
  readonly fetch: (request: Request) => Promise<Response>;
  /** What was asked, as `METHOD path` below the base URL, without the query; and what was sent. */
  readonly requests: () => readonly { readonly what: string; readonly body: string }[];
  /** The passwords of the live tokens of the first scope. */
  readonly secrets: () => readonly string[];
  /** An `Authorization` with all rights, an invalid one, and one without rights here. */
  readonly authorizations: {
    readonly valid: string;
    readonly invalid: string;
    readonly unprivileged: () => Promise<string>;
    /** One that lacks the right to set secrets only, if the client reports that. */
    readonly limited?: string;
  };
}

/** A provider, and the service that it speaks to. */
export interface Subject {
  readonly name: string;
  readonly provider: Provider;
  readonly start: (contents: Contents, variant?: string) => Running;
  /** The spellings that the service may use for the same values. */
  readonly variants: readonly string[];
  /** The scope that the tokens are in. */
  readonly scope: Scope;
  /** The request that lists the scopes; absent if the service has no such list. */
  readonly scopeListing?: string;
  /** Whether a scope is asked for by its name, so that it needs no list of all scopes. */
  readonly findsScopesByName?: boolean;
  /** False if the service rejects wrong credentials in responses that other requests are needed to understand. */
  readonly rejectsByStatus?: boolean;
  /** Whether a reference may be the ID of a scope, and several scopes may have one name. */
  readonly resolvesIds: boolean;
  /** Returns the ID of the scope, or of the token, with this number. */
  readonly scopeId: (number: number) => string;
  readonly tokenId: (number: number) => string;
  /** Returns the reference to a scope by its name. */
  readonly scopeRef: (name: string) => string;
  /** The method of changes. A PUT sends the whole token. */
  readonly changeMethod: 'PATCH' | 'PUT';
  /** The fields that a list shows of each token. */
  readonly listed: readonly string[];
  /** The keys that an object never has, wherever it is shown. */
  readonly hidden: readonly string[];
  /** The creator of a token, as a read shows it. */
  readonly maker: unknown;
  /** Whether a token can be created under an ID of our own. */
  readonly ownIds: boolean;
  /** Returns the user name of a login with a token of this name. */
  readonly username: (name: string) => string;
  /** A token's fields: all of them, other than the smallest. */
  readonly fields: Fields;
  /** The fields that a new token requires beside its name. */
  readonly needed: Fields;
  /** The fields of a token that is created with only those. */
  readonly defaults: Fields;
  /** Changes of single fields, and the body that says just that; none if a token can't be changed. */
  readonly patches: readonly Patch[];
  /** The body that makes a token with what is needed and without an expiry; absent if a token must expire. */
  readonly neverExpiring?: (name: string) => Patch;
}

/** Fields, and the body of the request that sets them. */
export interface Patch {
  readonly fields: Fields;
  readonly body: unknown;
}

/** The time when these services are started. */
export const start = Date.parse('2030-01-01T00:00:00Z');

/** Returns an ID that is easy to recognise. */
export function uuid(number: number): string {
  return `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`;
}

/** What holds for services whose IDs are UUIDs, and that are patched. */
export const usual = {
  scopeId: uuid,
  tokenId: uuid,
  scopeRef: (name: string): string => name,
  changeMethod: 'PATCH',
} as const;

/** Returns a value with all its lists and keys sorted, as some services have no order of their own. */
export function withSortedLists(value: unknown): unknown {
  if (Array.isArray(value)) {
    const texts = new Map(value.map(withSortedLists).map((item) => [item, JSON.stringify(item)]));
    return [...texts].sort(([, one], [, other]) => (one < other ? -1 : 1)).map(([item]) => item);
  }
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, inner]) => [key, withSortedLists(inner)] as const);
  return Object.fromEntries(entries.sort(([one], [other]) => (one < other ? -1 : 1)));
}
