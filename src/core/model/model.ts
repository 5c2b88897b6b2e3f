import type { Json, JsonObject } from '../util/json.ts';
import type { Problem, SourceLocation } from './errors.ts';
import type { Grants } from './grants.ts';

/** The kinds of token that can be managed. */
export type Kind = 'registry_token' | 'docker_hub_personal_token' | 'docker_hub_org_token';

/** As in the Ansible modules: make it so; make it gone; change it if it is there and never create it. */
export type State = 'present' | 'absent' | 'update';

/** The managed properties of a token, by field name. A field that is left out is not managed. */
export type Fields = JsonObject;

/** How a replace goes: both tokens live for a moment, or neither does. */
export type ReplaceOrder = 'create_first' | 'delete_first';

/** How a secret is written down: contract §3. */
export type SecretFormat = 'raw' | 'json' | 'env' | 'dockerconfigjson' | 'kubernetes';

/** What a sink is given. */
export interface SecretLayout {
  readonly format: SecretFormat;
  /** In front of the variables of `env`. */
  readonly prefix?: string;
  /** What the Secret of `kubernetes` is called; the token's name unless given. */
  readonly name?: string;
  readonly namespace?: string;
}

/** A file that takes a secret. */
export interface FileSink {
  readonly type: 'file';
  /** As written in the manifest. */
  readonly path: string;
  readonly layout: SecretLayout;
  /** Permission bits of the file, as `0o600`. */
  readonly mode: number;
  /** Recipients of age that the content is encrypted to; none means in the clear. */
  readonly age: readonly string[];
  /** The manifest's folder, absolute: what `path` is relative to. */
  readonly folder: string;
  /** The folders, absolute, that the file has to be in. */
  readonly within: readonly string[];
}

/** A program that takes a secret on its standard input. */
export interface CommandSink {
  readonly type: 'command';
  /** The program and its arguments; no shell. */
  readonly run: readonly string[];
  readonly layout: SecretLayout;
  readonly timeoutSeconds: number;
  /** The manifest's folder, absolute: where the program runs. */
  readonly folder: string;
}

/** The place where the docker CLI keeps its logins. */
export interface DockerSink {
  readonly type: 'docker';
  /** The folder of the CLI's configuration as written; the CLI's own default unless given. */
  readonly config?: string;
  /** The manifest's folder, absolute: what `config` is relative to. */
  readonly folder: string;
  /** The folders, absolute, that `config` has to be in. */
  readonly within: readonly string[];
}

/** Somewhere that a new token's secret goes. */
export type Sink = FileSink | CommandSink | DockerSink;

/** How to reach the API for a token. Values may hold references that are resolved when needed. */
export interface ConnectionSpec {
  readonly api_url?: string;
  readonly certificate_fingerprint?: string;
  readonly username?: string;
  readonly password?: string;
  readonly token?: string;
  /** Which references its credentials are made of, by field; whatever else is in them may be secret, and is left out. */
  readonly references?: { readonly [field: string]: string };
  /** Where each of the values stands. */
  readonly sources: { readonly [field: string]: SourceLocation };
  /** The folder that `${file:…}` is relative to, and the folders it may read from; absolute. */
  readonly folder: string;
  readonly within: readonly string[];
}

/** How the tokens of a family follow each other; all durations in seconds. */
export interface Rotation {
  /** What all names of the family begin with; a token of this very name is its generation zero. */
  readonly base: string;
  /** The age at which a generation has a successor. */
  readonly every: number;
  /** How long a new generation lives. */
  readonly lifetime: number;
  /** How long before the end of a generation it has a successor at the latest. */
  readonly beforeExpiry: number;
  /** How long old generations stay once the newest has been delivered. */
  readonly overlap: number;
}

