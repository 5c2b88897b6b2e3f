import { faultFromList } from '../fault.ts';
import { intervene } from '../interventions.ts';
import { proxyPage } from '../proxy-page.ts';
import type { TokenSigner } from '../registry/token-signer.ts';
import type { Credential, Emulated, EmulatedService } from '../service.ts';
import { createHarborApp, isHarborTokenPath } from './app.ts';
import { harborCredentials } from './credentials.ts';
import { harborError, harborErrorResponse } from './errors.ts';
import { defaultHarborQuirks, type HarborQuirks } from './quirks.ts';
import { type HarborActor, harborActor, namedProject } from './second-actor.ts';
import { type HarborSeed, seedHarborState } from './seed.ts';
import { type HarborIntervention, newProperties } from './seed-robot.ts';
import { type HarborState, projectByName, storedName } from './state.ts';
import { createRobotStore, type RobotStore } from './store.ts';
import { harborFeatures } from './versions.ts';

/** The name of the service, and the variables of a client that signs in as the default user. */
export const harborEmulated: Emulated = {
  title: 'Harbor',
  environment: (url) => ({
    HARBOR_URL: url,
    HARBOR_USERNAME: 'emulator',
    HARBOR_PASSWORD: 'emulator',
  }),
};

/** One emulated Harbor: its requests, direct access for tests, and its logins for registries. */
export interface Harbor {
  readonly service: EmulatedService;
  readonly actor: HarborActor;
  /** Returns the robots that `docker login` accepts now. */
  credentials(): readonly Credential[];
}

/**
 * Creates a Harbor.
 *
 * @param changed quirks that override those of the seed
 */
export function createHarbor(
  seed: HarborSeed,
  changed: Partial<HarborQuirks>,
  signer: TokenSigner,
  now: () => number,
): Harbor {
  const quirks: HarborQuirks = { ...defaultHarborQuirks, ...seed.quirks, ...changed };
  const state = seedHarborState(seed, quirks, now());
  const store = createRobotStore(state, quirks, now);

  return {
    service: {
      name: 'harbor',
      handle: createHarborApp(
        { state, store, quirks, features: harborFeatures(quirks.version), now },
        signer,
      ),
      isTokenPath: isHarborTokenPath,
      before: (request) =>
        intervene(seed.secondActor ?? [], request, (intervention) => carryOut(intervention, state, store)),
      faultOf: faultFromList(seed.lost ?? []),
      limited: seed.limited ?? [],
      lateCommit: quirks.lateCommit,
      limitedBody: () => proxyPage(429),
      withoutSecret: (body) => ({ ...(body as object), secret: '' }),
      serverError: (when) => {
        if (when === 'after') return proxyPage(504);
        return quirks.errors === 'proxy' ? proxyPage(502) : harborErrorResponse(harborError(500, ''));
      },
    },
    actor: harborActor(state, store),
    credentials: () => harborCredentials(state, now()),
  };
}

/** The user behind interventions: `other`. */
const other = { type: 'local', id: 3 } as const;

function carryOut({ project: name, act }: HarborIntervention, state: HarborState, store: RobotStore): void {
  const project = namedProject(state, name);
  if ('create' in act) {
    store.create(
      newProperties(act.create, project, (one) => projectByName(state, one)),
      other,
    );
    return;
  }
  const stored = storedName(act.delete, project);
  const robot = store.live().find((one) => one.name === stored && one.projectId === (project?.id ?? 0));
  if (robot) store.delete(robot.id);
}
