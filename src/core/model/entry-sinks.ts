import type { Desired, Sink } from './model.ts';

/** Returns the sinks of an entry. */
export function sinksOf({ secret }: Pick<Desired, 'secret'>): readonly Sink[] {
  return Array.isArray(secret) ? secret : [];
}
