import type { Emulator } from '../../src/emulator/index.ts';

/** A token as its service knows it. */
export interface Live {
  readonly id: string;
  readonly name: string;
  readonly password: string;
}

/** Somewhere that a secret belongs. */
export interface Place {
  /** As the ledger calls it. */
  readonly sink: string;
  /** Relative to the manifest's folder. */
  readonly file: string;
  /** What is read there; the ID where it tells. */
  readonly read: (text: string) => Promise<{ readonly password: string; readonly id?: string }>;
}

/** A token that there has to be in the end. */
export interface Expected {
  readonly name: string;
  readonly places: readonly Place[];
  /** What the service has to say of it. */
  readonly as: Readonly<Record<string, unknown>>;
  /** Whether it is a new one in any case, or only where the killed run has begun to make it anew. */
  readonly made: 'always' | 'if_begun';
}

/** What a run is to do that is killed while it does it. */
export interface Scenario {
  readonly name: string;
  readonly seed: string;
  /** The variables that lead to the service. */
  readonly env: (url: string) => Readonly<Record<string, string>>;
  /** The tokens that an earlier run has made, and what this one wants. */
  readonly earlier: string;
  readonly manifest: string;
  /** The addresses whose tokens the killed run is told to make anew. */
  readonly replace: readonly string[];
  readonly tokens: readonly Expected[];
  /** What there has to be among the steps of the run. */
  readonly does: readonly RegExp[];
  /** All live tokens of the service. */
  readonly live: (emulator: Emulator) => readonly Live[];
}
