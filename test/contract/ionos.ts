import { fileURLToPath } from 'node:url';
import { conforming } from '../support/openapi.ts';

const specFile = fileURLToPath(new URL('../../specs/ionos-container-registry.yaml', import.meta.url));

/** Where the API begins on its host. */
export const basePath = '/containerregistries';

/** Passes requests on, and throws where one of them or its answer is not as IONOS is described. */
export function conformingToIonos(
  fetchLike: (request: Request) => Promise<Response>,
  options: { readonly requests?: boolean } = {},
): (request: Request) => Promise<Response> {
  return conforming(fetchLike, specFile, basePath, options);
}
