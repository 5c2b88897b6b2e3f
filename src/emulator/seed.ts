import { parse } from 'yaml';
import type { LostRequest } from './fate.ts';
import type { Intervention } from './intervene.ts';
import type { Quirks } from './quirks.ts';
import { parseQuirks } from './seed-quirks.ts';
import { date, list, mapping, scopes, text } from './seed-values.ts';
import { type EmulatorState, newToken, type ScopeState, stableUuid } from './state.ts';
import { mainUser } from './users.ts';

/** What an emulator holds at the start. */
export interface Seed {
  readonly registries: readonly SeedRegistry[];
  readonly quirks?: Partial<Quirks>;
  /** The requests whose answers don't arrive, or not whole. */
  readonly lost?: readonly LostRequest[];
  /** What somebody else does between our requests. */
  readonly secondActor?: readonly Intervention[];
}

/** A registry of a seed. */
export interface SeedRegistry {
  readonly id: string;
  readonly name: string;
  readonly location: string;
  readonly hostname: string;
  readonly state: string;
  readonly tokens: readonly SeedToken[];
}

/** A token of a seed. */
export interface SeedToken {
  readonly id: string;
  readonly name: string;
  readonly status: string;
  readonly expiryDate: string | null;
  readonly scopes: readonly ScopeState[];
}

/** Reads a seed: `examples/emulator/seed.yaml` shows the form. Throws an error that names the path. */
export function parseSeed(text: string): Seed {
  const root = mapping(parse(text), 'the seed');
  const listed = list(mapping(root['ionos'] ?? {}, 'ionos')['registries'], 'ionos.registries');
  const registries = listed.map((registry, index) => parseRegistry(registry, `ionos.registries[${index}]`));
  const names = registries.map(({ name }) => name);
  return { registries, ...parseQuirks(root['quirks'] ?? {}, 'quirks', names) };
}

/** The state that a seed describes. */
export function seedState(seed: Seed, now: number): EmulatorState {
  return new Map(
    seed.registries.map(({ tokens, ...registry }) => {
      const states = tokens.map(({ id, expiryDate, ...token }) => {
        const expiry = expiryDate === null ? null : Date.parse(expiryDate);
        return newToken({ ...token, expiry, createdBy: mainUser }, now, id);
      });
      const always = { from: Number.NEGATIVE_INFINITY, until: Number.POSITIVE_INFINITY };
      return [
        registry.id,
        {
          ...registry,
          created: now,
          settings: {},
          tokens: new Map(states.map((token) => [token.id, token])),
          list: new Map(states.map((token) => [token.id, { token, ...always }])),
        },
      ];
    }),
  );
}

function parseRegistry(value: unknown, path: string): SeedRegistry {
  const registry = mapping(value, path);
  const name = text(registry['name'], `${path}.name`);
  const location = text(registry['location'] ?? 'de/fra', `${path}.location`);
  return {
    id: text(registry['id'] ?? stableUuid(`registry ${name}`), `${path}.id`),
    name,
    location,
    hostname: text(
      registry['hostname'] ?? `${name}.cr.${location.replace('/', '-')}.ionos.com`,
      `${path}.hostname`,
    ),
    state: text(registry['state'] ?? 'Running', `${path}.state`),
    tokens: list(registry['tokens'], `${path}.tokens`).map((token, index) =>
      parseToken(token, `${path}.tokens[${index}]`, name),
    ),
  };
}

function parseToken(value: unknown, path: string, registry: string): SeedToken {
  const token = mapping(value, path);
  const name = text(token['name'], `${path}.name`);
  return {
    id: text(token['id'] ?? stableUuid(`token ${registry} ${name}`), `${path}.id`),
    name,
    status: text(token['status'] ?? 'enabled', `${path}.status`),
    expiryDate: date(token['expiryDate'], `${path}.expiryDate`),
    scopes: scopes(token['scopes'], `${path}.scopes`),
  };
}