/** A token, or a family of tokens, as a manifest wants it. */
export interface Desired {
  /** What it is called in plans and on the command line, as `registry_token:team-a/ci-push`. */
  readonly address: string;
  readonly kind: Kind;
  readonly state: State;
  /** The scope as written: the registry's ID or name, the organization; empty where the account is all there is. */
  readonly scope: string;
  /** The scope in words. */
  readonly place: string;
  /** The wanted name. */
  readonly name?: string;
  /** The ID or name of the token that is there, in kinds that take either. */
  readonly existing?: string;
  /** The ID of the token that is meant, in kinds that take no name for it. */
  readonly id?: string;
  /** What the field is called that names a token by its ID. */
  readonly idField: string;
  /** The wanted value of each managed field, canonical; the name is one of them. */
  readonly fields: Fields;
  /** How a new token is made: the service chooses the ID (`post`), or we do (`put`). */
  readonly createWith: 'post' | 'put';
  readonly allowReplace: boolean;
  readonly replaceOrder?: ReplaceOrder;
  readonly protected: boolean;
  readonly wait: boolean;
  readonly waitTimeoutSeconds: number;
  /** Where the secret goes; `undefined` where the manifest doesn't say. */
  readonly secret: readonly Sink[] | 'discard' | undefined;
  /** Where it is a family of tokens: how they follow each other. */
  readonly rotation?: Rotation;
  readonly connection: ConnectionSpec;
  readonly source: SourceLocation;
  /** The pattern that covers it, where no manifest declares it and it goes for that: contract §1.6. */
  readonly prunedBy?: string;
}

/** Where a token comes from, and what became of it, as far as the API shows it. */
export interface Provenance {
  /** Seconds since 1970. */
  readonly created: number | null;
  /** The ID of the user who made it. */
  readonly createdBy: string | null;
  /** The name that this user logs in with. Absent if the service doesn't say. */
  readonly createdByName?: string;
  /** The user agent of the request that made it. */
  readonly userAgent: string | null;
  /** Whether it was changed since. */
  readonly modified: boolean;
  /** When it was changed last, in seconds since 1970. Absent where the service doesn't say, or it never was. */
  readonly changedAt?: number;
  /** When it was last used, in seconds since 1970; `null` for never. Absent where the service doesn't say. */
  readonly lastUsed?: number | null;
}

/** A token as the API shows it. */
export interface Observed {
  readonly id: string;
  readonly name: string;
  /** Every field of the kind, canonical; of a partial one those that it shows. */
  readonly fields: Fields;
  readonly origin: Provenance;
  /** Made by the service for itself: never matched, changed or deleted. */
  readonly generated?: true;
  /** Over, although the service still lists it. */
  readonly expired?: true;
  /** Shows only what a list shows: the token itself has to be asked for the rest. */
  readonly partial?: true;
  /** The fields that the response left out: `fields` has the values that a token has by default. */
  readonly assumed?: readonly string[];
  /** What the service granted for what was asked, by the ledger. */
  readonly granted?: Grants;
  /** The API's object in snake_case, as the Ansible modules return it; never the password. */
  readonly object: JsonObject;
}

/** All tokens of a scope, as they were at one time. */
export interface Listing {
  readonly tokens: readonly Observed[];
  /** The server's clock when they were read, in seconds since 1970; `undefined` where it doesn't tell. */
  readonly date: number | undefined;
  /** How many seconds that clock is ahead of ours. */
  readonly ahead: number | undefined;
  /** The name of the user that the run is signed in as; empty if unknown. */
  readonly user: string;
}

/** What one listing covers: for IONOS, one registry. */
export interface Scope {
  readonly id: string;
  readonly name: string;
  /** Why a token can't be made in it at the moment, in words; `undefined` where it can. */
  readonly notReady?: string;
  /** What to do where it isn't known who logs in with its tokens; `undefined` where it is, or the token says. */
  readonly missingUsernameHint?: string;
  /** What is shown and kept in place of its ID and name, where those came from a reference of the manifest. */
  readonly alias?: string;
}

/**
 * What is known of a live token's secret: *held* (a sink has it), *undelivered* (ours, never delivered),
 * *missing* (a sink had it and has it no longer), *unknown* (never ours).
 */
export type Custody = 'held' | 'undelivered' | 'missing' | 'unknown';

/** A token that another one has taken the place of, and that is to be deleted. */
export interface RetiredToken {
  readonly id: string;
  readonly name: string;
  /** When the service made it, in seconds since 1970; `null` where it doesn't say. */
  readonly created: number | null;
  /** It goes as soon as its successor is handed over, without an overlap. */
  readonly revoked?: true;
}

/** An old token that is to be deleted. */
export interface SupersededToken extends RetiredToken {
  /** The name of its successor. */
  readonly successor: string;
  /** It has expired: nobody can use it, whatever its successor. */
  readonly expired?: true;
}

/** Whose move a change answers: the manifest's, or that of somebody who changed the live token. */
export type ChangeOrigin = 'manifest' | 'drift' | 'both';

