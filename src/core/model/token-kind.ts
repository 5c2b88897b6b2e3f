import type { JsonObject } from '../util/json.ts';
import type { FieldRules } from './field-rules.ts';
import type { Desired, Kind, State } from './model.ts';

/** Something to say about one value of an entry; `path` leads to it from the entry. */
export interface ManifestFinding {
  readonly severity: 'error' | 'warning';
  readonly path: readonly (string | number)[];
  readonly message: string;
  readonly hint?: string;
}

/** Where a service lives and what its connection variables are called. */
export interface ServiceInfo {
  /** As in messages: `IONOS`. */
  readonly name: string;
  readonly apiUrl: string;
  /** The host that all its tokens log in to; absent where each scope has one of its own. */
  readonly registryHost?: string;
  /** Whether user names are in lower case, however they are typed. */
  readonly lowersUserNames?: true;
  /** The path that is added to an API URL that has none. */
  readonly basePath: string;
  readonly variables: {
    readonly apiUrl: string;
    readonly certificateFingerprint: string;
    readonly token: string;
    /** The first pair that is set; the others are those that this service shares with other programs. */
    readonly logins: readonly { readonly username: string; readonly password: string }[];
    /** The code of a second factor, where the service takes one. */
    readonly code?: string;
  };
}

/** How many tokens a scope takes, as far as that is known. */
export interface ScopeQuota {
  readonly tokens: number;
  /** Where the limit comes from, in words. */
  readonly why: string;
}

/** How entries of one kind are written in a manifest. Values have passed the schema, defaults merged in. */
export interface TokenKind {
  readonly kind: Kind;
  readonly service: ServiceInfo;
  readonly rules: FieldRules;
  /** Whether no two tokens of a scope can bear one name. */
  readonly uniqueNames: boolean;
  /** What has to be there in each state. */
  readonly required: { readonly [S in State]: readonly string[] };
  /** What means nothing in each state. */
  readonly ignored: { readonly [S in State]: readonly string[] };
  /** The field that names the scope, which is also an option of `list`; absent where the account is all there is. */
  readonly scopeField?: string;
  /** How many characters a name has at most. */
  readonly maxNameLength: number;
  /** The field that names a token by its ID. */
  readonly idField: string;
  /** The scope, as written and in words, the wanted name and the existing token. */
  identify(values: JsonObject): Pick<Desired, 'scope' | 'place' | 'name' | 'existing' | 'id'>;
  /** What the schema can't say. `now` is in seconds since 1970. */
  check(values: JsonObject, now: number): readonly ManifestFinding[];
  /** How many tokens a scope may take, by how many it has; absent where there is no limit. */
  readonly limit?: (count: number) => ScopeQuota | undefined;
}
