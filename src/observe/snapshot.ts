import { noLead } from '../core/model/clock-lead.ts';
import type { Observed } from '../core/model/token.ts';
import { indexTokens } from '../core/model/token-index.ts';
import type { Clock } from '../core/util/clock.ts';
import type { ScopeHandle, Snapshot } from './target.ts';

/** Lists a scope. A server that doesn't send its time is assumed to have ours. */
export async function takeSnapshot(
  { client, scope }: Pick<ScopeHandle, 'client' | 'scope'>,
  clock: Clock,
  signal: AbortSignal,
): Promise<Snapshot> {
  const started = Math.floor(clock.now() / 1000);
  const { tokens, date, ahead, user } = await client.list(scope, signal);
  return { ...indexSnapshot(tokens), listedAt: date ?? started, ahead: ahead ?? noLead, user };
}

/** Creates the indexes of a snapshot. */
export function indexSnapshot(tokens: readonly Observed[]): Pick<Snapshot, 'tokens' | 'manageable'> {
  const all = indexTokens(tokens);
  const usable = tokens.filter(({ generated }) => !generated);
  return { tokens: all, manageable: usable.length === tokens.length ? all : indexTokens(usable) };
}
