import { faultFromList } from '../fault.ts';
import { intervene } from '../interventions.ts';
import type { Credential, Emulated, EmulatedService } from '../service.ts';
import { createHubApp, isHubTokenPath } from './app.ts';
import { hubCredentials } from './credentials.ts';
import { limitedResponse } from './errors.ts';
import { createJwts } from './jwt.ts';
import { createLogins } from './logins.ts';
import { defaultHubQuirks, type HubQuirks } from './quirks.ts';
import { type HubActor, hubActor } from './second-actor.ts';
import { type HubSeed, seedHubState } from './seed.ts';
import { type HubIntervention, newOrg, newPersonal } from './seed-tokens.ts';
import { createHubStore } from './store.ts';

/** The name of the service, and the variables of a client that logs in as the default user. */
export const dockerHubEmulated: Emulated = {
  title: 'Docker Hub',
  environment: (url) => ({
    DOCKER_HUB_API_URL: url,
    DOCKER_HUB_USERNAME: 'emulator',
    DOCKER_HUB_PASSWORD: 'emulator',
  }),
};

/** Direct access to Docker Hub: the actual state, and the actions of others. */
export interface HubBackdoor extends HubActor {
  /** Returns the number of login attempts at the API; the second factor is part of the same login. */
  logins(): number;
  /** Revokes all JWTs. The permanent bearers of users stay. */
  revokeSessions(): void;
}

/** One emulated Docker Hub: its requests, direct access for tests, and its logins for registries. */
export interface DockerHub {
  readonly service: EmulatedService;
  readonly hub: HubBackdoor;
  /** Returns the tokens that `docker login` accepts now. */
  credentials(): readonly Credential[];
}

/**
 * Creates a Docker Hub.
 *
 * @param changed quirks that override those of the seed
 */
export function createDockerHub(seed: HubSeed, changed: Partial<HubQuirks>, now: () => number): DockerHub {
  const quirks: HubQuirks = { ...defaultHubQuirks, ...seed.quirks, ...changed };
  const state = seedHubState(seed, now());
  const store = createHubStore(quirks, now);
  const logins = createLogins(state, quirks.lockAfter, now);
  const jwts = createJwts(now);
  const actor = hubActor(state, store, now);

  return {
    service: {
      name: 'docker_hub',
      handle: createHubApp({ state, store, logins, jwts, quirks, now }),
      isTokenPath: isHubTokenPath,
      before: (request) =>
        intervene(seed.secondActor ?? [], request, (intervention) => carryOut(actor, intervention, now())),
      faultOf: faultFromList(seed.lost ?? []),
      limited: seed.limited ?? [],
      lateCommit: quirks.lateCommit,
      limitedBody: () => limitedResponse(quirks.errors),
      withoutSecret: (body) => ({ ...(body as object), token: '' }),
    },
    hub: { ...actor, logins: logins.count, revokeSessions: jwts.revoke },
    credentials: () => hubCredentials(state, now),
  };
}

function carryOut({ personal, org, ...actor }: HubActor, intervention: HubIntervention, now: number): void {
  if (intervention.kind === 'personal') {
    const { user, act } = intervention;
    if ('create' in act) personal.createAs(user, newPersonal(act.create, now));
    else {
      const token = actor.personalTokens(user).find(({ label }) => label === act.delete);
      if (token) personal.deleteAs(user, token.id);
    }
  } else {
    const { org: name, act } = intervention;
    if ('create' in act) org.createAs(act.create.createdBy, name, newOrg(act.create, now));
    else {
      const token = actor.orgTokens(name).find(({ label }) => label === act.delete);
      if (token) org.deleteAs(token.createdBy, name, token.id);
    }
  }
}
