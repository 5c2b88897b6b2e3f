import type { JsonObject } from '../util/json.ts';
import type { Desired, State } from './desired.ts';
import type { FieldRules } from './field-rules.ts';
import type { Kind } from './token.ts';

/** A finding about one value of an entry. `path` leads to the value from the entry. */
export interface ManifestFinding {
  readonly severity: 'error' | 'warning';
  readonly path: readonly (string | number)[];
  readonly message: string;
  readonly hint?: string;
}

/** The addresses of a service, and the names of its connection variables. */
export interface ServiceInfo {
  /** The name in messages, for example `IONOS`. */
  readonly name: string;
  readonly apiUrl: string;
  /** The host that all its tokens log in to; absent if each scope has its own. */
  readonly registryHost?: string;
  /** True if user names are converted to lower case. */
  readonly lowersUserNames?: true;
  /** The path that is added to an API URL without a path. */
  readonly basePath: string;
  readonly variables: {
    readonly apiUrl: string;
    readonly certificateFingerprint: string;
    readonly token: string;
    /**
     * The pairs of variables of the login. The first pair that is set is used. The others are shared with other programs.
     */
    readonly logins: readonly { readonly username: string; readonly password: string }[];
    /** The variable for the code of a second factor, if the service accepts one. */
    readonly code?: string;
  };
}

/** The quota of tokens in a scope, as far as it is known. */
export interface ScopeQuota {
  readonly tokens: number;
  /** The source of the limit, in words. */
  readonly why: string;
}

/** The rules of one kind of manifest entry. Values have passed the schema, with defaults merged in. */
export interface TokenKind {
  readonly kind: Kind;
  readonly service: ServiceInfo;
  readonly rules: FieldRules;
  /** True if two tokens of a scope can't have the same name. */
  readonly uniqueNames: boolean;
  /** The required fields in each state. */
  readonly required: { readonly [S in State]: readonly string[] };
  /** The fields that have no effect in each state. */
  readonly ignored: { readonly [S in State]: readonly string[] };
  /** The field that names the scope, which is also an option of `list`; absent if the account is the only scope. */
  readonly scopeField?: string;
  /** The maximum length of a name, in characters. */
  readonly maxNameLength: number;
  /** The field that holds a token's ID. */
  readonly idField: string;
  /** Returns the scope, as written and in words, the wanted name and the existing token. */
  identify(values: JsonObject): Pick<Desired, 'scope' | 'place' | 'name' | 'existing' | 'id'>;
  /** Checks rules that the schema can't express. `now` is in seconds since 1970. */
  check(values: JsonObject, now: number): readonly ManifestFinding[];
  /** Returns the quota of a scope by its number of tokens; absent if there is no limit. */
  readonly limit?: (count: number) => ScopeQuota | undefined;
}
