import { ConnectionDropped, type Fault } from './fault.ts';
import type { EmulatedService } from './service.ts';

/**
 * Lets a service handle a request with a fault. Throws `ConnectionDropped` if the connection is dropped.
 *
 * @param later carries out its argument once `lateCommit` is over
 */
export async function injectFault(
  fault: Fault,
  request: Request,
  service: Pick<EmulatedService, 'handle' | 'withoutSecret' | 'serverError'>,
  later: (act: () => Promise<unknown>) => void,
): Promise<Response> {
  switch (fault) {
    case 'drop_before':
      throw new ConnectionDropped();
    case 'drop_after':
      await service.handle(request);
      throw new ConnectionDropped();
    case 'late': {
      // The body is lost with the connection, so it is read before.
      const copy = await detached(request);
      later(() => service.handle(copy));
      throw new ConnectionDropped();
    }
    case 'error_before':
      return service.serverError?.('before') ?? serverError();
    case 'error_after':
      await service.handle(request);
      return service.serverError?.('after') ?? serverError();
    case 'truncate':
      return rewritten(await service.handle(request), (text) => text.slice(0, text.length / 2));
    case 'no_secret':
      return withoutSecret(request.method, await service.handle(request), service);
    case 'none':
      return service.handle(request);
  }
}

async function detached(request: Request): Promise<Request> {
  const { method, headers, url } = request;
  const body = await request.text();
  return new Request(url, { method, headers, ...(body !== '' && { body }) });
}

async function rewritten(response: Response, change: (text: string) => string): Promise<Response> {
  const { status, headers } = response;
  if (response.body === null) return response;
  return new Response(change(await response.text()), { status, headers });
}

/** Returns a 500. Its body is not documented; a page of HTML keeps clients from relying on JSON. */
function serverError(): Response {
  const headers = { 'content-type': 'text/html; charset=UTF-8' };
  return new Response('<html><body><h1>500 Internal Server Error</h1></body></html>', {
    status: 500,
    headers,
  });
}

async function withoutSecret(
  method: string,
  response: Response,
  service: Pick<EmulatedService, 'withoutSecret'>,
): Promise<Response> {
  if (response.status !== 201 && !(method === 'POST' && response.status === 200)) return response;
  return rewritten(response, (text) => JSON.stringify(service.withoutSecret(JSON.parse(text))));
}
