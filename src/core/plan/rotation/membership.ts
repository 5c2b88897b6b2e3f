import type { CustodyRecord } from '../../model/custody-record.ts';
import { timestampOf } from '../../model/generation-name.ts';
import type { Observed } from '../../model/token.ts';
import { sameId } from '../../model/token-id.ts';
import { formatInstant } from '../../util/instant.ts';
import type { DecisionInput } from '../input.ts';
import type { EvidencePolicy } from '../ownership.ts';

const minute = 60;

/**
 * Returns why a token with the name of a generation is not a member of the family; `undefined` if it is. Anyone can choose
 * such a name. So a generation is in the ledger, or was created in the minute of its name (a minute more or less) by the
 * signed-in user, if the service shows the creator (docs/rotation.md). The token with the plain name is generation zero. If the service tells nothing of the past of tokens, the
 * ledger alone tells the members.
 */
export function strangerReason(
  token: Observed,
  record: CustodyRecord,
  { evidence, user }: Pick<DecisionInput, 'evidence' | 'user'>,
): string | undefined {
  const { created } = token.origin;
  const marked = timestampOf(token.name);
  const { entry, pendingSecret } = record;
  const known = [
    ...(entry?.id ? [{ id: entry.id, created: entry.created }] : []),
    ...(entry?.superseded ?? []),
    ...(pendingSecret ? [{ id: pendingSecret.id, created }] : []),
  ];
  const isOnRecord = known.some((one) => sameId(one.id, token.id) && one.created === created);
  if (isOnRecord || (marked === undefined && !token.origin.hasNoHistory)) return undefined;
  if (token.origin.hasNoHistory || marked === undefined)
    return 'it is not in the ledger, and the service tells neither when nor by whom it was created';
  if (created === null) return 'its creation time is unknown, and it is not in the ledger';
  if (!isInMinuteOf(marked, created)) {
    return `it was created at ${formatInstant(created)}, not in the minute of its name`;
  }
  return isSameUser(token, evidence, user) ? undefined : 'it was created by another user';
}

/** Tells whether a token was created in the minute of its name, or in one beside it; times are in seconds. */
export function isInMinuteOf(marked: number, created: number): boolean {
  return Math.abs(Math.floor(created / minute) - marked / minute) <= 1;
}

/** Tells whether the signed-in user created a token. True if unknown. */
function isSameUser(
  { origin: { createdBy, createdByName } }: Observed,
  { knownCreators }: Pick<EvidencePolicy, 'knownCreators'>,
  user: string,
): boolean {
  if (createdBy !== null && knownCreators.has(createdBy)) return true;
  if (user && createdByName) return user.toLowerCase() === createdByName.toLowerCase();
  return createdBy === null || knownCreators.size === 0;
}
