import { stableUuid } from '../ids.ts';
import { readDate, readList, readMapping, readString } from '../seed-values.ts';
import type { SeedRegistry, SeedRegistryToken } from './seed.ts';
import type { ScopeState } from './state.ts';

/** Reads the part `ionos` of a seed. IDs that are not given depend on names only. */
export function parseRegistries(value: unknown, path: string): readonly SeedRegistry[] {
  return readList(readMapping(value, path)['registries'], `${path}.registries`).map((registry, index) =>
    parseRegistry(registry, `${path}.registries[${index}]`),
  );
}

/** Reads the scopes of a token; none if they are missing. */
export function readScopes(value: unknown, path: string): readonly ScopeState[] {
  return readList(value, path).map((item, index) => {
    const scope = readMapping(item, `${path}[${index}]`);
    return {
      type: readString(scope['type'], `${path}[${index}].type`),
      name: readString(scope['name'], `${path}[${index}].name`),
      actions: readList(scope['actions'], `${path}[${index}].actions`).map(String),
    };
  });
}

function parseRegistry(value: unknown, path: string): SeedRegistry {
  const registry = readMapping(value, path);
  const name = readString(registry['name'], `${path}.name`);
  const location = readString(registry['location'] ?? 'de/fra', `${path}.location`);
  return {
    id: readString(registry['id'] ?? stableUuid(`registry ${name}`), `${path}.id`),
    name,
    location,
    hostname: readString(
      registry['hostname'] ?? `${name}.cr.${location.replace('/', '-')}.ionos.com`,
      `${path}.hostname`,
    ),
    state: readString(registry['state'] ?? 'Running', `${path}.state`),
    tokens: readList(registry['tokens'], `${path}.tokens`).map((token, index) =>
      parseToken(token, `${path}.tokens[${index}]`, name),
    ),
  };
}

function parseToken(value: unknown, path: string, registry: string): SeedRegistryToken {
  const token = readMapping(value, path);
  const name = readString(token['name'], `${path}.name`);
  return {
    id: readString(token['id'] ?? stableUuid(`token ${registry} ${name}`), `${path}.id`),
    name,
    status: readString(token['status'] ?? 'enabled', `${path}.status`),
    expiryDate: readDate(token['expiryDate'], `${path}.expiryDate`),
    scopes: readScopes(token['scopes'], `${path}.scopes`),
  };
}
