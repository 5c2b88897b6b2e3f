import type { Problem, SourceLocation } from '../../core/model/errors.ts';
import type { Path } from './path.ts';

/** One YAML document of a file. */
export interface ManifestDocument {
  readonly file: string;
  readonly apiVersion: unknown;
  readonly empty: boolean;
  /** Errors in its YAML, with places. */
  readonly syntax: readonly Problem[];
  /** Returns the document's value. Throws if aliases expand past the bound, or can't be resolved. */
  value(): unknown;
  /** Returns the place of a value, or of its key; that of the nearest ancestor if it doesn't exist. */
  at(path: Path, what?: 'value' | 'key'): SourceLocation;
}
