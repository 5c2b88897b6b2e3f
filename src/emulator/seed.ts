import { parse } from 'yaml';
import { type EmulatorState, newToken, type ScopeState, stableUuid } from './state.ts';

/** What an emulator holds at the start. */
export interface Seed {
  readonly registries: readonly SeedRegistry[];
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
  const registries = list(mapping(root['ionos'] ?? {}, 'ionos')['registries'], 'ionos.registries');
  return {
    registries: registries.map((registry, index) => parseRegistry(registry, `ionos.registries[${index}]`)),
  };
}

/** The state that a seed describes. */
export function seedState(seed: Seed, now: number): EmulatorState {
  return new Map(
    seed.registries.map(({ tokens, ...registry }) => [
      registry.id,
      {
        ...registry,
        created: now,
        settings: {},
        tokens: new Map(
          tokens.map(({ id, expiryDate, ...token }) => [
            id,
            newToken({ ...token, expiry: expiryDate === null ? null : Date.parse(expiryDate) }, now, id),
          ]),
        ),
      },
    ]),
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
  const expiryDate = token['expiryDate'] ?? null;
  if (expiryDate !== null && Number.isNaN(Date.parse(String(expiryDate))))
    throw new Error(`${path}.expiryDate: no date`);
  return {
    id: text(token['id'] ?? stableUuid(`token ${registry} ${name}`), `${path}.id`),
    name,
    status: text(token['status'] ?? 'enabled', `${path}.status`),
    expiryDate: expiryDate === null ? null : String(expiryDate),
    scopes: list(token['scopes'], `${path}.scopes`).map((item, index) => {
      const scope = mapping(item, `${path}.scopes[${index}]`);
      return {
        type: text(scope['type'], `${path}.scopes[${index}].type`),
        name: text(scope['name'], `${path}.scopes[${index}].name`),
        actions: list(scope['actions'], `${path}.scopes[${index}].actions`).map(String),
      };
    }),
  };
}

function mapping(value: unknown, path: string): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new Error(`${path}: expected a mapping`);
  return value as Readonly<Record<string, unknown>>;
}

function list(value: unknown, path: string): readonly unknown[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw new Error(`${path}: expected a list`);
  return value;
}

function text(value: unknown, path: string): string {
  if (typeof value !== 'string' || value === '') throw new Error(`${path}: expected a text`);
  return value;
}
