import type { CustodyRecord } from '../model/custody-record.ts';
import type { Desired } from '../model/desired.ts';
import type { Problem } from '../model/errors.ts';
import type { FieldRules } from '../model/field-rules.ts';
import type { Inability } from '../model/inability.ts';
import type { SinkPlace } from '../model/sink-place.ts';
import type { Scope } from '../model/token.ts';
import type { TokenIndex } from '../model/token-index.ts';
import type { ScopeQuota } from '../model/token-kind.ts';
import type { Json } from '../util/json.ts';
import type { EvidencePolicy } from './ownership.ts';

/** The complete input of the decision about one token. */
export interface DecisionInput {
  readonly desired: Desired;
  readonly rules: FieldRules;
  /** True if two tokens of a scope can't have the same name. */
  readonly uniqueNames: boolean;
  readonly scope: Scope;
  /** The things that the signed-in credential can't do. */
  readonly inabilities: readonly Inability[];
  /** The ID of the token that the run is signed in with, if it is one of this scope's. */
  readonly ownToken?: string;
  /**
   * The live tokens of the scope, without those that this entry's own token has superseded, and with those that the listing
   * lacked and that were found by their ID.
   */
  readonly live: TokenIndex;
  /** The live tokens as they were listed. */
  readonly listed: TokenIndex;
  /** Returns the custody record of a name in this scope. */
  readonly recordFor: (name: string) => CustodyRecord;
  readonly evidence: EvidencePolicy;
  /** The time of the listing; the server's clock, in seconds since 1970. */
  readonly listedAt: number;
  /** The name of the signed-in user; empty if unknown. */
  readonly user: string;
  /** Our clock, in seconds since 1970. */
  readonly now: number;
  /** True if the token is to be replaced regardless of its state. */
  readonly forceReplace: boolean;
  /** True if the old generations of a family are deleted as soon as a new one is delivered. */
  readonly revokeOld: boolean;
}

/** An entry of the manifests with its observations. */
export type SeenInput = DecisionInput & {
  /** The key that distinguishes scopes of different accounts. */
  readonly scopeKey: string;
  /** The quota of the scope. */
  readonly limit: ScopeQuota | undefined;
  /** The files inside the manifests' folder that its command sinks run or name, with their contents. */
  readonly programs?: Json;
  /** The docker logins that its secret goes to, if any. Each may belong to one entry only. */
  readonly logins?: readonly SinkPlace[];
};

/** An entry of the manifests that couldn't be observed, and the problem; with its scope if that could be resolved. */
export interface UnseenInput {
  readonly desired: Desired;
  readonly problem: Problem;
  readonly scope?: Scope;
}

/** An entry of the manifests with its observations, or the problem that prevented them. */
export type PlanInput = SeenInput | UnseenInput;
