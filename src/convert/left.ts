import type { Source } from '../core/errors.ts';

/** Something that is not converted as it stands, and why. */
export interface Left {
  readonly source: Source;
  readonly message: string;
}

/** Writes a place as it is seen from another one: `line 5`, or with its file. */
export function placeText({ file, line }: Source, from?: Source): string {
  return file === from?.file ? `line ${line}` : `${file}:${line}`;
}
