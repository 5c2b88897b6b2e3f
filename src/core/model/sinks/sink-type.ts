import type { Json, JsonObject } from '../../util/json.ts';

/** The members of a sink of any type. */
export interface AnySink {
  readonly type: string;
  /** The manifest's folder, absolute. Paths in the sink are relative to it, and programs run in it. */
  readonly folder: string;
}

/** The folders that a sink of a manifest is bound to. */
export interface SinkOrigin {
  /** The manifest's folder, absolute. */
  readonly folder: string;
  /** The folders, absolute, that a file of the sink has to be in. */
  readonly within: readonly string[];
}

/** Reports a fault in a sink, at a path inside of it. */
export type RejectSink = (path: readonly (string | number)[], message: string, hint?: string) => void;

/** A path as written in a manifest. */
export interface WrittenPath {
  readonly field: string;
  readonly path: string;
  /** The folders, absolute, that it has to be in. */
  readonly within: readonly string[];
}

/** The use of a file: `whole` if it is replaced, `part` if the rest of it is kept, `none` if no file is written. */
export type FileUse = 'whole' | 'part' | 'none';

/** A place that holds one secret: a file, a docker login, a Kubernetes Secret. */
export interface SinkPlace {
  /** One of the `placeTypes` of the sink's type. */
  readonly type: string;
  /** The path, absolute and without links; empty if it doesn't matter. */
  readonly path: string;
  /** The part that distinguishes it from others with the same path. */
  readonly detail: string;
  readonly label: string;
}

/** The properties of a token that the places of its sinks depend on. */
export interface PlacedToken {
  /** The name for a Secret that the manifest doesn't name; `undefined` if not known. */
  readonly name: string | undefined;
  /** The host, which distinguishes the logins of one docker configuration; `undefined` if not known. */
  readonly host: string | undefined;
  /** The text that labels show for the host; the host itself by default. */
  readonly hostLabel?: string;
}

/** The real path of a sink's file, and the credential helper that stores the secret in place of the file. */
export interface PlacedFile {
  readonly path: string;
  readonly helper?: string;
}

/** The variables of the environment. */
export type SinkEnvironment = Readonly<Record<string, string | undefined>>;

/**
 * The pure part of a sink type: everything that the program knows about a sink without the disk and the secret. The part
 * that acts is a `SinkDriver` in `src/custody/sinks`.
 */
export interface SinkType<S extends AnySink> {
  /** The key in manifests, and the `type` of sinks. */
  readonly type: S['type'];
  /** The schemas of the members that a sink has in a record of the spool, besides `type`; optional ones are left out. */
  readonly recordSchema: Readonly<Record<string, object>>;
  /** The message for two sinks of one token with the same identity. */
  readonly duplicateMessage: string;
  /** The types of its places, unique among all sink types, and how a secret in such a place uses the place's file. */
  readonly placeTypes: Readonly<Record<string, FileUse>>;
  /** Set if a sink holds one secret for each host. Then it can't be checked without a host. */
  readonly perHost?: {
    /** Returns the label of the place for a host. */
    label(host: string): string;
  };
  /** The sinks that `doctor` reads but doesn't test. */
  readonly untested?: {
    readonly one: string;
    readonly many: string;
    readonly reason: string;
    includes(sink: S): boolean;
  };

  /** Returns a sink of a manifest; `undefined` if it breaks the schema. */
  parse(values: JsonObject, origin: SinkOrigin): S | undefined;
  /** Checks the values of a sink in a manifest beyond the schema. Paths are checked for all types alike. */
  validate?(values: JsonObject, reject: RejectSink): void;
  /** Returns the path that a manifest writes for the sink; `undefined` if it doesn't. */
  writtenPath?(sink: S): WrittenPath | undefined;
  /** Returns a text that distinguishes the sink from the other ones of its type and token. */
  identity(sink: S): string;
  /** Returns the sink's name in JSON and the ledger, which must not change. */
  name(sink: S): string;
  /** True if the name has a path after the type, relative to the folder of the manifest. */
  readonly nameHasPath?: true;
  /** Returns the part of a plan's digest for the sink, independent of the location of the manifests' folder. */
  portable(sink: S): Json;
  /** Tells whether the host is a part of the secret's content or place. */
  needsHost(sink: S): boolean;
  /** Tells whether the sink receives a complete login: host, user name and password. */
  holdsLogin(sink: S): boolean;
  /** Returns the file that the sink writes, absolute, links not followed; `undefined` if it is not known. */
  file?(sink: S, env: SinkEnvironment): string | undefined;
  /** Returns the places that the sink writes to for a token; `file` is `undefined` if it doesn't write one. */
  places(sink: S, file: PlacedFile | undefined, token: PlacedToken): readonly SinkPlace[];
  /** Tells whether the sink shows, without a key, which token's secret it holds. Its driver must have `read`. */
  isReadBackable?(sink: S): boolean;
  /** Tells whether the content is encrypted. Its driver must have `content`. */
  isEncrypted?(sink: S): boolean;
  /** Returns the properties that the content depends on: content made for a sink fits any sink with equal ones. */
  contentForm?(sink: S): Json;
  /** Returns the maximum duration of a delivery in seconds; absent if it takes no time to speak of. */
  timeoutSeconds?(sink: S): number;
  /** Returns the program that the sink runs, and its arguments. */
  commandLine?(sink: S): readonly string[];
}
