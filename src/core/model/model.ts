import type { Json, JsonObject } from '../util/json.ts';
import type { Problem, SourceLocation } from './errors.ts';
import type { Grants } from './grants.ts';

/** The kinds of token that can be managed. */
export type Kind = 'registry_token' | 'docker_hub_personal_token' | 'docker_hub_org_token';

/** The wanted state, as in the Ansible modules: create or change; delete; change if it exists, but never create. */
export type State = 'present' | 'absent' | 'update';

/** The managed properties of a token, by field name. A field that is left out is not managed. */
export type Fields = JsonObject;

/** The order of a replace: both tokens exist for a moment, or neither does. */
export type ReplaceOrder = 'create_first' | 'delete_first';

/** The format of a secret in a sink (docs/reference/manifest.md, Sinks). */
export type SecretFormat = 'raw' | 'json' | 'env' | 'dockerconfigjson' | 'kubernetes';

/** The format of a secret, with its options. */
export interface SecretLayout {
  readonly format: SecretFormat;
  /** The prefix of the variables of `env`. */
  readonly prefix?: string;
  /** The name of the Secret of `kubernetes`; the token's name by default. */
  readonly name?: string;
  readonly namespace?: string;
}

/** A file that a secret is written to. */
export interface FileSink {
  readonly type: 'file';
  /** The path as written in the manifest. */
  readonly path: string;
  readonly layout: SecretLayout;
  /** Permission bits of the file, for example `0o600`. */
  readonly mode: number;
  /** The age recipients that the content is encrypted to; empty for plain text. */
  readonly age: readonly string[];
  /** The manifest's folder, absolute. `path` is relative to it. */
  readonly folder: string;
  /** The folders, absolute, that the file has to be in. */
  readonly within: readonly string[];
}

/** A program that receives a secret on its standard input. */
export interface CommandSink {
  readonly type: 'command';
  /** The program and its arguments. No shell is used. */
  readonly run: readonly string[];
  readonly layout: SecretLayout;
  readonly timeoutSeconds: number;
  /** The manifest's folder, absolute. The program runs in it. */
  readonly folder: string;
}

/** The docker CLI's store of logins. */
export interface DockerSink {
  readonly type: 'docker';
  /** The folder of the CLI's configuration as written; the CLI's own default if absent. */
  readonly config?: string;
  /** The manifest's folder, absolute. `config` is relative to it. */
  readonly folder: string;
  /** The folders, absolute, that `config` has to be in. */
  readonly within: readonly string[];
}

/** A destination of a new token's secret. */
export type Sink = FileSink | CommandSink | DockerSink;

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

/** A token, or a family of tokens, as a manifest declares it. */
export interface Desired {
  /** The name in plans and on the command line, for example `registry_token:team-a/ci-push`. */
  readonly address: string;
  readonly kind: Kind;
  readonly state: State;
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
  /** The rotation settings, if the entry is a family of tokens. */
  readonly rotation?: Rotation;
  readonly connection: ConnectionSpec;
  readonly source: SourceLocation;
  /** The prune pattern that selected this undeclared token. */
  readonly prunedBy?: string;
}

/** The origin and the history of a token, as far as the API shows them. */
export interface Provenance {
  /** The creation time, in seconds since 1970. */
  readonly created: number | null;
  /** The ID of the user who created it. */
  readonly createdBy: string | null;
  /** The login name of this user. Absent if the service doesn't say. */
  readonly createdByName?: string;
  /** The user agent of the create request. */
  readonly userAgent: string | null;
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
  /** The number of seconds that the server's clock is ahead of ours. */
  readonly ahead: number | undefined;
  /** The name of the signed-in user; empty if unknown. */
  readonly user: string;
}

