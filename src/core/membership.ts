import type { TokenRecord } from './custody.ts';
import { markedAt } from './generation.ts';
import { formatInstant } from './instant.ts';
import type { Observed } from './model.ts';
import { type Standard, sameId } from './ours.ts';
import type { Situation } from './situation.ts';

const minute = 60;

/**
 * Returns why a token that is named like a generation of a family is not one; `undefined` if it is. Anyone can choose such
 * a name, so a generation is what the ledger knows, or what was created in the very minute of its name (a minute more or
 * less) by the user that the run is signed in as, if the service tells (docs/rotation.md). The token of the plain name is
 * generation zero.
 */
export function strangerReason(
  token: Observed,
  record: TokenRecord,
  { standard, user }: Pick<Situation, 'standard' | 'user'>,
): string | undefined {
  const marked = markedAt(token.name);
  if (marked === undefined || isOnRecord(token, record)) return undefined;
  const { created } = token.origin;
  if (created === null)
    return 'the service does not say when it was created, and the ledger does not know it';
  if (!isInMinuteOf(marked, created)) {
    return `it was created at ${formatInstant(created)}, not in the minute of its name`;
  }
  return isSameUser(token, standard, user) ? undefined : 'another user created it';
}

/** Tells whether a token was created in the minute that its name states, or in one beside it; times are in seconds. */
export function isInMinuteOf(marked: number, created: number): boolean {
  return Math.abs(Math.floor(created / minute) - marked / minute) <= 1;
}

/** Whether the ledger or the spool knows a token, by its ID and its creation time. */
function isOnRecord({ id, origin }: Observed, { entry, waiting }: TokenRecord): boolean {
  const known = [
    ...(entry?.id ? [{ id: entry.id, created: entry.created }] : []),
    ...(entry?.retire ?? []),
    ...(waiting ? [{ id: waiting.id, created: origin.created }] : []),
  ];
  return known.some((one) => sameId(one.id, id) && one.created === origin.created);
}

/** Whether the user of the run created a token; also if that can't be told. */
function isSameUser(
  { origin: { createdBy, createdByName } }: Observed,
  { makers }: Pick<Standard, 'makers'>,
  user: string,
): boolean {
  if (createdBy !== null && makers.has(createdBy)) return true;
  if (user && createdByName) return user.toLowerCase() === createdByName.toLowerCase();
  return createdBy === null || makers.size === 0;
}
