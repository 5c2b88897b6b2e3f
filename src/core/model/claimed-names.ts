import type { Desired } from './desired.ts';

/** Returns the names that an entry claims, whether or not a token has them. */
export function claimedNames(desired: Pick<Desired, 'state' | 'name' | 'existing'>): readonly string[] {
  const wanted = desired.state === 'absent' ? undefined : desired.name;
  const present = desired.state === 'present' ? undefined : desired.existing;
  return [wanted, present].filter((name) => name !== undefined);
}