/** The range of one listing: for IONOS, one registry. */
export interface Scope {
  readonly id: string;
  readonly name: string;
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

/** A token that was superseded and is to be deleted. */
export interface RetiredToken {
  readonly id: string;
  readonly name: string;
  /** The creation time by the service, in seconds since 1970; `null` if the service doesn't say. */
  readonly created: number | null;
  /** True if it is deleted as soon as its successor is delivered, without an overlap. */
  readonly revoked?: true;
}

/** A superseded token and its successor. */
export interface SupersededToken extends RetiredToken {
  /** The name of its successor. */
  readonly successor: string;
  /** True if it has expired. Deleting it is safe, whatever the state of its successor. */
  readonly expired?: true;
}

/** The cause of a change: the manifest, a change of the live token outside of reconcile, or both. */
export type ChangeOrigin = 'manifest' | 'drift' | 'both';

/** The operation of a change. */
export type Action = 'create' | 'patch' | 'replace' | 'delete' | 'deliver' | 'noop' | 'error';

/** One field that differs. Values are canonical; `null` before a create. */
export interface FieldChange {
  readonly field: string;
  readonly before: Json;
  readonly after: Json;
}

/** The state of a family of tokens. */
export interface RotationStatus {
  /** The generation to create now, and its expiry (RFC 3339); `null` if none is due. */
  readonly next: {
    readonly name: string;
    readonly expires: string;
    /** True if the others are deleted as soon as it is delivered. */
    readonly revokes?: true;
  } | null;
  /** The time when the next generation is due (RFC 3339); `null` if unknown. */
  readonly rotationDue: string | null;
  /** The old generations that are kept, and until when (RFC 3339); `null` while the newest isn't delivered. */
  readonly retained: readonly { readonly id: string; readonly name: string; readonly until: string | null }[];
}

/** The planned operation for one address, with its reason. */
export interface Change {
  readonly address: string;
  /** The address of the manifest entry that it belongs to. Differs from its own address only for a superseded token. */
  readonly entryAddress: string;
  /** The superseded token of an earlier replace, which is to be deleted; `null` otherwise. */
  readonly supersededToken: SupersededToken | null;
  readonly kind: Kind;
  readonly action: Action;
  /** The ID of the live token; `null` if there is none. */
  readonly id: string | null;
  readonly reason: string;
  readonly fields: readonly FieldChange[];
  /** The fields that are sent: all fields of a new token, the differing ones of a patch. */
  readonly payload: Fields;
  /** The destinations of the new secret, for example `file:secrets/ci-push.json`; `null` if no token is created. */
  readonly secret: readonly string[] | null;
  readonly replaceOrder: ReplaceOrder | null;
  readonly custody: Custody | null;
  /** The cause of the change; `null` if nothing is to be done, or if the cause isn't known. */
  readonly cause: ChangeOrigin | null;
  /** The state of the family, if the address is that of a family. */
  readonly family: RotationStatus | null;
  readonly error: Problem | null;
  readonly warnings: readonly string[];
  /** The fields that the service doesn't show, so that they can't be compared. */
  readonly hidden?: readonly string[];
  readonly source: SourceLocation;
}

/** The changes that a run would make. A plain value, which is rendered, compared and executed, and never changed. */
export interface Plan {
  readonly version: 1;
  /** Sorted by address. */
  readonly changes: readonly Change[];
  /** The reasons why the plan must not be executed. */
  readonly guards: readonly Problem[];
  /** `sha256:` digest of the changes. Doesn't depend on the order of manifests and listings. */
  readonly digest: string;
}

/** The outcome of a change. */
export type Status = 'applied' | 'unchanged' | 'failed' | 'not_run';

/** The outcome for one address. */
export interface Result {
  readonly address: string;
  readonly kind: Kind;
  readonly action: Action;
  readonly status: Status;
  /** True if anything was written, even if the change failed later. */
  readonly changed: boolean;
  readonly id: string | null;
  /** The live token's object afterwards, without the password; absent after a delete. */
  readonly object?: JsonObject;
  /** The sinks that have the new secret, for example `file:secrets/ci-push.json`. */
  readonly deliveredTo?: readonly string[];
  readonly error: Problem | null;
  readonly warnings: readonly string[];
  /** The warnings that the plan didn't have. */
  readonly newWarnings?: readonly string[];
  /** The fields that the service doesn't show, so that they can't be compared. */
  readonly hidden?: readonly string[];
  readonly source: SourceLocation;
}

/** Returns a token's address, its name in plans and on the command line. */
export function addressOf(kind: Kind, scope: string, name: string): string {
  return scope === '' ? `${kind}:${name}` : `${kind}:${scope}/${name}`;
}

/** Returns a sink's name in plans, results and the ledger: `file:secrets/ci.json`, `command:gh secret set CI`. */
export function sinkName(sink: Sink): string {
  switch (sink.type) {
    case 'file':
      return `file:${sink.path}`;
    case 'command':
      return `command:${sink.run.join(' ')}`;
    case 'docker':
      return sink.config === undefined ? 'docker' : `docker:${sink.config}`;
  }
}

/** Tells whether a sink receives a complete login: host, user name and password. */
export function holdsDockerLogin(sink: Sink): boolean {
  return sink.type === 'docker' || ['dockerconfigjson', 'kubernetes'].includes(sink.layout.format);
}

/**
 * Tells whether a sink shows, without a key, which token's secret it holds. The secret can be read again from such a sink.
 */
export function isReadBackable(sink: Sink): sink is FileSink {
  return (
    sink.type === 'file' &&
    sink.age.length === 0 &&
    ['json', 'env', 'kubernetes'].includes(sink.layout.format)
  );
}
