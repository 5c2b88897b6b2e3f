import type { Context, Hono } from 'hono';
import { isoTime } from '../iso-time.ts';
import { type HarborCaller, harborCallerOf } from './callers.ts';
import type { HarborRouteContext } from './context.ts';
import { harborError } from './errors.ts';
import { grantable } from './grantable.ts';
import { administersAny, isAdmin } from './members.ts';
import { requireLogin } from './rights.ts';

const base = '/api/v2.0';

/** Adds the routes for the server's information and settings, the grantable rights, and the signed-in user. */
export function harborSystemRoutes(app: Hono, { state, quirks, features, now }: HarborRouteContext): void {
  const started = now();
  const callerIn = (context: Context) => harborCallerOf(context.req.header('authorization'), state, now());
  const require = (context: Context, may: (caller: HarborCaller) => boolean): void => {
    const caller = callerIn(context);
    requireLogin(caller);
    if (!may(caller)) throw harborError(403, 'forbidden');
  };

  app.get(`${base}/systeminfo`, (context) => {
    const { origin, host } = new URL(context.req.url);
    return context.json({
      auth_mode: 'db_auth',
      primary_auth_mode: false,
      self_registration: false,
      // Anonymous callers get nothing else.
      ...(callerIn(context).type !== 'anonymous' && {
        harbor_version: features.build,
        registry_url: host,
        external_url: origin,
        has_ca_root: false,
        project_creation_restriction: 'adminonly',
        read_only: false,
      }),
    });
  });

  app.get(`${base}/configurations`, (context) => {
    require(context, isAdmin);
    return context.json({
      robot_name_prefix: { value: state.prefix, editable: true },
      robot_token_duration: { value: quirks.defaultDuration, editable: true },
    });
  });

  app.get(`${base}/permissions`, (context) => {
    require(context, administersAny);
    return context.json(grantable(features));
  });

  app.get(`${base}/users/current`, (context) => {
    const caller = callerIn(context);
    requireLogin(caller);
    if (caller.type !== 'person') throw harborError(412, 'only a local user has a profile');
    const { id, name, admin } = caller.person;
    return context.json({
      user_id: id,
      username: name,
      email: `${name}@harbor.example`,
      realname: name,
      sysadmin_flag: admin,
      admin_role_in_auth: false,
      creation_time: isoTime(started),
      update_time: isoTime(started),
    });
  });
}
