import type { Emulator } from '../../src/emulator/index.ts';

/** A live token of a service. */
export interface Live {
  readonly id: string;
  readonly name: string;
  readonly password: string;
}

/** A file that a secret is written to. */
export interface SinkFile {
  /** Its name in the ledger. */
  readonly sink: string;
  /** Relative to the manifest's folder. */
  readonly file: string;
  /** What is read there; the ID where it tells. */
  readonly read: (text: string) => Promise<{ readonly password: string; readonly id?: string }>;
}

/** A token that has to exist at the end. */
export interface Expected {
  readonly name: string;
  readonly sinkFiles: readonly SinkFile[];
  /** What the service has to say of it. */
  readonly as: Readonly<Record<string, unknown>>;
  /**
   * Whether it is a new one in any case, or only if the killed run has begun to replace it; or what it was
   * called when the earlier run made it.
   */
  readonly made: 'always' | 'if_begun' | { readonly as: string };
}

/** The work of a run that is killed. */
export interface Scenario {
  readonly name: string;
  readonly seed: string;
  /** The environment with the address of the service. */
  readonly env: (url: string) => Readonly<Record<string, string>>;
  /** The tokens that an earlier run makes, and what this one wants of them and others. */
  readonly earlier: string;
  readonly manifest: (made: readonly Live[]) => string;
  /** What of the state directory the killed run has to make again, though the earlier one has made it. */
  readonly unmade: readonly string[];
  /** The addresses whose tokens the killed run has to replace. */
  readonly replace: readonly string[];
  readonly tokens: readonly Expected[];
  /** The addresses whose tokens are deleted. */
  readonly absent?: readonly string[];
  /** Patterns of steps that the run must have. */
  readonly does: readonly RegExp[];
  /** All live tokens of the service but for those of others. */
  readonly live: (emulator: Emulator) => readonly Live[];
  /** The live tokens that are none of our business, though they may be called as ours are. */
  readonly others: (emulator: Emulator) => readonly Live[];
}
