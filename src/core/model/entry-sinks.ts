import type { Desired } from './desired.ts';
import type { Sink } from './sink.ts';

/** Returns the sinks of an entry. */
export function sinksOf({ secret }: Pick<Desired, 'secret'>): readonly Sink[] {
  return Array.isArray(secret) ? secret : [];
}
