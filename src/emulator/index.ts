import { setTimeout } from 'node:timers/promises';
import { createDockerHub, dockerHubEmulated, type HubBackdoor } from './docker-hub/service.ts';
import type { Fault } from './fault.ts';
import { createGateway } from './gateway.ts';
import { isGitlabPath } from './gitlab/app.ts';
import type { GitlabActor } from './gitlab/second-actor.ts';
import { createGitlab, gitlabEmulated } from './gitlab/service.ts';
import { isHarborPath } from './harbor/app.ts';
import type { HarborActor } from './harbor/second-actor.ts';
import { createHarbor, harborEmulated } from './harbor/service.ts';
import type { IonosActor } from './ionos/second-actor.ts';
import { createIonos, ionosEmulated } from './ionos/service.ts';
import type { TokenState } from './ionos/state.ts';
import type { TokenRequest } from './nth-request.ts';
import type { GitlabQuirks, HarborQuirks, HubQuirks, IonosQuirks } from './quirks.ts';
import type { ApiRequest, RateLimit } from './rate-limit.ts';
import { createLoginEndpoint, isRegistryPath } from './registry/login.ts';
import { createTokenRealm, realmPath } from './registry/token-realm.ts';
import { createTokenSigner } from './registry/token-signer.ts';
import type { Seed } from './seed.ts';
import type { Emulated } from './service.ts';

export { ApiError } from './api-error.ts';
export type { HubBackdoor as Hub } from './docker-hub/service.ts';
export type {
  NewOrgToken,
  NewPersonalToken,
  OrgResource,
  OrgToken,
  PersonalToken,
} from './docker-hub/state.ts';
export type { OrgPatch, PersonalPatch } from './docker-hub/store.ts';
export type { Fault } from './fault.ts';
export type { GitlabActor } from './gitlab/second-actor.ts';
export type { AccessToken, DeployToken } from './gitlab/state.ts';
export type { HarborActor } from './harbor/second-actor.ts';
export type { Robot } from './harbor/state.ts';
export type { IonosRouteContext } from './ionos/context.ts';
export type { NewToken } from './ionos/store.ts';
export type { TokenRequest } from './nth-request.ts';
export type { GitlabQuirks, HarborQuirks, HubQuirks, IonosQuirks } from './quirks.ts';
export type { ApiRequest, RateLimit } from './rate-limit.ts';

/** The emulated services, in the order in which `reconcile emulator` names them. */
export const emulated: readonly Emulated[] = [
  ionosEmulated,
  dockerHubEmulated,
  harborEmulated,
  gitlabEmulated,
];

/**
 * The content, clock, quirks and faults of an emulator. All are optional; by default it is empty and has no faults.
 */
export interface EmulatorOptions {
  readonly seed?: Seed;
  /** Returns the time in milliseconds since 1970. */
  readonly now?: () => number;
  /** Returns the time of the registry that verifies bearer tokens; the same by default. */
  readonly registryNow?: () => number;
  /** Delays late requests. */
  readonly sleep?: (milliseconds: number) => Promise<void>;
  /** Quirks of IONOS that override the seed's. */
  readonly quirks?: Partial<IonosQuirks>;
  /** Quirks of Docker Hub that override the seed's. */
  readonly hubQuirks?: Partial<HubQuirks>;
  /** Quirks of Harbor that override the seed's. */
  readonly harborQuirks?: Partial<HarborQuirks>;
  /** Quirks of GitLab that override the seed's. */
  readonly gitlabQuirks?: Partial<GitlabQuirks>;
  /** Decides the fault of a request for tokens of any service; replaces the seed's lists. */
  readonly fault?: (request: TokenRequest) => Fault;
  /** Decides which requests to any service are rate-limited, logins included; replaces the seed's lists. */
  readonly rateLimit?: (request: ApiRequest) => RateLimit | undefined;
}

/** A request as the emulator received it, for assertions in tests. */
export interface SeenRequest {
  readonly method: string;
  /** The path with the query. */
  readonly path: string;
  /** The body; empty for reads and logins. */
  readonly body: string;
}

