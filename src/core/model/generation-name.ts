import type { Desired } from './desired.ts';

/** Pattern of a generation's name: the name of the family, and the creation time in UTC to the minute. */
const marked = /^(.+)-(\d{4})(\d{2})(\d{2})(\d{2})(\d{2})$/s;

const minute = 60;

/** Number of characters that the timestamp adds to a name. */
export const timestampSuffixLength = '-YYYYMMDDHHMM'.length;

/** Returns the name of the generation created at a time, in seconds since 1970: `ci-push-202611260930`. */
function generationName(base: string, at: number): string {
  return `${base}-${new Date(at * 1000).toISOString().slice(0, 16).replace(/\D/g, '')}`;
}

/** Returns the name for a new generation: of this minute, or of the next one that no other generation has. */
export function nextGenerationName(base: string, now: number, taken: ReadonlySet<string>): string {
  let at = now;
  while (taken.has(generationName(base, at))) at += minute;
  return generationName(base, at);
}

/** Returns the creation time in a generation's name, in seconds since 1970; `undefined` if the name has no timestamp. */
export function timestampOf(name: string): number | undefined {
  const [, , ...parts] = marked.exec(name) ?? [];
  if (parts.length === 0) return undefined;
  const [year = 0, month = 0, day = 0, hour = 0, minutes = 0] = parts.map(Number);
  const at = Date.UTC(year, month - 1, day, hour, minutes) / 1000;
  // A day or an hour that doesn't exist comes back as another one, so it is not the timestamp of a generation.
  return generationName('', at) === `-${parts.join('')}` ? at : undefined;
}

/** Returns the family that a name with a timestamp belongs to. */
export function familyNameOf(name: string): string | undefined {
  return timestampOf(name) === undefined ? undefined : marked.exec(name)?.[1];
}

/** Tells whether a token has the name of a successor, or of a later generation. Names are ordered by their timestamps. */
export function isSameOrLater(name: string, successor: string): boolean {
  return name >= successor;
}

/** Creates a function that returns the family of a name, if it is a generation of one of these; else the name itself. */
export function familyResolver(families: ReadonlySet<string>): (name: string) => string {
  return (name) => {
    const base = familyNameOf(name);
    return base !== undefined && families.has(base) ? base : name;
  };
}

/**
 * Returns the name that a token is recorded under. All generations of a family share one record. It holds the newest
 * generation and the superseded ones.
 */
export function ledgerName({ rotation }: Pick<Desired, 'rotation'>, name: string): string {
  return rotation && familyNameOf(name) === rotation.base ? rotation.base : name;
}
