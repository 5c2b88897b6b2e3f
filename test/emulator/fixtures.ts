import { createEmulator, type EmulatorOptions } from '../../src/emulator/index.ts';
import { parseSeed } from '../../src/emulator/seed.ts';

/** The start of the clock of these emulators. */
export const start = Date.parse('2030-01-01T00:00:00Z');

const registryId = '00000000-0000-4000-8000-000000000001';

/** The path of the tokens of `team-a`. */
export const tokensPath = `/containerregistries/registries/${registryId}/tokens`;

export interface TokenBody {
  readonly id: string;
  readonly metadata: Readonly<Record<string, string | null>>;
  readonly properties: {
    readonly name: string;
    readonly status: string;
    readonly expiryDate: string | null;
    readonly scopes: readonly unknown[];
    readonly credentials: { readonly username: string; readonly password: string };
  };
}

interface Setup extends Omit<EmulatorOptions, 'seed'> {
  /** Tokens of the seed, as YAML. */
  readonly tokens?: string;
  /** Quirks of the seed, as YAML. */
  readonly seedQuirks?: string;
}

/** Returns a seed with the registry `team-a`. */
export function seedOf(tokens = '[]', quirks = '{}'): string {
  return `
ionos: { registries: [{ id: ${registryId}, name: team-a, tokens: ${tokens} }] }
quirks: ${quirks}
`;
}

/** Creates a clock that moves only on request, and wakes sleepers in order. */
export function createManualClock() {
  let now = start;
  let sleepers: { readonly due: number; readonly wake: () => void }[] = [];
  return {
    now: () => now,
    sleep: (milliseconds: number) =>
      new Promise<void>((wake) => {
        sleepers.push({ due: now + milliseconds, wake });
      }),
    advance: (milliseconds: number): void => {
      now += milliseconds;
      const due = sleepers.filter((sleeper) => sleeper.due <= now).sort((a, b) => a.due - b.due);
      sleepers = sleepers.filter((sleeper) => sleeper.due > now);
      for (const { wake } of due) wake();
    },
  };
}

/** Creates an emulator with the registry `team-a` on a manual clock. */
export function createTeamEmulator({ tokens, seedQuirks, ...options }: Setup = {}) {
  const clock = createManualClock();
  const emulator = createEmulator({
    now: clock.now,
    sleep: clock.sleep,
    ...options,
    seed: parseSeed(seedOf(tokens, seedQuirks)),
  });

  const call = (method: string, path = '', body?: unknown, authorization = 'Bearer emulator') =>
    emulator.fetch(
      new Request(`https://api.example${tokensPath}${path}`, {
        method,
        headers: { authorization, 'content-type': 'application/json' },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      }),
    );
  const post = (name: string, more: object = {}, authorization?: string) =>
    call('POST', '', { properties: { name, ...more } }, authorization);

  return {
    emulator,
    advance: clock.advance,
    call,
    post,
    create: async (name: string, more: object = {}): Promise<TokenBody> =>
      (await (await post(name, more)).json()) as TokenBody,
    read: async (id: string): Promise<TokenBody> => (await (await call('GET', `/${id}`)).json()) as TokenBody,
    listed: async (): Promise<readonly TokenBody[]> =>
      ((await (await call('GET')).json()) as { items: readonly TokenBody[] }).items,
    /** Returns the names of the listed tokens. */
    names: async (): Promise<readonly string[]> =>
      ((await (await call('GET')).json()) as { items: readonly TokenBody[] }).items.map(
        ({ properties }) => properties.name,
      ),
    /** Returns the names of the live tokens. */
    live: (): readonly string[] => emulator.tokens('team-a').map(({ name }) => name),
  };
}
