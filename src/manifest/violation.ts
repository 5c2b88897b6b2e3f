import type { Path } from './yaml/path.ts';

/** A place where a document breaks a schema. */
export interface Violation {
  readonly path: Path;
  /** True if the key is wrong, not its value. */
  readonly key: boolean;
  readonly message: string;
  readonly hint?: string;
  /** Set if the value exceeds a bound. */
  readonly isBound?: true;
}
