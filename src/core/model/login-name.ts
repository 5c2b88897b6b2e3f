import { type CustodyRecord, secretsInSinks } from './custody-record.ts';
import type { Desired } from './desired.ts';
import { sinksOf } from './entry-sinks.ts';
import { isReadBackable, type Sink, sinkLabel } from './sink.ts';
import type { Observed } from './token.ts';
import { sameId } from './token-id.ts';

/**
 * Returns a warning if the service has changed the login name of a token since its secret was delivered. Only a readable sink
 * tells the old name.
 */
export function oldLoginWarning(
  { id, loginName }: Observed,
  record: CustodyRecord,
  desired: Desired,
): string | undefined {
  if (loginName === undefined) return undefined;
  const stale = secretsInSinks(record).filter(
    ({ id: held, username }) => sameId(held, id) && username !== undefined && username !== loginName,
  );
  const [first] = stale;
  if (!first) return undefined;
  const unreadable = sinksOf(desired).filter((sink) => !isReadBackable(sink));
  const others =
    unreadable.length === 0 ? '' : `, and ${names(unreadable)}, which can't be read, may have it as well`;
  const command = desired.rotation || desired.renewal ? 'rotate' : 'apply --replace';
  return `the service changed the login name from ${first.username} to ${loginName}; ${names(stale.map(({ sink }) => sink))} still ${stale.length > 1 ? 'have' : 'has'} the old one${others}; to write the new one, run reconcile ${command} ${desired.address}`;
}

function names(sinks: readonly Sink[]): string {
  return sinks.map(sinkLabel).join(', ');
}
