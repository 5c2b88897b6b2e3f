import type { SourceLocation } from '../core/model/errors.ts';

/** Something that can't be converted, and the reason. */
export interface Unconverted {
  readonly source: SourceLocation;
  readonly message: string;
}

/**
 * Returns a place as seen from another one: `line 5` in the same file, otherwise with the file. Without another one,
 * always with the file.
 */
export function relativePlace({ file, line }: SourceLocation, from?: SourceLocation): string {
  return file === from?.file ? `line ${line}` : `${file}:${line}`;
}
