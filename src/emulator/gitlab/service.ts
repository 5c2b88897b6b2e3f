import { defaultUser } from '../callers.ts';
import { faultFromList } from '../fault.ts';
import { intervene } from '../interventions.ts';
import { proxyPage } from '../proxy-page.ts';
import type { TokenSigner } from '../registry/token-signer.ts';
import type { Credential, Emulated, EmulatedService } from '../service.ts';
import { createAccessTokenStore } from './access-token-store.ts';
import { createGitlabApp, isGitlabTokenPath } from './app.ts';
import type { GitlabRouteContext } from './context.ts';
import { gitlabCredentials } from './credentials.ts';
import { createDeployTokenStore } from './deploy-token-store.ts';
import { gitlabError, gitlabErrorResponse, retryLater } from './errors.ts';
import { defaultGitlabQuirks, type GitlabQuirks } from './quirks.ts';
import { gitlabLimitedHeaders } from './rate-limit-headers.ts';
import { existingResource, type GitlabActor, gitlabActor } from './second-actor.ts';
import { type GitlabSeed, seedGitlabState } from './seed.ts';
import { accessProperties, deployProperties, type GitlabIntervention } from './seed-token.ts';
import { gitlabFeatures } from './versions.ts';

/** The name of the service, and the variables of a client that signs in as the default user. */
export const gitlabEmulated: Emulated = {
  title: 'GitLab',
  environment: (url) => ({ GITLAB_URL: url, GITLAB_TOKEN: defaultUser }),
};

/** One emulated GitLab: its requests, direct access for tests, and its logins for registries. */
export interface Gitlab {
  readonly service: EmulatedService;
  readonly actor: GitlabActor;
  /** Returns the tokens that `docker login` accepts now. */
  credentials(): readonly Credential[];
}

/**
 * Creates a GitLab.
 *
 * @param changed quirks that override those of the seed
 */
export function createGitlab(
  seed: GitlabSeed,
  changed: Partial<GitlabQuirks>,
  signer: TokenSigner,
  now: () => number,
): Gitlab {
  const quirks: GitlabQuirks = { ...defaultGitlabQuirks, ...seed.quirks, ...changed };
  const own = gitlabFeatures(quirks.version);
  const features = quirks.reuse === 'release' ? own : { ...own, reuse: quirks.reuse };
  const state = seedGitlabState(seed, quirks, now());
  const deployTokens = createDeployTokenStore(state, quirks, now);
  const accessTokens = createAccessTokenStore(state, quirks, features, now);
  const route: GitlabRouteContext = { state, deployTokens, accessTokens, quirks, features, now };

  return {
    service: {
      name: 'gitlab',
      handle: createGitlabApp(route, signer),
      isTokenPath: isGitlabTokenPath,
      before: (request) =>
        intervene(seed.secondActor ?? [], request, (intervention) => carryOut(intervention, route)),
      faultOf: faultFromList(seed.lost ?? []),
      limited: seed.limited ?? [],
      lateCommit: quirks.lateCommit,
      limitedBody: retryLater,
      limitedHeaders: (limit) => gitlabLimitedHeaders(limit, now()),
      withoutSecret: (body) => ({ ...(body as object), token: '' }),
      serverError: (when) => {
        if (when === 'after') return proxyPage(504);
        return quirks.errors === 'proxy' ? proxyPage(502) : gitlabErrorResponse(gitlabError(500));
      },
    },
    actor: gitlabActor(state, deployTokens, accessTokens),
    credentials: () => gitlabCredentials(state, now()),
  };
}

function carryOut({ resource: { kind, path }, act }: GitlabIntervention, route: GitlabRouteContext): void {
  const { state, deployTokens, accessTokens, quirks, now } = route;
  const resource = existingResource(state, kind, path);
  if ('create' in act) {
    const { create } = act;
    if (create.kind === 'deploy_token')
      deployTokens.create(resource, deployProperties(create.token, quirks, now()));
    else accessTokens.create(resource, accessProperties(create.token, quirks, now()));
    return;
  }
  const isMeant = (token: { readonly name: string; readonly resource: object }): boolean =>
    token.name === act.delete.name && token.resource === resource;
  if (act.delete.kind === 'deploy_token') {
    for (const { id } of deployTokens.live().filter(isMeant)) deployTokens.delete(id);
  } else {
    for (const { id } of accessTokens.live().filter(isMeant)) accessTokens.revoke(id);
  }
}
