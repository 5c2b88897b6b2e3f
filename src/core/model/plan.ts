import type { Json, JsonObject } from '../util/json.ts';
import type { ReplaceOrder } from './desired.ts';
import type { Problem, SourceLocation } from './errors.ts';
import type { Custody, Fields, Kind } from './token.ts';

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
  /** Set for the field that holds the token's name. */
  readonly isName?: true;
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
  /** The number of changes that are left out because the manifests cause them; absent if all are shown. */
  readonly manifestChangesOmitted?: number;
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
