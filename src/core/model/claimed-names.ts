import type { Desired } from './model.ts';

/** The names that an entry has a hand in, whatever is live. */
export function claimedNames(desired: Pick<Desired, 'state' | 'name' | 'existing'>): readonly string[] {
  const wanted = desired.state === 'absent' ? undefined : desired.name;
  const present = desired.state === 'present' ? undefined : desired.existing;
  return [wanted, present].filter((name) => name !== undefined);
}
