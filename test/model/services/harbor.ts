import { createHarborApp } from '../../../src/emulator/harbor/app.ts';
import { defaultHarborQuirks } from '../../../src/emulator/harbor/quirks.ts';
import { seedHarborState } from '../../../src/emulator/harbor/seed.ts';
import { fullName, projectByName, type Robot } from '../../../src/emulator/harbor/state.ts';
import { createRobotStore } from '../../../src/emulator/harbor/store.ts';
import { harborFeatures } from '../../../src/emulator/harbor/versions.ts';
import { createTokenSigner } from '../../../src/emulator/registry/token-signer.ts';
import { type MadeToken, parsed, type Service, type ServiceIn } from './service.ts';

/** The project that all is about. */
export const project = 'team-a';

const url = 'https://harbor.example/api/v2.0';
const prefix = `${defaultHarborQuirks.prefix}${project}+`;

interface Shown {
  readonly id: number;
  readonly name: string;
  readonly secret?: string;
}

/** Robots of a project, whose secrets can be renewed in place; only evidence tells who has made one. */
export const harbor: ServiceIn = (_, { now, lags }) => {
  // The program reads a robot before each change, so a lag would hide it from those, too.
  const quirks = { ...defaultHarborQuirks, ...lags, readLag: 0 };
  const state = seedHarborState({ projects: [{ name: project }] }, quirks, now());
  const store = createRobotStore(state, quirks, now);
  const app = createHarborApp(
    { state, store, quirks, features: harborFeatures(quirks.version), now },
    createTokenSigner(now),
  );
  const shortName = (robot: Robot): string => withoutPrefix(fullName(robot, state));
  const live = (id: string): Robot => {
    const robot = store.live().find((one) => one.id === id);
    if (!robot) throw new Error(`there is no robot ${id}`);
    return robot;
  };
  const played: Service = {
    uniqueNames: true,
    provesOwner: false,
    changeMethod: 'PUT',
    fetch: async (request) => {
      const response = await app(request);
      response.headers.set('date', new Date(now()).toUTCString());
      return response;
    },
    env: { HARBOR_URL: url, HARBOR_USERNAME: 'emulator', HARBOR_PASSWORD: 'emulator' },
    pathOf: (full) => full.slice(url.length).replace('/robots', '/tokens'),
    nameIn: (body) => {
      const { name } = JSON.parse(body) as Partial<Shown>;
      return name === undefined ? undefined : withoutPrefix(name);
    },
    secretIn: (body) => (JSON.parse(body) as { readonly secret: string }).secret,
    shown: (text) => {
      // The responses to changes are empty.
      const { id, name, secret } = (parsed(text) ?? {}) as Partial<Shown>;
      return id === undefined || name === undefined
        ? undefined
        : made({ id, name, ...(secret !== undefined && { secret }) });
    },
    listed: (text) => (JSON.parse(text) as readonly Shown[]).map(made),
    withoutSecret: (text) => text.replace(/"secret":"[^"]*"/, '"secret":""'),
    live: () =>
      store.live().map((robot) => ({
        id: robot.id,
        name: shortName(robot),
        expiry: robot.expiresAt === -1 ? null : robot.expiresAt * 1000,
        enabled: !robot.disabled,
      })),
    userOf: (name) => `${prefix}${name}`,
    create: ({ name, user, repository }) => {
      const robot = store.create(
        {
          name,
          project: projectByName(state, project),
          description: repository,
          duration: -1,
          permissions: [{ target: 1, access: [{ resource: 'repository', action: 'pull', effect: '' }] }],
        },
        { type: 'local', id: state.people.get(user)?.id ?? 0 },
      );
      return { id: robot.id, name, password: robot.secret };
    },
    disable: (id) => {
      store.update(id, { ...live(id), disabled: true });
    },
    delete: store.delete,
  };
  return played;
};

function withoutPrefix(name: string): string {
  return name.startsWith(prefix) ? name.slice(prefix.length) : name;
}

function made({ id, name, secret = '' }: Shown): MadeToken {
  return { id: String(id), name: withoutPrefix(name), password: secret };
}
