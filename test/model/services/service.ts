import type { Emulator } from '../../../src/emulator/index.ts';
import type { Lags } from '../../../src/emulator/timing.ts';
import type { Random } from '../random.ts';

/** A token as an answer shows it. */
export interface ShownToken {
  readonly id: string;
  readonly name: string;
  /** Whether the service generated it. */
  readonly generated?: boolean;
  /** The expiry in milliseconds since 1970; `null` for never. */
  readonly expiry?: number | null;
}

/** A token as it is. */
export interface LiveToken extends ShownToken {
  /** Whether it is switched on. */
  readonly enabled: boolean;
}

/** A token that was just made. */
export interface MadeToken extends ShownToken {
  readonly password: string;
}

/** What a person makes. */
export interface PersonsToken {
  readonly name: string;
  /** Who they are for the service. */
  readonly user: string;
  /** Its repository: by default one that no manifest of the simulation requests. */
  readonly repository: string;
  readonly generated?: boolean;
  readonly expiry?: number | null;
}

/** The tokens of a service as the simulation needs them. */
export interface Service {
  /** Whether no two tokens can bear one name. */
  readonly uniqueNames: boolean;
  /** Whether a token shows which attempt has made it, so that it needs no evidence. */
  readonly provesOwner: boolean;
  /** Whether only tokens of runs show how they were made, so that those of people prove nothing. */
  readonly marksOnlyRuns?: true;
  /** Whether only listings tell which attempt has made a token, so that of two that are alike neither is told apart. */
  readonly onlyListed?: true;
  /** The number of tokens that a plan counts with, if the service has a limit. */
  readonly quota?: number;
  /** The method of changes, PATCH by default. A PUT is a create otherwise. */
  readonly changeMethod?: 'PUT';
  /** Handles a request; absent if the emulator does. */
  readonly fetch?: (request: Request) => Promise<Response>;
  /** The environment of a run. */
  readonly env: Readonly<Record<string, string>>;
  /** A URL as traces show it: `/tokens` with what follows, for tokens. */
  pathOf(url: string): string;
  /** The name that a create, or a patch, asks for. */
  nameIn(body: string): string | undefined;
  /** The secret that a PATCH sets, if the service has such requests. */
  readonly secretIn?: (body: string) => string;
  /** The token in an answer; `undefined` where it is cut short. */
  shown(text: string): MadeToken | undefined;
  /** The tokens of a list. */
  listed(text: string): readonly ShownToken[];
  /** An answer with its secret left out. */
  withoutSecret(text: string): string;
  /** The tokens that there are, whatever reads show. */
  live(): readonly LiveToken[];
  /** The user name that goes with the secret of a token of this name. */
  userOf(name: string): string;
  create(token: PersonsToken): MadeToken;
  /** Absent where a token can only be deleted. */
  readonly disable?: (id: string) => void;
  delete(id: string): void;
}

/** What a service that no emulator plays needs. */
export interface ServiceHost {
  readonly random: Random;
  /** Returns the server's clock, in milliseconds since 1970. */
  readonly now: () => number;
  readonly lags: Partial<Lags>;
}

/** A service as an emulator, or something else, plays it. */
export type ServiceIn = (emulator: Emulator, host: ServiceHost) => Service;

/** The ID in a path as `pathOf` gives it; empty for the list. */
export function idIn(path: string): string {
  return /^\/tokens\/([^/?]+)/.exec(path)?.[1] ?? '';
}

/** JSON, unless it is cut short. */
export function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
