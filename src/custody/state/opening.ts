import type { Store } from './store.ts';

/** The way to open a part of the state. */
export interface OpenOptions {
  readonly write: Store['write'];
  /** Called with the name of each corrupt file. */
  readonly onCorrupt: (name: string) => Promise<void>;
}
