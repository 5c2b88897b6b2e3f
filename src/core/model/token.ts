import type { JsonObject } from '../util/json.ts';
import type { ClockLead } from './clock-lead.ts';
import type { Grants } from './grants.ts';

/** The name of a kind of token, as manifests write it: that of a `TokenKind` of the registry in `providers/`. */
export type Kind = string;

/** The managed properties of a token, by field name. A field that is left out is not managed. */
export type Fields = JsonObject;

/** The origin and the history of a token, as far as the API shows them. */
export interface Provenance {
  /** The creation time, in seconds since 1970. */
  readonly created: number | null;
  /**
   * True if the service tells nothing of the past of such a token, neither when nor by whom it was created. A listing that
   * lacks it is the only evidence that it is new.
   */
  readonly hasNoHistory?: true;
  /** The ID of the user who created it. */
  readonly createdBy: string | null;
  /** The login name of this user. Absent if the service doesn't say. */
  readonly createdByName?: string;
  /**
   * The text that carries the mark of the create request, if the service shows it: the user agent, or the end of the
   * description. Null, and without a mark, proves nothing; empty if the service shows where the mark of ours would be, and
   * there is nothing.
   */
  readonly requestMark: string | null;
  /**
   * True if the service shows the mark of every request of ours, so that a token without it is hardly from one. False if its
   * version drops the marks, so that two tokens can't be told apart. Absent if neither is known.
   */
  readonly showsMarks?: boolean;
  /** True if the token was changed after its creation. */
  readonly modified: boolean;
  /** The time of the last change, in seconds since 1970. Absent if the service doesn't say, or if there was none. */
  readonly changedAt?: number;
  /** The time of the last use, in seconds since 1970; `null` for never. Absent if the service doesn't say. */
  readonly lastUsed?: number | null;
}

/** A token as the API shows it. */
export interface Observed {
  readonly id: string;
  readonly name: string;
  /** Every field of the kind, canonical; if `partial`, only the fields that a list shows. */
  readonly fields: Fields;
  readonly origin: Provenance;
  /** The user name for logins with it, if the service shows it and it differs from the name. */
  readonly loginName?: string;
  /** True if the service created it for itself. Never matched, changed or deleted. */
  readonly generated?: true;
  /** True if the token has expired, although the service still lists it. */
  readonly expired?: true;
  /** True if only the fields of a list are known. The token has to be read for the rest. */
  readonly partial?: true;
  /** The fields that the response left out. `fields` has their default values. */
  readonly assumed?: readonly string[];
  /** The recorded grants of the token. */
  readonly granted?: Grants;
  /** The API's object in snake_case, as the Ansible modules return it. Never holds the password. */
  readonly object: JsonObject;
}

/** The tokens of a scope, at one time. */
export interface Listing {
  readonly tokens: readonly Observed[];
  /** The server's clock when they were read, in seconds since 1970; `undefined` if it isn't known. */
  readonly date: number | undefined;
  readonly ahead: ClockLead | undefined;
  /** The name of the signed-in user; empty if unknown. */
  readonly user: string;
}

/** The range of one listing, for example a registry. */
export interface Scope {
  readonly id: string;
  readonly name: string;
  /** The field of its level, if the name doesn't tell which, or fields depend on it. */
  readonly level?: string;
  /** The reason why no token can be created in it at the moment; `undefined` if one can. */
  readonly notReady?: string;
  /** Hint shown if the login user name is unknown; `undefined` if it is known, or if the token shows it. */
  readonly missingUsernameHint?: string;
  /** The text that is shown and kept in place of its ID and name, if a reference of the manifest holds them. */
  readonly alias?: string;
}

/**
 * The knowledge of a live token's secret: *held* (a sink has it), *undelivered* (ours, never delivered), *missing* (a sink
 * had it and lost it), *unknown* (never ours).
 */
export type Custody = 'held' | 'undelivered' | 'missing' | 'unknown';

/**
 * Returns a token's address, its name in plans and on the command line. A prefix of the scope that ends with a colon, such as
 * `group:`, is left out: see `ScopeLevel.prefix`.
 */
export function addressOf(kind: Kind, scope: string, name: string): string {
  const shown = scope.replace(/^[a-z]+:/, '');
  return shown === '' ? `${kind}:${name}` : `${kind}:${shown}/${name}`;
}

/** Returns the kind in an address. */
export function kindIn(address: string): Kind {
  return address.slice(0, Math.max(address.indexOf(':'), 0));
}
