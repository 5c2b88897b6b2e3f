import type { JsonObject } from '../util/json.ts';
import type { Desired, WantedState } from './desired.ts';
import type { FieldRules } from './field-rules.ts';
import type { Fields, Kind, Scope } from './token.ts';

/** A finding about one value of an entry. `path` leads to the value from the entry. */
export interface ManifestFinding {
  readonly severity: 'error' | 'warning';
  readonly path: readonly (string | number)[];
  readonly message: string;
  readonly hint?: string;
}

/** The names, addresses and variables of a service. */
export interface ServiceInfo {
  /** The name in options and in the names of files: lower-case letters and dashes. */
  readonly id: string;
  /** The name in messages. */
  readonly name: string;
  /** The name of the product, for its first mention. */
  readonly title: string;
  /** The default address of the API; absent if every installation has its own. */
  readonly apiUrl?: string;
  /** The host that all its tokens log in to; absent if each scope has its own. */
  readonly registryHost?: string;
  /** True if user names are converted to lower case. */
  readonly lowersUserNames?: true;
  /** The path that is added to an API URL without a path. */
  readonly basePath: string;
  readonly variables: {
    readonly apiUrl: string;
    readonly certificateFingerprint: string;
    /** Absent if the service accepts a user name and a password only. */
    readonly token?: string;
    /**
     * The pairs of variables of the login; none if the service accepts a token only. The first pair that is set is used. The
     * others are shared with other programs.
     */
    readonly logins: readonly { readonly username: string; readonly password: string }[];
    /** The variable for the code of a second factor, if the service accepts one. */
    readonly code?: string;
  };
  /** The variables that a pipeline logs in with. */
  readonly pipelineSecrets: readonly string[];
  /** The prefixes of its secrets. Texts that begin with one are masked, known to the run or not. */
  readonly secretPrefixes: readonly string[];
  /** The entry of a first manifest: its kind, and its lines as a list item. */
  readonly starter: { readonly kind: Kind; readonly entry: string };
  /** The manifest that the demo shows, in the folder of its examples; absent for all of them. */
  readonly demo?: string;
  /** Returns the message of an error response; `undefined` if the body has none of the service's forms. */
  errorText(body: JsonObject): string | undefined;
}

/** A level of scopes, for example registries, organizations or projects. */
export interface ScopeLevel {
  /** The field that names a scope of this level. It is also an option of `list`. */
  readonly field: string;
  /** The placeholder of the option's value in the help. */
  readonly value: string;
  /** The scope in the help of the option, after "only this". */
  readonly help: string;
  /** The values that the field can have; absent if they are the service's. */
  readonly choices?: readonly string[];
  /**
   * The text before the field's value in a scope, so that scopes of different levels differ. Addresses don't show one that
   * ends with a colon.
   */
  readonly prefix: string;
  /** True if the service lists the scopes of this level. The others have to be named. */
  readonly isListed: boolean;
}

/** The renewal of a token's secret in place, without a new token. */
export interface Renewal {
  /** The side that chooses the new secret: reconcile or the service. */
  readonly secret: 'ours' | 'theirs';
  readonly keepsId: boolean;
  /** The old secret: it ends at once, or stays valid in another slot. */
  readonly oldSecret: 'ends' | 'stays';
  /** True if the renewal moves the expiry. */
  readonly movesExpiry: boolean;
}

/** The rights of a token that are broader than one purpose needs. */
export interface BroadRights {
  /** The rights, in words. */
  readonly rights: readonly string[];
  readonly advice: string;
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
  readonly required: { readonly [S in WantedState]: readonly string[] };
  /**
   * The fields that have no effect in a state, besides those that no kind uses with `state: absent`: its managed fields, and
   * those of new tokens.
   */
  readonly ignored?: { readonly [S in WantedState]?: readonly string[] };
  /** The levels of scopes; empty if the account is the only scope. */
  readonly levels: readonly ScopeLevel[];
  /** The maximum length of a name, in characters. */
  readonly maxNameLength: number;
  /** The field that holds a token's ID. */
  readonly idField: string;
  /** The form of an ID. IDs are opaque otherwise. */
  readonly idPattern: RegExp;
  /** True if that field accepts the token's name as well. */
  readonly idFieldTakesName?: true;
  /** An address, as an example. */
  readonly exampleAddress: string;
  /** Returns the scope, as written and in words, the wanted name and the existing token. */
  identify(values: JsonObject): Pick<Desired, 'scope' | 'place' | 'name' | 'existing' | 'id'>;
  /** Checks rules that the schema can't express. `now` is in seconds since 1970. */
  check(values: JsonObject, now: number): readonly ManifestFinding[];
  /** The way to renew a secret in place; absent if the service can't do that. */
  readonly renewal?: Renewal;
  /**
   * True if a create whose response is lost can be repaired: the token is found by its unique name, and gets the secret that
   * was recorded with the attempt (`Client.setSecret`).
   */
  readonly repairable?: true;
  /** True if the service gives tokens an end by default, so that many can end on one day. */
  readonly defaultsEnd?: true;
  /** Returns the rights of a token that are too broad; `undefined` if none are. */
  overBroad(fields: Fields): BroadRights | undefined;
  /** Returns the quota of a scope by its number of tokens; absent if there is no limit. */
  readonly limit?: (count: number) => ScopeQuota | undefined;
}

/** Fields of every kind that matter for new tokens only. */
const creationFields = ['secret', 'allow_replace', 'replace_order'];

/** Returns the fields of an entry that have no effect in a state. */
export function ignoredFields(
  { rules, ignored, idFieldTakesName }: Pick<TokenKind, 'rules' | 'ignored' | 'idFieldTakesName'>,
  state: WantedState,
): readonly string[] {
  const own = ignored?.[state] ?? [];
  if (state !== 'absent') return own;
  // The name identifies the token, unless the field of its ID does so in every case.
  const managed = Object.keys(rules).filter((field) => idFieldTakesName || !rules[field]?.identity);
  return [...managed, ...own, ...creationFields];
}

/** Returns the level of a scope as written; `undefined` if the account is the only scope. */
export function levelOf(
  { levels }: Pick<TokenKind, 'levels'>,
  scope: string,
  { level }: Pick<Scope, 'level'> = {},
): ScopeLevel | undefined {
  return (
    levels.find(({ field }) => field === level) ??
    levels.find(({ prefix }) => prefix !== '' && scope.startsWith(prefix)) ??
    levels.find(({ prefix }) => prefix === '')
  );
}

/** Returns the fields that name a scope in a manifest. */
export function scopeFields(level: ScopeLevel | undefined, scope: string): JsonObject {
  return level ? { [level.field]: scope.slice(level.prefix.length) } : {};
}

/** Returns the scopes that values of the levels' fields name. */
export function namedScopes(
  { levels }: Pick<TokenKind, 'levels'>,
  values: Readonly<Record<string, readonly string[]>>,
): readonly string[] {
  return levels.flatMap(({ field, prefix }) => (values[field] ?? []).map((value) => `${prefix}${value}`));
}
