import type { Lease } from './lease.ts';
import type { Sealing } from './sealing.ts';

/** The name of the ledger in a store. */
export const ledgerFile = 'custody.json';
/** The folder of the spool in a store. */
export const spoolFolder = 'spool';

/** A change of one file of the state, by its name: `custody.json`, or `spool/` with the name of an attempt's file. */
export interface FileChange {
  readonly name: string;
  /** Returns the content at the time of the write, so that a write that had to wait has the latest; `null` removes the file. */
  readonly content: (() => string) | null;
}

/** The result of trying to hold the state: if it has changed since it was read, it has to be read again. */
export type HoldResult = 'held' | 'changed' | 'expired';

/** The options of waiting for another run that holds the state. */
export interface WaitOptions {
  readonly lockTimeoutSeconds: number;
  readonly signal: AbortSignal;
  /** Called once with the run that is waited for. */
  readonly onWait?: (owner: string) => void;
  /** Called with the run whose lease ended without a release, before it is taken over. */
  readonly onTakeOver?: (owner: string) => void;
}

/** The requirements of a run on a state that it holds. */
export interface HoldOptions extends WaitOptions {
  /** The longest timeout of the sinks that it may deliver to, in seconds. */
  readonly sinkTimeoutSeconds: number;
}

/**
 * A place for the files of the state, with a lock. Its use is `read`, then `hold` before the first write, then `release`.
 */
export interface Store {
  /** The place as messages name it. */
  readonly label: string;
  /** The folder that recorded paths are relative to, absolute. */
  readonly base: string;
  /** The folder that belongs to the store, in which no sink may write; `undefined` if there is none. */
  readonly folder: string | undefined;
  /**
   * Reads all files, by their names. Writes nothing.
   * @param willWrite takes the lock of a store that locks runs from their first read
   */
  read(willWrite?: WaitOptions): Promise<ReadonlyMap<string, string>>;
  /**
   * Takes the right to write. `changed`: another run has written since `read`, so that its result is outdated.
   * `expired`: the run that held the state has ended without releasing it; see `takeOver`.
   */
  hold(options: HoldOptions): Promise<HoldResult>;
  /** Takes over from a run that has ended, with the changes written so far. Everything has to be read again afterwards. */
  takeOver(): Promise<void>;
  /**
   * Writes changes. They are durable when the promise resolves; if `deferred`, they may be written with the next ones, and
   * at the latest by `flush` or `release`.
   */
  write(changes: readonly FileChange[], urgency: 'now' | 'deferred'): Promise<void>;
  /** Throws if the store can't be written, as far as that shows without writing. */
  assertWritable(): Promise<void>;
  /** Makes all changes durable. */
  flush(): Promise<void>;
  /**
   * Sets a file aside that can't be used, and returns its new place. Throws if the store can't keep such files.
   *
   * @param what what is wrong with it: a verb and the rest of a sentence
   */
  setAside(name: string, what: string): Promise<string>;
  /** Returns the run that holds the state, as messages name it; `undefined` if none does. */
  holder(): Promise<string | undefined>;
  /**
   * Removes the lock or the lease of a run that is surely dead. Returns false if another run, or none, holds the state by now.
   * @param holder the run, as `holder` has returned it
   */
  unlock(holder: string): Promise<boolean>;
  /** Makes all changes durable and gives up the right to write. */
  release(): Promise<void>;
  /** Releases what is held and removes everything temporary. Never throws. */
  close(): Promise<void>;
  readonly lease: Lease;
  /** Encrypts the secrets in the store; absent if only its owner can read it. */
  readonly sealing?: Sealing;
}
