import type { Emulator, Fault, TokenRequest } from '../../src/emulator/index.ts';
import type { Live } from '../crash/scenario.ts';
import type { Transport } from './repository.ts';

/** A token that has to exist at the end. */
export interface Expected {
  readonly address: string;
  /** Tells whether a live token belongs to the address. */
  readonly isOf: (name: string) => boolean;
  /** What the service has to report of it. */
  readonly as: Readonly<Record<string, unknown>>;
}

/** The work of a run whose host vanishes. */
export interface Scenario {
  readonly name: string;
  readonly seed: string;
  /** The environment with the address of the service. */
  readonly env: (url: string) => Readonly<Record<string, string>>;
  readonly transport: Transport;
  /** An earlier run on another host, and how many seconds passed since. */
  readonly earlier?: { readonly manifest: string; readonly pause: number };
  readonly manifest: string;
  /** The addresses whose tokens the run that is killed has to replace. */
  readonly replace: readonly string[];
  /** Faults of the service, by default none. */
  readonly fault?: (request: TokenRequest) => Fault;
  readonly expected: readonly Expected[];
  /** Seconds after which superseded tokens are due for deletion, where they aren't deleted at once. */
  readonly overlap?: number;
  /** Patterns of steps that the run must have. */
  readonly does: readonly RegExp[];
  /** All live tokens of the service but for those of others. */
  readonly live: (emulator: Emulator) => readonly Live[];
  /** The live tokens of others. */
  readonly others: (emulator: Emulator) => readonly Live[];
}

/** The text in a manifest that stands for the sink of a token. */
export const toSink = 'TO_SINK';
