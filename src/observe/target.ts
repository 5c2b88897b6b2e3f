import type { ClockLead } from '../core/model/clock-lead.ts';
import type { CustodyRecord } from '../core/model/custody-record.ts';
import type { Desired } from '../core/model/desired.ts';
import type { FieldRules } from '../core/model/field-rules.ts';
import type { Inability } from '../core/model/inability.ts';
import type { Observed, Scope } from '../core/model/token.ts';
import type { IdRange } from '../core/model/token-id.ts';
import type { TokenIndex } from '../core/model/token-index.ts';
import type { DecisionInput } from '../core/plan/input.ts';
import type { EvidencePolicy } from '../core/plan/ownership.ts';
import { withRepair } from '../core/plan/repair.ts';
import type { Client } from '../providers/provider.ts';

/** A scope that is managed by a run, with the client for it. */
export interface ScopeHandle {
  readonly client: Client;
  readonly scope: Scope;
  readonly rules: FieldRules;
  readonly uniqueNames: boolean;
  /** True if the kind is `repairable`. */
  readonly repairable?: true;
  /** The things that the client's credential can't do. */
  readonly inabilities: readonly Inability[];
  /** The ID of the token that the client is signed in with, if it is one of this scope's. */
  readonly ownToken?: string;
  /** A key that is unique across scopes and accounts. */
  readonly scopeKey: string;
}

/** The content of a scope at one time. */
export interface Snapshot {
  readonly tokens: TokenIndex;
  /** The tokens without those that the service created for itself. */
  readonly manageable: TokenIndex;
  /** The server's clock when the scope was listed, in seconds since 1970. */
  readonly listedAt: number;
  readonly ahead: ClockLead;
  /** The name of the user that the run is signed in as; empty if unknown. */
  readonly user: string;
}

/** A desired token together with its observation. */
export interface Target extends ScopeHandle {
  readonly desired: Desired;
  readonly snapshot: Snapshot;
  /** The candidates of the entry: see `DecisionInput.live`. */
  readonly live: TokenIndex;
  readonly recordFor: (name: string) => CustodyRecord;
}

/** Returns the range of the IDs of an entry's tokens. */
export function rangeOf({ desired, client }: Pick<Target, 'desired' | 'client'>): IdRange {
  return { kind: desired.kind, account: client.account };
}

/** Returns the input of the decision about a target. */
export function decisionInput(
  target: Target,
  more: Pick<DecisionInput, 'evidence' | 'now' | 'forceReplace' | 'revokeOld'>,
): DecisionInput {
  const { desired, rules, uniqueNames, scope, inabilities, ownToken, live, snapshot } = target;
  const { tokens: listed, listedAt, user } = snapshot;
  const recordFor = recordsWithRepairs(target, more.evidence);
  const own = {
    desired,
    rules,
    uniqueNames,
    scope,
    inabilities,
    live,
    recordFor,
    ...(ownToken !== undefined && { ownToken }),
  };
  return { ...own, listed, listedAt, user, ...more };
}

/** Tells whether a token whose create response was lost can be given a secret that we have chosen. */
export function canRepair({ repairable, client }: Pick<ScopeHandle, 'repairable' | 'client'>): boolean {
  return repairable === true && client.setSecret !== undefined;
}

/** Returns the lookup of a target's records, in which the secrets of repairable tokens are pending. */
export function recordsWithRepairs(target: Target, evidence: EvidencePolicy): Target['recordFor'] {
  const { recordFor, live, rules } = target;
  if (!canRepair(target)) return recordFor;
  return (name) => withRepair(recordFor(name), live, { rules, evidence });
}

/** Returns the live token of an ID in a target's scope. */
export function liveToken(target: Target, id: string | null): Observed | undefined {
  return id === null ? undefined : (target.live.byId(id) ?? target.snapshot.tokens.byId(id));
}
