import type { Desired } from '../model/desired.ts';
import { familyNameOf, timestampOf } from '../model/generation-name.ts';
import type { RetiredToken } from '../model/plan.ts';
import type { Observed } from '../model/token.ts';
import { sameId } from '../model/token-id.ts';
import { formatInstant } from '../util/instant.ts';
import { isInMinuteOf } from './rotation/membership.ts';

/** The parts of an entry that name tokens. */
type Naming = Pick<Desired, 'name' | 'existing' | 'id' | 'rotation'>;

/**
 * Returns why a token listed as superseded in the ledger must be left alone; `undefined` if it may be deleted. The ledger
 * and the spool are files that others may be able to write, so they are not enough: the token has to match its record
 * exactly, and it has to be related to the entry (docs/custody.md).
 */
export function keepReason(token: Observed, old: RetiredToken, entry: Naming): string | undefined {
  if (token.name !== old.name) return `it is now named ${token.name}, not ${old.name}`;
  const { created } = token.origin;
  // A time that is not recorded matches only if the service doesn't show one either.
  if (created !== old.created) return `it was created ${timeOf(created)}, not ${timeOf(old.created)}`;
  return isNamesake(token, entry) ? undefined : 'its name does not belong to this entry';
}

/**
 * Tells whether a token has a name of the entry, has the name of one of its generations, or is named by the entry as the old token. If
 * the entry has no `rotate` (any more), a generation must have been created in the minute of its name.
 */
export function isNamesake(token: Observed, entry: Naming): boolean {
  const { id, name } = token;
  const { name: wanted, existing, id: stated, rotation } = entry;
  const base = rotation?.base ?? wanted;
  return (
    [wanted, existing, base].includes(name) ||
    (base !== undefined &&
      familyNameOf(name) === base &&
      (rotation !== undefined || isMadeInItsMinute(token))) ||
    [stated, existing].some((known) => known !== undefined && sameId(known, id))
  );
}

function isMadeInItsMinute({ name, origin: { created } }: Observed): boolean {
  const marked = timestampOf(name);
  return marked !== undefined && created !== null && isInMinuteOf(marked, created);
}

function timeOf(seconds: number | null): string {
  return seconds === null ? 'at an unknown time' : `at ${formatInstant(seconds)}`;
}
