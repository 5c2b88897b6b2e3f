import type { Desired } from './model.ts';

/** What a generation is called: the name of its family, and when it was made, in UTC to the minute. */
const marked = /^(.+)-(\d{4})(\d{2})(\d{2})(\d{2})(\d{2})$/s;

const minute = 60;

/** So many characters the mark adds to a name. */
export const timestampSuffixLength = '-YYYYMMDDHHMM'.length;

/** The name of the generation that is made at a time, in seconds since 1970: `ci-push-202611260930`. */
function generationName(base: string, at: number): string {
  return `${base}-${new Date(at * 1000).toISOString().slice(0, 16).replace(/\D/g, '')}`;
}

/** The name for a new generation: of now, or of the next minute that no other generation bears. */
export function nextGenerationName(base: string, now: number, taken: ReadonlySet<string>): string {
  let at = now;
  while (taken.has(generationName(base, at))) at += minute;
  return generationName(base, at);
}

/** When a generation was made by its name, in seconds since 1970; `undefined` where the name has no mark. */
export function timestampOf(name: string): number | undefined {
  const [, , ...parts] = marked.exec(name) ?? [];
  if (parts.length === 0) return undefined;
  const [year = 0, month = 0, day = 0, hour = 0, minutes = 0] = parts.map(Number);
  const at = Date.UTC(year, month - 1, day, hour, minutes) / 1000;
  // A day or an hour that doesn't exist comes back as another: that is no mark of ours.
  return generationName('', at) === `-${parts.join('')}` ? at : undefined;
}

/** The family that a name with a mark belongs to. */
export function familyNameOf(name: string): string | undefined {
  return timestampOf(name) === undefined ? undefined : marked.exec(name)?.[1];
}

/** Whether a token has the name of a successor, or of a later generation: by their marks names follow each other. */
export function isSameOrLater(name: string, successor: string): boolean {
  return name >= successor;
}

/** Tells of a name whose it is: its own, or that of the family of these that it is a generation of. */
export function familyResolver(families: ReadonlySet<string>): (name: string) => string {
  return (name) => {
    const base = familyNameOf(name);
    return base !== undefined && families.has(base) ? base : name;
  };
}

/**
 * The name that a token is on record under. All generations of a family share one record: it tells which is the newest,
 * and which are to go.
 */
export function ledgerName({ rotation }: Pick<Desired, 'rotation'>, name: string): string {
  return rotation && familyNameOf(name) === rotation.base ? rotation.base : name;
}
