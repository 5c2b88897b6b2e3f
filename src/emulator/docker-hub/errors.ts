import { ApiError } from '../api-error.ts';
import type { HubQuirks } from './quirks.ts';

const titles: Readonly<Record<number, string>> = {
  400: 'bad request',
  401: 'unauthorized',
  403: 'permission denied',
  404: 'not found',
};

/** Returns the 401 for a missing, invalid or expired login. */
export function unauthorized(): ApiError {
  return new ApiError(401, 'unauthorized', 'unauthorized');
}

/**
 * Returns the response to a rejected request, in one of the forms that Docker's documents show: see
 * `HubQuirks.errors`.
 */
export function hubErrorResponse({ status, code, message }: ApiError, style: HubQuirks['errors']): Response {
  switch (style) {
    case 'newer':
      // The code of a 400 is the field that it is about.
      return Response.json({ message, errinfo: status === 400 ? { [code]: message } : {} }, { status });
    case 'older':
      return Response.json(
        status === 400
          ? { fields: { [code]: message }, text: message }
          : { detail: message, message: titles[status] },
        { status },
      );
    case 'detail':
      return Response.json({ detail: message, error: false }, { status });
    case 'html':
      return page(status, titles[status] ?? '');
  }
}

/** Returns the body of a 429 (docker/terraform-provider-docker#95). */
export function limitedResponse(style: HubQuirks['errors']): Response {
  if (style === 'html') return page(429, 'too many requests');
  return Response.json({ detail: 'Rate limit exceeded', error: false }, { status: 429 });
}

function page(status: number, title: string): Response {
  const headers = { 'content-type': 'text/html; charset=UTF-8' };
  return new Response(`<html><body><h1>${status} ${title}</h1></body></html>`, { status, headers });
}