/** What is to be done about a token. */
export type Action = 'create' | 'patch' | 'replace' | 'delete' | 'deliver' | 'noop' | 'error';

/** One field that differs. Values are canonical; `null` before a create. */
export interface FieldChange {
  readonly field: string;
  readonly before: Json;
  readonly after: Json;
}

/** Where a family of tokens stands. */
export interface RotationStatus {
  /** The generation that is to be made now, and when it ends (RFC 3339); `null` where none is. */
  readonly next: {
    readonly name: string;
    readonly expires: string;
    /** The others go as soon as it is handed over. */
    readonly revokes?: true;
  } | null;
  /** When the next generation is due (RFC 3339); `null` where that can't be told. */
  readonly rotationDue: string | null;
  /** The old generations that are kept meanwhile, and until when (RFC 3339); `null` while the newest isn't delivered. */
  readonly retained: readonly { readonly id: string; readonly name: string; readonly until: string | null }[];
}

/** What is to be done about one address, and why. */
export interface Change {
  readonly address: string;
  /** The address of the manifest's entry that it belongs to: its own, but for a leftover. */
  readonly entryAddress: string;
  /** The old token that is left over from a replace of the entry's, and is to be deleted; `null` otherwise. */
  readonly supersededToken: SupersededToken | null;
  readonly kind: Kind;
  readonly action: Action;
  /** The ID of the live token; `null` where there is none. */
  readonly id: string | null;
  readonly reason: string;
  readonly fields: readonly FieldChange[];
  /** What is sent: all fields of a new token, the differing ones of a patch. */
  readonly payload: Fields;
  /** Where the new secret goes, as `file:secrets/ci-push.json`; `null` where none is made. */
  readonly secret: readonly string[] | null;
  readonly replaceOrder: ReplaceOrder | null;
  readonly custody: Custody | null;
  /** `null` where nothing is to be done, and where it isn't known. */
  readonly cause: ChangeOrigin | null;
  /** Where the address is that of a family of tokens. */
  readonly family: RotationStatus | null;
  readonly error: Problem | null;
  readonly warnings: readonly string[];
  /** The fields that the service doesn't show, so that they can't be compared. */
  readonly hidden?: readonly string[];
  readonly source: SourceLocation;
}

/** All that a run would do. A value: rendered, compared, executed, and never changed. */
export interface Plan {
  readonly version: 1;
  /** Sorted by address. */
  readonly changes: readonly Change[];
  /** Why the plan must not be executed, if so. */
  readonly guards: readonly Problem[];
  /** `sha256:` over what would be done; independent of the order of manifests and listings. */
  readonly digest: string;
}

/** What became of a change. */
export type Status = 'applied' | 'unchanged' | 'failed' | 'not_run';

/** What became of one address. */
export interface Result {
  readonly address: string;
  readonly kind: Kind;
  readonly action: Action;
  readonly status: Status;
  /** Whether anything was written, also where it failed later. */
  readonly changed: boolean;
  readonly id: string | null;
  /** The live token's object afterwards, password left out; absent after a delete. */
  readonly object?: JsonObject;
  /** The sinks that have the new secret, as `file:secrets/ci-push.json`. */
  readonly deliveredTo?: readonly string[];
  readonly error: Problem | null;
  readonly warnings: readonly string[];
  /** Those of the warnings that the plan didn't have. */
  readonly newWarnings?: readonly string[];
  /** The fields that the service doesn't show, so that they can't be compared. */
  readonly hidden?: readonly string[];
  readonly source: SourceLocation;
}

/** What a token is called in plans and on the command line: contract §1.5. */
export function addressOf(kind: Kind, scope: string, name: string): string {
  return scope === '' ? `${kind}:${name}` : `${kind}:${scope}/${name}`;
}

/** How a sink is named in plans, results and the ledger: `file:secrets/ci.json`, `command:gh secret set CI`. */
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

/** Whether what a sink gets is a whole login: host, user name and password. */
export function holdsDockerLogin(sink: Sink): boolean {
  return sink.type === 'docker' || ['dockerconfigjson', 'kubernetes'].includes(sink.layout.format);
}

/**
 * Whether a sink can tell, without a key, which token it holds the secret of: contract §3. From such a sink the
 * secret can be read again.
 */
export function isReadBackable(sink: Sink): sink is FileSink {
  return (
    sink.type === 'file' &&
    sink.age.length === 0 &&
    ['json', 'env', 'kubernetes'].includes(sink.layout.format)
  );
}
