import { fileURLToPath } from 'node:url';
import { conforming } from '../support/openapi.ts';

const specFile = fileURLToPath(new URL('../../specs/gitlab.yaml', import.meta.url));

/** Where the API begins on its host. */
export const gitlabBasePath = '/api/v4';

/** Passes requests on, and throws if one of them or its response is not as GitLab is described. */
export function conformingToGitlab(
  fetchLike: (request: Request) => Promise<Response>,
  options: { readonly requests?: boolean } = {},
): (request: Request) => Promise<Response> {
  return conforming(fetchLike, specFile, '', options);
}
