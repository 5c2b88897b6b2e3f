import { type CustodyRecord, secretsInSinks } from './custody-record.ts';
import { sinkName } from './sink.ts';
import type { Observed } from './token.ts';
import { sameId } from './token-id.ts';

/** Returns a warning if the service has changed the login name of a token since its secret was delivered. */
export function oldLoginWarning(
  { id, loginName }: Observed,
  record: CustodyRecord,
  address: string,
): string | undefined {
  if (loginName === undefined) return undefined;
  const stale = secretsInSinks(record).filter(
    ({ id: held, username }) => sameId(held, id) && username !== undefined && username !== loginName,
  );
  const [first] = stale;
  if (!first) return undefined;
  return `the service changed the login name from ${first.username} to ${loginName}, and ${stale.map(({ sink }) => sinkName(sink)).join(', ')} still ${stale.length > 1 ? 'have' : 'has'} the old one; to write the new one, rotate the token or run reconcile apply --replace ${address}`;
}
