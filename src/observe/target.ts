import type { CustodyRecord } from '../core/model/custody-record.ts';
import type { FieldRules } from '../core/model/field-rules.ts';
import type { Desired, Observed, Scope } from '../core/model/model.ts';
import type { TokenIndex } from '../core/model/token-index.ts';
import type { DecisionInput } from '../core/plan/input.ts';
import type { Client } from '../providers/provider.ts';

/** A scope that is managed by a run, and how it is reached. */
export interface ScopeHandle {
  readonly client: Client;
  readonly scope: Scope;
  readonly rules: FieldRules;
  readonly uniqueNames: boolean;
  /** Tells scopes apart, also those of different accounts. */
  readonly scopeKey: string;
}

/** What a scope held at one time. */
export interface Snapshot {
  readonly tokens: TokenIndex;
  /** Without those that the service has made for itself. */
  readonly manageable: TokenIndex;
  /** The server's clock when it was listed, in seconds since 1970. */
  readonly listedAt: number;
  /** How many seconds the server's clock is ahead of ours. */
  readonly ahead: number;
  /** The name of the user that the run is signed in as; empty if unknown. */
  readonly user: string;
}

/** A desired token together with what was observed for it. */
export interface Target extends ScopeHandle {
  readonly desired: Desired;
  readonly snapshot: Snapshot;
  /** The tokens that the entry can mean: see `Situation.live`. */
  readonly live: TokenIndex;
  readonly recordFor: (name: string) => CustodyRecord;
}

/** All that the decision about a target depends on. */
export function decisionInput(
  { desired, rules, uniqueNames, scope, live, snapshot, recordFor }: Target,
  more: Pick<DecisionInput, 'evidence' | 'now' | 'forceReplace' | 'revokeOld'>,
): DecisionInput {
  const { tokens: listed, listedAt, user } = snapshot;
  return { desired, rules, uniqueNames, scope, live, listed, recordFor, listedAt, user, ...more };
}

/** The live token of an ID in a target's scope. */
export function liveToken(target: Target, id: string | null): Observed | undefined {
  return id === null ? undefined : (target.live.byId(id) ?? target.snapshot.tokens.byId(id));
}
