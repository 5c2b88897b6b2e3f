import type { SourceLocation } from '../core/model/errors.ts';

/** Something that can't be converted, and the reason. */
export interface Unconverted {
  readonly source: SourceLocation;
  readonly message: string;
}

/** Returns a place relative to another one: `line 5`, or with its file. */
export function relativePlace({ file, line }: SourceLocation, from?: SourceLocation): string {
  return file === from?.file ? `line ${line}` : `${file}:${line}`;
}