/** The APIs of IONOS, Docker Hub, Harbor and GitLab and the registry endpoint, in memory. */
export interface Emulator extends IonosActor {
  /** Handles a request. Rejects as `fetch` does if the connection is dropped. */
  fetch(request: Request): Promise<Response>;
  /** Returns the actual live tokens of an IONOS registry, by its name, whatever reads show. */
  tokens(registry: string): readonly TokenState[];
  /** Direct access to Docker Hub. */
  readonly hub: HubBackdoor;
  /** Direct access to Harbor. */
  readonly harbor: HarborActor;
  /** Direct access to GitLab. */
  readonly gitlab: GitlabActor;
  /** Returns the certificate of the bearer tokens for a real registry as PEM; `/emulator/certificate.pem` serves it, too. */
  certificate(): string;
  /** The requests received, oldest first; at most the last ten thousand. */
  readonly requests: readonly SeenRequest[];
  /** Resolves when no late request is left that has yet to take effect. */
  settled(): Promise<void>;
}

/** The service name of Docker Hub's registry in its challenges. That of a registry of IONOS is its name. */
const hubRegistry = 'registry.docker.io';

/** Creates an emulator. Two emulators share no state. */
export function createEmulator(options: EmulatorOptions = {}): Emulator {
  const seed = options.seed ?? { registries: [] };
  const now = options.now ?? Date.now;
  // A late request keeps no process alive.
  const sleep = options.sleep ?? ((milliseconds) => setTimeout(milliseconds, undefined, { ref: false }));

  const ionos = createIonos(seed, options.quirks ?? {}, now);
  const dockerHub = createDockerHub(seed.dockerHub ?? {}, options.hubQuirks ?? {}, now);
  const signer = createTokenSigner(options.registryNow ?? now);
  const harbor = createHarbor(seed.harbor ?? {}, options.harborQuirks ?? {}, signer, now);
  const gitlab = createGitlab(seed.gitlab ?? {}, options.gitlabQuirks ?? {}, signer, now);
  const credentials = () => [ionos, dockerHub, harbor, gitlab].flatMap((service) => service.credentials());
  const registry = createLoginEndpoint(credentials, ionos.quirks.loginChallenge, now);
  const realm = createTokenRealm(
    (service) => (service === hubRegistry ? dockerHub.credentials() : ionos.credentials(service)),
    signer,
  );

  const ionosGateway = createGateway(ionos.service, options, now, sleep);
  const hubGateway = createGateway(dockerHub.service, options, now, sleep);
  const harborGateway = createGateway(harbor.service, options, now, sleep);
  const gitlabGateway = createGateway(gitlab.service, options, now, sleep);
  const gateways = [ionosGateway, hubGateway, harborGateway, gitlabGateway];

  const requests: SeenRequest[] = [];
  const record = async (request: Request, { pathname, search }: URL): Promise<void> => {
    const { method } = request;
    const silent = method === 'GET' || method === 'HEAD' || isLogin(pathname);
    requests.push({ method, path: pathname + search, body: silent ? '' : await request.clone().text() });
    if (requests.length > 10_000) requests.shift();
  };

  const respond = async (request: Request): Promise<Response> => {
    const url = new URL(request.url);
    await record(request, url);
    for (const gateway of gateways) await gateway.caughtUp();
    if (url.pathname === '/emulator/certificate.pem') return new Response(signer.certificate());
    if (url.pathname === realmPath) return realm(request);
    if (isRegistryPath(url.pathname)) return registry(request);
    if (isHarborPath(url.pathname)) return harborGateway.enter(request, url);
    if (isGitlabPath(url.pathname)) return gitlabGateway.enter(request, url);
    return (/^\/v2(\/|$)/.test(url.pathname) ? hubGateway : ionosGateway).enter(request, url);
  };

  return {
    ...ionos.actor,
    fetch: async (request) => {
      const response = await respond(request);
      // Errors have the date, too.
      response.headers.set('date', new Date(now()).toUTCString());
      return response;
    },
    tokens: ionos.tokens,
    hub: dockerHub.hub,
    harbor: harbor.actor,
    gitlab: gitlab.actor,
    certificate: signer.certificate,
    requests,
    settled: async () => {
      for (const gateway of gateways) await gateway.settled();
    },
  };
}

/** Tells whether a body may hold a password. Some clients log in to a registry by a POST first. */
function isLogin(path: string): boolean {
  return /^\/(token$|v2\/(token|auth\/|users\/)|service\/token|jwt\/auth)/.test(path);
}
