import type { Hono } from 'hono';
import { authenticate, callerIn } from './callers.ts';
import type { GitlabRouteContext } from './context.ts';
import { showAccessToken, showCallerToken } from './serialize.ts';

const base = '/api/v4';
const revision = '5f0c3a528f0';

/** Adds the routes for the version of the server, the signed-in user, and the caller's own token. */
export function gitlabSystemRoutes(app: Hono, route: GitlabRouteContext): void {
  const { features, now } = route;

  app.get(`${base}/version`, (context) => {
    callerIn(context, route);
    return context.json({ version: features.build, revision });
  });

  app.get(`${base}/metadata`, (context) => {
    callerIn(context, route);
    return context.json({
      version: features.build,
      revision,
      kas: { enabled: false, externalUrl: null, version: null },
      enterprise: true,
    });
  });

  app.get(`${base}/user`, (context) => {
    const caller = callerIn(context, route);
    if (caller.type === 'user') {
      const { user } = caller;
      return context.json({ id: user.id, username: user.name, name: user.name, state: 'active', bot: false });
    }
    const { userId, name, resource } = caller.token;
    const username = `${resource.kind}_${resource.id}_bot_${userId.toString(16)}`;
    return context.json({ id: userId, username, name, state: 'active', bot: true });
  });

  // A token can read itself, whatever its scopes.
  app.get(`${base}/personal_access_tokens/self`, (context) => {
    const caller = authenticate(context, route);
    if (caller.type === 'user') return context.json(showCallerToken(caller.token, now()));
    const { access_level: _, ...shown } = showAccessToken(caller.token, features, now());
    return context.json(shown);
  });
}
