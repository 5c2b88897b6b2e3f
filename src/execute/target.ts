import type { TokenIndex } from '../core/match.ts';
import type { Desired, Observed, Scope } from '../core/model.ts';
import type { Client } from '../providers/provider.ts';

/** A desired token together with what was observed for it, and the client to reach it by. */
export interface Target {
  readonly desired: Desired;
  readonly client: Client;
  readonly scope: Scope;
  readonly tokens: TokenIndex;
}

/** The live token of an ID in a target's scope. */
export function liveToken(target: Target, id: string | null): Observed | undefined {
  return id === null ? undefined : target.tokens.referred(id).find((token) => token.id === id);
}
