import { randomBytes } from 'node:crypto';
import type { MiddlewareHandler } from 'hono';
import { harborError } from './errors.ts';

const safeMethods = ['GET', 'HEAD', 'OPTIONS'];

/**
 * Creates the handler of sessions. A request without a cookie gets one. A request that sends it back is taken for one
 * of a browser, so that a change needs the CSRF token that another response had.
 */
export function sessionCookies(): MiddlewareHandler {
  const tokens = new Set<string>();
  return async (context, next) => {
    if (!/(^|;\s*)sid=/.test(context.req.header('cookie') ?? '')) {
      await next();
      context.res.headers.append('set-cookie', `sid=${randomBytes(16).toString('hex')}; Path=/; HttpOnly`);
      return;
    }
    const token = randomBytes(32).toString('base64');
    tokens.add(token);
    context.header('x-harbor-csrf-token', token);
    const { method } = context.req;
    if (!safeMethods.includes(method) && !tokens.has(context.req.header('x-harbor-csrf-token') ?? ''))
      throw harborError(403, 'CSRF token not found in request');
    await next();
  };
}
