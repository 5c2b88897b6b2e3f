import { faultFromList } from '../fault.ts';
import { intervene } from '../interventions.ts';
import type { Credential, Emulated, EmulatedService } from '../service.ts';
import { createIonosApp, isIonosTokenPath } from './app.ts';
import { defaultIonosQuirks, type IonosQuirks } from './quirks.ts';
import { type IonosActor, ionosActor } from './second-actor.ts';
import { type IonosSeed, seedIonosState } from './seed.ts';
import type { TokenState } from './state.ts';
import { createRegistryTokenStore } from './store.ts';

/** The name of the service, and the variables of a client that signs in as the default user. */
export const ionosEmulated: Emulated = {
  title: 'IONOS Container Registry',
  environment: (url) => ({ IONOS_API_URL: `${url}/containerregistries`, IONOS_TOKEN: 'emulator' }),
};

/** One emulated IONOS API: its requests, direct access for tests, and its logins for registries. */
export interface Ionos {
  readonly service: EmulatedService;
  readonly quirks: IonosQuirks;
  readonly actor: IonosActor;
  /** Returns the live tokens of the registries of this name. */
  tokens(registry: string): readonly TokenState[];
  /** Returns the tokens that `docker login` accepts now, of all registries or of those of this name. */
  credentials(registry?: string): readonly Credential[];
}

/**
 * Creates an IONOS API.
 *
 * @param changed quirks that override those of the seed
 */
export function createIonos(seed: IonosSeed, changed: Partial<IonosQuirks>, now: () => number): Ionos {
  const quirks: IonosQuirks = { ...defaultIonosQuirks, ...seed.quirks, ...changed };
  const state = seedIonosState(seed, now());
  const store = createRegistryTokenStore(quirks, now);
  const actor = ionosActor(state, store);
  const tokens = (name: string): readonly TokenState[] =>
    [...state.values()].filter((registry) => registry.name === name).flatMap(store.live);

  return {
    service: {
      name: 'ionos',
      handle: createIonosApp({ state, store, quirks, now }),
      isTokenPath: isIonosTokenPath,
      before: (request) =>
        intervene(seed.secondActor ?? [], request, ({ registry, user, act }) => {
          if ('create' in act) actor.createAs(user, registry, act.create);
          else {
            const token = tokens(registry).find(({ name }) => name === act.delete);
            if (token) actor.deleteAs(registry, token.id);
          }
        }),
      faultOf: faultFromList(seed.lost ?? []),
      limited: seed.limited ?? [],
      lateCommit: quirks.lateCommit,
      limitedBody,
      withoutSecret,
    },
    quirks,
    actor,
    tokens,
    credentials: (name) =>
      [...state.values()]
        .filter((registry) => name === undefined || registry.name === name)
        .flatMap((registry) =>
          store
            .live(registry)
            .filter(({ status }) => status === 'enabled')
            .map((token) => credential(registry.id, token)),
        ),
  };
}

function credential(registryId: string, { id, name, password, scopes }: TokenState): Credential {
  return {
    id: `${registryId}/${id}`,
    name,
    username: name,
    password,
    actionsOn: (repository) =>
      scopes
        .filter((scope) => scope.type === 'repository' && ['*', repository].includes(scope.name))
        .flatMap(({ actions }) => actions),
  };
}

/** Returns the body of a 429. It is not documented; a page of HTML keeps clients from relying on JSON. */
function limitedBody(): Response {
  const headers = { 'content-type': 'text/html; charset=UTF-8' };
  return new Response('<html><body><h1>429 Too Many Requests</h1></body></html>', { status: 429, headers });
}

function withoutSecret(body: unknown): unknown {
  const credentials = (body as { properties?: { credentials?: { password?: string } } }).properties
    ?.credentials;
  if (credentials) credentials.password = '';
  return body;
}
