import type { NewToken } from '../../../src/emulator/index.ts';
import type { SeedRegistry } from '../../../src/emulator/seed.ts';
import { type MadeToken, parsed, type ServiceIn } from './service.ts';

/** The registry that all is about. */
export const registry = 'team-a';

const registryId = '8f2b5c1e-3a47-4d0b-9c55-0e7a1f6d2b01';
const apiUrl = 'https://api.example/containerregistries';

/** How it is there from the start. */
export const seedRegistry: SeedRegistry = {
  id: registryId,
  name: registry,
  location: 'de/fra',
  hostname: `${registry}.cr.de-fra.ionos.com`,
  state: 'Running',
  tokens: [],
};

interface Shown {
  readonly id: string;
  readonly properties: { readonly name: string; readonly credentials: { readonly password: string } };
}

/** Tokens of a registry: no two of a name, and nothing that tells who has made them but evidence. */
export const ionos: ServiceIn = (emulator) => ({
  uniqueNames: true,
  provesOwner: false,
  env: { IONOS_API_URL: apiUrl, IONOS_TOKEN: 'emulator' },
  pathOf: (url) => url.slice(apiUrl.length).replace(`/registries/${registryId}`, ''),
  nameIn: (body) => (JSON.parse(body) as Partial<Shown>).properties?.name,
  shown: (text) => {
    const body = parsed(text) as Shown | undefined;
    return body && made(body);
  },
  listed: (text) => (JSON.parse(text) as { items: readonly Shown[] }).items.map(made),
  withoutSecret: (text) => text.replace(/"password":"[^"]*"/, '"password":""'),
  live: () =>
    emulator
      .tokens(registry)
      .map(({ id, name, expiry, status }) => ({ id, name, expiry, enabled: status === 'enabled' })),
  userOf: (name) => name,
  create: ({ name, user, repository }) =>
    emulator.createAs(user, registry, { name, scopes: pulling(repository) }),
  disable: (id) => {
    emulator.patchAs('other', registry, id, { status: 'disabled' });
  },
  delete: (id) => emulator.deleteAs(registry, id),
});

function made({ id, properties: { name, credentials } }: Shown): MadeToken {
  return { id, name, password: credentials?.password ?? '' };
}

/** The right to pull from a repository. */
export function pulling(repository: string): NonNullable<NewToken['scopes']> {
  return [{ type: 'repository', name: repository, actions: ['pull'] }];
}
