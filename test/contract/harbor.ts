import { fileURLToPath } from 'node:url';
import { conforming } from '../support/openapi.ts';

const specFile = fileURLToPath(new URL('../../specs/harbor.yaml', import.meta.url));

/** Where the API begins on its host. */
export const harborBasePath = '/api/v2.0';

/** Passes requests on, and throws if one of them or its response is not as Harbor is described. */
export function conformingToHarbor(
  fetchLike: (request: Request) => Promise<Response>,
  options: { readonly requests?: boolean } = {},
): (request: Request) => Promise<Response> {
  return conforming(fetchLike, specFile, '', options);
}
