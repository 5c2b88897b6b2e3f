import { parse } from 'yaml';
import type { HubSeed } from './docker-hub/seed.ts';
import { parseHub } from './docker-hub/seed-parse.ts';
import { parseHubQuirks } from './docker-hub/seed-quirks.ts';
import type { GitlabSeed } from './gitlab/seed.ts';
import { parseGitlab } from './gitlab/seed-parse.ts';
import { parseGitlabQuirks } from './gitlab/seed-quirks.ts';
import type { HarborSeed } from './harbor/seed.ts';
import { parseHarbor } from './harbor/seed-parse.ts';
import { parseHarborQuirks } from './harbor/seed-quirks.ts';
import type { IonosSeed } from './ionos/seed.ts';
import { parseRegistries } from './ionos/seed-parse.ts';
import { parseIonosQuirks } from './ionos/seed-quirks.ts';
import { readMapping } from './seed-values.ts';

export type { HubSeed, SeedHubUser, SeedOrganization } from './docker-hub/seed.ts';
export type { SeedOrgToken, SeedPersonalToken } from './docker-hub/seed-tokens.ts';
export type { GitlabSeed, SeedGitlabUser, SeedResource } from './gitlab/seed.ts';
export type { SeedAccessToken, SeedDeployToken } from './gitlab/seed-token.ts';
export type { HarborSeed, SeedPerson, SeedProject } from './harbor/seed.ts';
export type { SeedRobot } from './harbor/seed-robot.ts';
export type { SeedRegistry, SeedRegistryToken } from './ionos/seed.ts';

/** The initial content of all services. That of IONOS is at the top level. */
export interface Seed extends IonosSeed {
  readonly dockerHub?: HubSeed;
  readonly harbor?: HarborSeed;
  readonly gitlab?: GitlabSeed;
}

/**
 * Reads a seed in YAML, in the form of `examples/emulator/seed.yaml`. Throws an error that names the path of an
 * invalid value.
 */
export function parseSeed(text: string): Seed {
  const root = readMapping(parse(text), 'the seed');
  const {
    docker_hub: hubQuirks,
    harbor: harborQuirks,
    gitlab: gitlabQuirks,
    ...quirks
  } = readMapping(root['quirks'] ?? {}, 'quirks');
  const registries = parseRegistries(root['ionos'] ?? {}, 'ionos');
  const harbor = parseHarbor(root['harbor'] ?? {}, 'harbor');
  const ofHarbor = parseHarborQuirks(harborQuirks ?? {}, 'quirks.harbor');
  const gitlab = parseGitlab(root['gitlab'] ?? {}, 'gitlab');
  const ofGitlab = parseGitlabQuirks(gitlabQuirks ?? {}, 'quirks.gitlab');
  const names = registries.map(({ name }) => name);
  return {
    registries,
    ...parseIonosQuirks(quirks, 'quirks', names),
    dockerHub: {
      ...parseHub(root['docker_hub'] ?? {}, 'docker_hub'),
      ...parseHubQuirks(hubQuirks ?? {}, 'quirks.docker_hub'),
    },
    harbor: { ...harbor, ...ofHarbor, quirks: { ...harbor.quirks, ...ofHarbor.quirks } },
    gitlab: { ...gitlab, ...ofGitlab, quirks: { ...gitlab.quirks, ...ofGitlab.quirks } },
  };
}
