import type { Sealing } from './sealing.ts';
import type { Store } from './store.ts';

/** The way to open a part of the state. */
export interface OpenOptions {
  readonly write: Store['write'];
  /** Encrypts and decrypts secrets; absent if they are stored as they are. */
  readonly sealing?: Sealing;
  /** The folder that paths are relative to, if other machines read the store too; absent if they are absolute. */
  readonly base?: string;
  /** True if the run may need the secrets themselves. */
  readonly opensSecrets: boolean;
  /** Called with the name of each corrupt file, and what is wrong with it: `is corrupt` by default. */
  readonly onCorrupt: (name: string, what?: string) => Promise<void>;
}
