import type { Path } from './yaml/document.ts';

/** A place where a document breaks a schema. */
export interface Violation {
  readonly path: Path;
  /** Whether the key is wrong, not its value. */
  readonly key: boolean;
  readonly message: string;
  readonly hint?: string;
  /** Whether the value is larger than any may be. */
  readonly isBound?: true;
}
