import { fileURLToPath } from 'node:url';
import { conforming } from '../support/openapi.ts';

const specFile = fileURLToPath(new URL('../../specs/docker-hub.yaml', import.meta.url));

/** Passes requests on, and throws where one of them or its answer is not as Docker Hub is described. */
export function conformingToDockerHub(
  fetchLike: (request: Request) => Promise<Response>,
  options: { readonly requests?: boolean } = {},
): (request: Request) => Promise<Response> {
  return conforming(fetchLike, specFile, '', options);
}
