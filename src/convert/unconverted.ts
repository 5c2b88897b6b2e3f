import type { SourceLocation } from '../core/model/errors.ts';

/** Something that is not converted as it stands, and why. */
export interface Unconverted {
  readonly source: SourceLocation;
  readonly message: string;
}

/** Writes a place as it is seen from another one: `line 5`, or with its file. */
export function placeText({ file, line }: SourceLocation, from?: SourceLocation): string {
  return file === from?.file ? `line ${line}` : `${file}:${line}`;
}
