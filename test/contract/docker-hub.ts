import { fileURLToPath } from 'node:url';
import { conforming } from '../support/openapi.ts';

type Handler = (request: Request) => Promise<Response>;

const specFile = fileURLToPath(new URL('../../specs/docker-hub.yaml', import.meta.url));

/** Whom a request is for. */
const services = new WeakMap<Request, Handler>();

const service: Handler = (request) => services.get(request)?.(request) ?? Promise.reject(new Error('lost'));

// The description is read once for each, not once for every service: that takes longer than most tests.
const strict = conforming(service, specFile, '');
const lenient = conforming(service, specFile, '', { requests: false });

/** Passes requests on, and throws where one of them or its answer is not as Docker Hub is described. */
export function conformingToDockerHub(
  fetchLike: Handler,
  { requests = true }: { readonly requests?: boolean } = {},
): Handler {
  return (request) => {
    services.set(request, fetchLike);
    return (requests ? strict : lenient)(request);
  };
}
