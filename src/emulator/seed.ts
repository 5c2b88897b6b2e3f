import { parse } from 'yaml';
import type { HubSeed } from './docker-hub/seed.ts';
import { parseHub } from './docker-hub/seed-parse.ts';
import { parseHubQuirks } from './docker-hub/seed-quirks.ts';
import { type IonosSeed, parseRegistries } from './ionos/seed.ts';
import { parseIonosQuirks } from './ionos/seed-quirks.ts';
import { readMapping } from './seed-values.ts';

export type { HubSeed, SeedOrganization, SeedUser } from './docker-hub/seed.ts';
export type { SeedOrgToken, SeedPersonalToken } from './docker-hub/seed-tokens.ts';
export type { SeedRegistry, SeedToken } from './ionos/seed.ts';

/** The initial content of an emulator. */
export interface Seed extends IonosSeed {
  readonly dockerHub?: HubSeed;
}

/** Reads a seed: `examples/emulator/seed.yaml` shows the form. Throws an error that names the path. */
export function parseSeed(text: string): Seed {
  const root = readMapping(parse(text), 'the seed');
  const { docker_hub: hubQuirks, ...quirks } = readMapping(root['quirks'] ?? {}, 'quirks');
  const registries = parseRegistries(root['ionos'] ?? {}, 'ionos');
  const names = registries.map(({ name }) => name);
  return {
    registries,
    ...parseIonosQuirks(quirks, 'quirks', names),
    dockerHub: {
      ...parseHub(root['docker_hub'] ?? {}, 'docker_hub'),
      ...parseHubQuirks(hubQuirks ?? {}, 'quirks.docker_hub'),
    },
  };
}
