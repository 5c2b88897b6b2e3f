import type { Desired } from './model.ts';

/** The names that an entry has a hand in, whatever is live. */
export function namesOf(desired: Pick<Desired, 'state' | 'name' | 'ref'>): readonly string[] {
  const wanted = desired.state === 'absent' ? undefined : desired.name;
  const present = desired.state === 'present' ? undefined : desired.ref;
  return [wanted, present].filter((name) => name !== undefined);
}
