import type { CustodyRecord } from '../model/custody-record.ts';
import type { Problem } from '../model/errors.ts';
import type { FieldRules } from '../model/field-rules.ts';
import type { Desired, Scope } from '../model/model.ts';
import type { SinkPlace } from '../model/sink-place.ts';
import type { TokenIndex } from '../model/token-index.ts';
import type { ScopeQuota } from '../model/token-kind.ts';
import type { Json } from '../util/json.ts';
import type { EvidencePolicy } from './ownership.ts';

/** All that the decision about one token depends on. */
export interface DecisionInput {
  readonly desired: Desired;
  readonly rules: FieldRules;
  /** Whether no two tokens of a scope can bear one name. */
  readonly uniqueNames: boolean;
  readonly scope: Scope;
  /**
   * The live tokens of the scope, without those that are to be retired for this entry's own token, and with
   * those that the listing lacked and that were found by their ID.
   */
  readonly live: TokenIndex;
  /** The live tokens as they were listed. */
  readonly listed: TokenIndex;
  /** What the state directory and the sinks say about a name in this scope. */
  readonly recordFor: (name: string) => CustodyRecord;
  readonly evidence: EvidencePolicy;
  /** When the tokens were listed; the server's clock, in seconds since 1970. */
  readonly listedAt: number;
  /** The name of the user that the run is signed in as; empty if unknown. */
  readonly user: string;
  /** Our clock, in seconds since 1970. */
  readonly now: number;
  /** Whether the token is to be made anew, whatever it is. */
  readonly forceReplace: boolean;
  /** Whether the old generations of a family go as soon as a new one is handed over. */
  readonly revokeOld: boolean;
}

/** An entry of the manifests with what was observed for it. */
export type SeenInput = DecisionInput & {
  /** Tells scopes of different accounts apart. */
  readonly scopeKey: string;
  /** How many tokens the scope takes. */
  readonly limit: ScopeQuota | undefined;
  /** The files inside the manifests' folder that its command sinks run or name, and what they hold. */
  readonly programs?: Json;
  /** The docker logins that its secret goes to, if any: each may be one entry's only. */
  readonly logins?: readonly SinkPlace[];
};

/** An entry of the manifests of which nothing could be observed, and why; with its scope if that could be resolved. */
export interface UnseenInput {
  readonly desired: Desired;
  readonly problem: Problem;
  readonly scope?: Scope;
}

/** One entry of the manifests with what was observed for it, or why nothing could be. */
export type PlanInput = SeenInput | UnseenInput;
