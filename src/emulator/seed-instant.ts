/** An instant of a seed: absolute in milliseconds since 1970, or in milliseconds from the start of the emulator. */
export type SeedInstant = { readonly at: number } | { readonly in: number };

/** Returns the time of an instant in milliseconds since 1970; `now` is the start of the emulator. */
export function resolveInstant(instant: SeedInstant, now: number): number {
  return 'at' in instant ? instant.at : now + instant.in;
}
