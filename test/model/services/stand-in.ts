import { createStandInService, standInUrl } from '../../support/stand-in/service.ts';
import { type MadeToken, parsed, type Service, type ServiceIn } from './service.ts';

/** The project that all is about. */
export const project = 'team-a';

const path = 'projects/1';
const day = 86_400_000;

interface Shown {
  readonly id: number;
  readonly name: string;
  readonly secret?: string;
}

/** Tokens that a PUT replaces as a whole: no two of a name, and nothing that tells who has made them but evidence. */
export const standIn: ServiceIn = (_, { random, now, lags }) => {
  const service = createStandInService({
    now,
    hex: (bytes) => random.hex(bytes),
    seed: { projects: [project] },
    quirks: lags,
  });
  const { collection } = service.store.scope(path);
  const played: Service = {
    uniqueNames: true,
    provesOwner: false,
    changeMethod: 'PUT',
    fetch: (request) => service.fetch(request),
    env: { STAND_IN_API_URL: standInUrl, STAND_IN_TOKEN: 'emulator' },
    pathOf: (url) => url.slice(standInUrl.length).replace(`/${path}`, ''),
    nameIn: (body) => (JSON.parse(body) as Partial<Shown>).name,
    secretIn: (body) => (JSON.parse(body) as { readonly secret: string }).secret,
    shown: (text) => {
      const body = parsed(text) as Shown | undefined;
      return body && made(body);
    },
    listed: (text) => (JSON.parse(text) as readonly Shown[]).map(made),
    withoutSecret: (text) => text.replace(/"secret":"[^"]*"/, '"secret":""'),
    live: () =>
      [...collection.tokens.values()].map(({ id, created, content }) => ({
        id,
        name: content.name,
        expiry: content.days === -1 ? null : created + content.days * day,
        enabled: !content.disabled,
      })),
    userOf: (name) => `svc$${project}+${name}`,
    create: ({ name, user, repository }) => {
      const { id, secret: password } = service.createAs(user, path, {
        name,
        permissions: [pulling(repository)],
      });
      return { id, name, password };
    },
    disable: (id) => service.changeAs(path, id, { disabled: true }),
    delete: (id) => {
      service.store.remove(service.store.scope(path), id);
    },
  };
  return played;
};

/** The same, with the mark of a create at the end of the description. */
export const marked: ServiceIn = (emulator, host) => ({
  ...standIn(emulator, host),
  provesOwner: true,
  marksOnlyRuns: true,
});

function made({ id, name, secret = '' }: Shown): MadeToken {
  return { id: String(id), name, password: secret };
}

/** The right to pull from a repository. */
export function pulling(repository: string): {
  readonly scope: string;
  readonly resource: string;
  readonly action: string;
} {
  return { scope: `/project/${repository}`, resource: 'repository', action: 'pull' };
}
