import { defaultUser } from '../callers.ts';
import { createCollection } from '../read-lag.ts';
import type { SeedQuirks } from '../seed-quirks.ts';
import type { IonosQuirks } from './quirks.ts';
import type { IonosIntervention } from './second-actor.ts';
import { type IonosState, newToken, type ScopeState } from './state.ts';

/** The initial content of the IONOS service, and its faults. */
export interface IonosSeed extends Partial<SeedQuirks<IonosQuirks, IonosIntervention>> {
  readonly registries: readonly SeedRegistry[];
}

/** A registry of a seed, with its tokens. */
export interface SeedRegistry {
  readonly id: string;
  readonly name: string;
  readonly location: string;
  readonly hostname: string;
  readonly state: string;
  readonly tokens: readonly SeedRegistryToken[];
}

/** A token of a seed; `expiryDate` as the API writes it, null for never. */
export interface SeedRegistryToken {
  readonly id: string;
  readonly name: string;
  readonly status: string;
  readonly expiryDate: string | null;
  readonly scopes: readonly ScopeState[];
}

/** Returns the state at the start of the emulator. The default user created all tokens, at the start. */
export function seedIonosState(seed: Pick<IonosSeed, 'registries'>, now: number): IonosState {
  return new Map(
    seed.registries.map(({ tokens, ...registry }) => {
      const states = tokens.map(({ id, expiryDate, ...token }) => {
        const expiry = expiryDate === null ? null : Date.parse(expiryDate);
        return newToken({ ...token, expiry, createdBy: defaultUser }, now, id);
      });
      return [registry.id, { ...registry, created: now, settings: {}, ...createCollection(states) }];
    }),
  );
}
