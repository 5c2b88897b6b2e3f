import type { HubQuirks } from '../../../src/emulator/quirks.ts';
import type { Declared } from '../checks.ts';
import type { ServiceIn, ShownToken } from '../services/service.ts';
import type { MayDelete, Simulation } from '../simulation.ts';

/** What a manifest says of one token now, as far as its checks have to know. */
export interface Entry extends Declared {
  /** What the token is to be called. */
  readonly name: string;
  /** What it was called before; its name where it keeps that. */
  readonly old: string;
  /** The ID that the manifest gives. */
  readonly id?: string;
  /** Whether a token that differs in what can't be changed is to be replaced. */
  readonly allowReplace: boolean;
  readonly isAbsent: boolean;
  /** What it gives up of the tokens that there are. */
  readonly mayDelete: MayDelete;
  /** Whether the first machine renews its secret in place. */
  readonly renews?: boolean;
  /** The manifest's lines, on the first machine or another, whose tokens are for this repository. */
  readonly lines: (repository: string, isFirst: boolean) => readonly string[];
}

/** What people want of a service, and how that changes. */
export interface Scenario {
  readonly service: ServiceIn;
  readonly hubQuirks?: Partial<HubQuirks>;
  /** The names that are played with. */
  readonly names: readonly string[];
  /** Whether people make tokens that end soon, and the service some for itself. */
  readonly isUnusual: boolean;
  /** What is there before anything else. */
  begin(simulation: Simulation): void;
  entries(): readonly Entry[];
  /** People change the manifests, or some of what they say. */
  proceed(simulation: Simulation): void;
  /** They change what would not last. */
  settle(simulation: Simulation): void;
}

/** The sinks of a token in one of a few ways. */
export interface Sinks {
  readonly paths: readonly string[];
  /** As a value of `secret`. */
  readonly text: string;
}

/**
 * The program that stores a secret under the name that is its argument, for the format `command`. It is in `PATH`, as a plan
 * reads programs of the checkout.
 */
export const storeProgram = 'store';

/** The sinks that these formats make for a name. */
export function sinksOf(name: string, formats: readonly string[]): Sinks {
  const lines = formats.map((format) =>
    format === 'command'
      ? `{ command: { run: [${storeProgram}, ${name}] } }`
      : `{ file: { path: secrets/${name}.${format}, format: ${format} } }`,
  );
  return {
    paths: formats.map((format) => `secrets/${name}.${format}`),
    text: lines.length === 0 ? 'discard' : `[${lines.join(', ')}]`,
  };
}

/** Which formats a token's sinks may have. */
export const formatChoices: readonly (readonly string[])[] = [
  ['json'],
  ['json'],
  ['raw'],
  ['env'],
  ['kubernetes'],
  ['json', 'raw'],
  ['env', 'json'],
  [],
];

/** Writes a manifest for the first machine or another. */
export function manifestOf(entries: readonly Entry[], repository: string, isFirst: boolean): string {
  return [
    'apiVersion: reconcile/v1',
    'tokens:',
    ...entries.flatMap((entry) => entry.lines(repository, isFirst)),
    '',
  ].join('\n');
}

/** How late a program may look at what it was answered. */
const lastListing = 5_000;

/** Whether a run may take a token to have expired. */
export function isOver({ expiry = null }: ShownToken, now: number): boolean {
  return expiry !== null && expiry <= now + lastListing;
}
