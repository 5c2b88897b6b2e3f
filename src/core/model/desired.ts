import type { SourceLocation } from './errors.ts';
import type { Sink } from './sink.ts';
import type { Fields, Kind } from './token.ts';

/** The wanted state, as in the Ansible modules: create or change; delete; change if it exists, but never create. */
export type WantedState = 'present' | 'absent' | 'update';

/** The order of a replace: both tokens exist for a moment, or neither does. */
export type ReplaceOrder = 'create_first' | 'delete_first';

/** The connection to the API for a token. Values may hold references, which are resolved when needed. */
export interface ConnectionSpec {
  readonly api_url?: string;
  readonly certificate_fingerprint?: string;
  readonly username?: string;
  readonly password?: string;
  readonly token?: string;
  /** The references in the credentials, by field. All other text in them may be secret and is left out. */
  readonly references?: { readonly [field: string]: string };
  /** The source location of each value. */
  readonly sources: { readonly [field: string]: SourceLocation };
  /** The folder that `${file:…}` is relative to, and the folders it may read from; absolute. */
  readonly folder: string;
  readonly within: readonly string[];
}

/** The rotation settings of a family; all durations in seconds. */
export interface Rotation {
  /** The common beginning of all names of the family. A token of exactly this name is its generation zero. */
  readonly base: string;
  /** The age at which a generation gets a successor. */
  readonly every: number;
  /** The lifetime of a new generation. */
  readonly lifetime: number;
  /** The minimum time between the creation of a successor and the end of the generation. */
  readonly beforeExpiry: number;
  /** The time that old generations are kept after the delivery of the newest. */
  readonly overlap: number;
}

/** The rotation of a token's secret in place; all durations in seconds. */
export interface SecretRenewal {
  /** The age at which the secret is renewed. */
  readonly every: number;
  /** The lifetime of the token from each renewal on. */
  readonly lifetime: number;
  /** The time before the end of the token at which the secret is renewed at the latest. */
  readonly beforeExpiry: number;
}

/** A token, or a family of tokens, as a manifest declares it. */
export interface Desired {
  /** The name in plans and on the command line, `KIND:SCOPE/NAME`. */
  readonly address: string;
  readonly kind: Kind;
  readonly state: WantedState;
  /** The scope as written: the registry's ID or name, or the organization. Empty if the account is the only scope. */
  readonly scope: string;
  /** The scope in words. */
  readonly place: string;
  readonly name?: string;
  /** The ID or name of the existing token, in kinds that accept either. */
  readonly existing?: string;
  /** The ID of the existing token, in kinds that don't accept a name for it. */
  readonly id?: string;
  /** The name of the field that holds a token's ID. */
  readonly idField: string;
  /** The wanted value of each managed field, canonical, including the name. */
  readonly fields: Fields;
  /** The way to create a token: the service chooses the ID (`post`), or we do (`put`). */
  readonly createWith: 'post' | 'put';
  readonly allowReplace: boolean;
  readonly replaceOrder?: ReplaceOrder;
  readonly protected: boolean;
  readonly wait: boolean;
  readonly waitTimeoutSeconds: number;
  /** The destinations of the secret; `undefined` if the manifest doesn't say. */
  readonly secret: readonly Sink[] | 'discard' | undefined;
  /** The host of logins, if the manifest states it instead of the service. */
  readonly registryHost?: string;
  /** The rotation settings, if the entry is a family of tokens. */
  readonly rotation?: Rotation;
  /** The rotation of the secret, if the token itself stays. */
  readonly renewal?: SecretRenewal;
  readonly connection: ConnectionSpec;
  readonly source: SourceLocation;
  /** The prune pattern that selected this undeclared token. */
  readonly prunedBy?: string;
}
