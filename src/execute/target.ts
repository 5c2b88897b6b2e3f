import type { TokenRecord } from '../core/custody.ts';
import type { FieldRules } from '../core/fields.ts';
import type { TokenIndex } from '../core/match.ts';
import type { Desired, Observed, Scope } from '../core/model.ts';
import type { Situation } from '../core/situation.ts';
import type { Client } from '../providers/provider.ts';

/** A scope that is managed by a run, and how it is reached. */
export interface Place {
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
  readonly usable: TokenIndex;
  /** The server's clock when it was listed, in seconds since 1970. */
  readonly listedAt: number;
  /** How many seconds the server's clock is ahead of ours. */
  readonly ahead: number;
  /** The name of the user that the run is signed in as; empty if unknown. */
  readonly user: string;
}

/** A desired token together with what was observed for it. */
export interface Target extends Place {
  readonly desired: Desired;
  readonly snapshot: Snapshot;
  /** The tokens that the entry can mean: see `Situation.live`. */
  readonly live: TokenIndex;
  readonly record: (name: string) => TokenRecord;
}

/** All that the decision about a target depends on. */
export function situationOf(
  { desired, rules, uniqueNames, scope, live, snapshot, record }: Target,
  more: Pick<Situation, 'standard' | 'now' | 'remake' | 'revoke'>,
): Situation {
  const { tokens: listed, listedAt, user } = snapshot;
  return { desired, rules, uniqueNames, scope, live, listed, record, listedAt, user, ...more };
}

/** The live token of an ID in a target's scope. */
export function liveToken(target: Target, id: string | null): Observed | undefined {
  return id === null ? undefined : (target.live.withId(id) ?? target.snapshot.tokens.withId(id));
}
