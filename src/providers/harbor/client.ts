import { ReconcileError } from '../../core/model/errors.ts';
import type { Inability } from '../../core/model/inability.ts';
import { Secret } from '../../core/model/secret.ts';
import { asSecretRejection } from '../../core/model/secret-rejected.ts';
import type { Observed, Scope } from '../../core/model/token.ts';
import { isObject, type Json, type JsonObject } from '../../core/util/json.ts';
import { neverAborted } from '../../core/util/never-aborted.ts';
import { memoizeAsync } from '../../core/util/single-flight.ts';
import type { HttpResponse } from '../../http/client.ts';
import type { Client, Connection, Created } from '../provider.ts';
import { readRegistryHost } from '../registry-host.ts';
import type { ServiceAccess } from '../service.ts';
import {
  decodeCreatedRobot,
  decodeProject,
  decodeRobot,
  type RobotLevel,
  unexpectedShape,
} from './decode.ts';
import { doubtfulRights, effectWarnings } from './doubtful.ts';
import { encodeNewRobot, encodeWholeRobot, shorterDuration } from './encode.ts';
import { decodeGrantable, type Grantable, ungrantable } from './grantable.ts';
import { shortNameIn, withoutPrefix } from './names.ts';
import { listByTotal } from './pages.ts';
import { learnPrefix } from './prefix.ts';
import { type ProjectScope, projectPrefix, projectScope, queryOf, system } from './scopes.ts';
import { assertSignedIn, createsProjectRobots, type SystemInfo, systemInfoOf } from './system-info.ts';

/** The authentication at Harbor: docs/services/harbor.md, Signing in. */
export const harborAccess: ServiceAccess = {
  authHints: {
    unauthorized:
      'check HARBOR_USERNAME and HARBOR_PASSWORD; with single sign-on, the password is the CLI secret of your profile',
    forbidden: () =>
      'robots of a project need its administrator, those of the system a system administrator; a robot can create only robots with at most its own permissions, and change none',
  },
};

/** Creates a client for robot accounts, of projects and of the system. */
export function connectRobots({ http, endpoint, user, now }: Connection): Client {
  /** Seconds that the service's clock is ahead of ours. */
  let ahead = 0;
  // Whole seconds, as instants in manifests and responses have no more.
  const serviceNow = (): number => Math.floor(now() / 1000 + ahead);
  const noted = <R extends HttpResponse>(response: R): R => {
    ahead = response.ahead?.atLeast ?? ahead;
    return response;
  };

  // All callers share these requests, so the signal of one of them must not abort them.
  const once = <T>(ask: () => Promise<T>): (() => Promise<T>) => {
    const asked = memoizeAsync((_: string) => ask());
    return () => asked('');
  };
  const systemInfo = once(async (): Promise<SystemInfo> => {
    const response = noted(await http.send({ method: 'GET', path: '/systeminfo' }, neverAborted));
    return systemInfoOf(response.body);
  });
  /** The projects by their scope's name, once they are listed. */
  const listed = new Map<string, ProjectScope>();
  const projects = once(async (): Promise<readonly ProjectScope[]> => {
    assertSignedIn(await systemInfo());
    const { items } = await listByTotal(http, '/projects', {}, 'project_id', neverAborted);
    const found = items.map((item) => projectScope(decodeProject(item)));
    for (const scope of found) listed.set(scope.name, scope);
    return found;
  });
  /** Returns the number of the signed-in person; `undefined` for a robot. */
  const person = once(async (): Promise<Json | undefined> => {
    const response = await http.send({ method: 'GET', path: '/users/current' }, neverAborted, [412]);
    return response.status === 412 || !isObject(response.body)
      ? undefined
      : (response.body['user_id'] ?? null);
  });
  const isRobot = async (): Promise<boolean> => (await person()) === undefined;
  const grantable = once(async (): Promise<Grantable | undefined> => {
    // Servers before Harbor 2.10 have no list, and members of projects can't read it.
    const { status, body } = await http.send(
      { method: 'GET', path: '/permissions' },
      neverAborted,
      [401, 403, 404],
    );
    return status === 200 ? decodeGrantable(body) : undefined;
  });
  const seesRobots = async (scope: Scope): Promise<boolean> => {
    const query = { ...queryOf(scope), page: 1, page_size: 1 };
    const response = await http.send({ method: 'GET', path: '/robots', query }, neverAborted, [401, 403]);
    return response.status === 200;
  };
  const prefix = once(() => learnPrefix(http, projects));

  /** Returns the signed-in robot; `undefined` for a person, and for a robot that can't list itself. */
  const ownRobot = memoizeAsync(async (q: string): Promise<JsonObject | undefined> => {
    const login = await user(neverAborted);
    const query = { ...(q !== '' && { q }), sort: 'id' };
    try {
      const { items } = await listByTotal(http, '/robots', query, 'id', neverAborted);
      return items.filter(isObject).find(({ name }) => name === login);
    } catch (error) {
      if (error instanceof ReconcileError && error.code === 'AUTH') return undefined;
      throw error;
    }
  });
  const ownRobotFor = async (scope: Scope): Promise<JsonObject | undefined> => {
    if (!(await isRobot())) return undefined;
    // The robot of a project creates robots in that project only.
    const hasProject = (await user(neverAborted)).includes('+');
    return ownRobot(hasProject ? (queryOf(scope).q ?? '') : '');
  };
  const ownPermissions = async (scope: Scope): Promise<Json | undefined> =>
    (await ownRobotFor(scope))?.['permissions'];
  const creator = async (scope: Scope): Promise<string | undefined> => {
    const number = await person();
    if (typeof number === 'number') return `local ${number}`;
    const robot = number === undefined ? await ownRobotFor(scope) : undefined;
    return typeof robot?.['id'] === 'number' ? `robot ${robot['id']}` : undefined;
  };

  /** Returns the function that finds the short name in a full name of a scope. */
  const shortNames = async (scope: Scope): Promise<(fullName: string) => string | undefined> => {
    const level = levelOf(scope);
    if (level !== 'system') return (fullName) => shortNameIn(fullName, level.project);
    const start = await prefix();
    return (fullName) => withoutPrefix(fullName, start);
  };
  const path = (id: string): string => `/robots/${encodeURIComponent(id)}`;
  const readRaw = async (id: string, signal: AbortSignal): Promise<JsonObject> => {
    const { body } = noted(await http.send({ method: 'GET', path: path(id) }, signal));
    if (!isObject(body)) throw unexpectedShape('a robot account');
    return body;
  };
  const readLive = async (scope: Scope, id: string, signal: AbortSignal): Promise<Observed> =>
    decodeRobot(await readRaw(id, signal), levelOf(scope), await shortNames(scope), serviceNow());

  const setSecret = async (
    scope: Scope,
    id: string,
    secret: string,
    signal: AbortSignal,
  ): Promise<Created> => {
    let tries = 0;
    const beforeTry = async (count: number): Promise<void> => {
      tries = count;
    };
    // Never a PATCH without a secret: it makes a random one (docs/services/harbor.md, The secret).
    const request = { method: 'PATCH', path: path(id), body: { secret }, beforeTry } as const;
    await http.send(request, signal).catch((error: unknown) => {
      // An earlier try may have set it.
      throw tries === 1 ? asSecretRejection(error) : error;
    });
    const token = await readLive(scope, id, signal);
    return { token, secret: new Secret(secret), username: token.loginName ?? token.name };
  };

  return {
    account: endpoint,
    timeoutSeconds: http.timeoutSeconds,

    async scopes() {
      const found = await projects();
      // Everyone sees public projects, but only members see their robots.
      const isOwn = await Promise.all(
        found.map(async (scope) => !scope.isPublic || (await seesRobots(scope))),
      );
      const own = found.filter((_, index) => isOwn[index]);
      return (await seesRobots(system)) ? [system, ...own] : own;
    },

    async resolve(ref, signal) {
      assertSignedIn(await systemInfo());
      if (ref === system.name) return system;
      if (!ref.startsWith(projectPrefix)) {
        throw new ReconcileError({
          code: 'USAGE',
          message: `level ${ref}: Harbor has no such level`,
          hint: 'the only level is system; projects are named by project',
        });
      }
      const known = listed.get(ref);
      if (known) return known;
      const name = ref.slice(projectPrefix.length);
      // A name of digits alone would be taken for a number.
      const headers = { 'x-is-resource-name': 'true' };
      const asked = { method: 'GET', path: `/projects/${encodeURIComponent(name)}`, headers } as const;
      const response = noted(await http.send(asked, signal, [403, 404]));
      if (response.status === 200) return projectScope(decodeProject(response.body));
      throw new ReconcileError({
        code: 'NOT_FOUND',
        message: `the project ${name} was not found, or the signed-in user can't see it`,
        hint: 'check the spelling, and whether the user is a member of the project',
        httpStatus: response.status,
      });
    },

    async verify(scope, signal) {
      if (scope.id === system.id) await listByTotal(http, '/robots', {}, 'id', signal);
      else await http.send({ method: 'GET', path: `/${scope.id}` }, signal);
    },

    async details() {
      const { registryUrl } = await systemInfo();
      const found = readRegistryHost(registryUrl, []);
      if ('host' in found) return found;
      throw new ReconcileError({
        code: 'SINK_FAILED',
        message: `Harbor names ${JSON.stringify(registryUrl.slice(0, 100))} as its registry, and reconcile stores no login for it: ${found.refused}`,
        hint: 'check the external_url of Harbor',
      });
    },

    async list(scope, signal) {
      const shortName = await shortNames(scope);
      const level = levelOf(scope);
      const query = { ...queryOf(scope), sort: 'id' };
      const { items, first } = await listByTotal(http, '/robots', query, 'id', signal);
      noted(first);
      // Up to Harbor 2.12 a list of the system can hold robots of projects: docs/services/harbor.md, Lists.
      const own = level === 'system' ? items.filter((item) => !isOfProject(item)) : items;
      const { date } = first;
      return {
        tokens: own.map((item) => decodeRobot(item, level, shortName, serviceNow())),
        date,
        ahead: first.ahead,
        user: await user(signal),
      };
    },

    async read(scope, id, signal) {
      const response = noted(await http.send({ method: 'GET', path: path(id) }, signal, [404]));
      if (response.status === 404) return undefined;
      const shortName = await shortNames(scope);
      return decodeRobot(response.body, levelOf(scope), shortName, serviceNow());
    },

    creator,

    async create(scope, fields, { nonce, beforeTry }, signal) {
      const level = levelOf(scope);
      // A robot can't correct an end that is too late, so that its days count from the latest end of the request.
      const margin = (await isRobot()) ? http.timeoutSeconds : 0;
      const body = encodeNewRobot(fields, level, serviceNow() + margin, await ownPermissions(scope));
      // The ID of the request shows in the log of the service only, so it proves nothing.
      const headers = { 'x-request-id': nonce };
      const marks = { userAgentComment: nonce, headers };
      const request = { method: 'POST', path: '/robots', body, ...marks, beforeTry } as const;
      const made = decodeCreatedRobot((await http.send(request, signal)).body);
      if (made?.secret === undefined) {
        throw new ReconcileError({
          code: 'OUTCOME_UNKNOWN',
          message: `Harbor created the robot account ${String(fields['name'])}, but its response has no ${made ? 'secret' : 'ID'}, so it can't be used`,
          hint: 'run again: the next run sets a secret of its own',
        });
      }
      const { fullName, secret } = made;
      const name = String(fields['name']);
      // The response is not a whole robot. The rest is as it was sent, until it is read.
      const shown = { ...body, disable: false, ...made.body };
      const token = decodeRobot(
        shown,
        level,
        (full) => (full.endsWith(name) ? name : undefined),
        serviceNow(),
      );
      return { token, secret: new Secret(secret), username: fullName };
    },

    async patch(scope, id, fields, signal) {
      const before = await readRaw(id, signal);
      const level = levelOf(scope);
      const { created } = decodeRobot(before, level, (full) => full, serviceNow()).origin;
      const body = encodeWholeRobot(before, fields, level, created);
      await http.send({ method: 'PUT', path: path(id), body, isChange: true }, signal);
      const shown = await readLive(scope, id, signal);
      const shorter = shorterDuration(body, fields, shown);
      if (shorter === undefined) return shown;
      const again = { ...(await readRaw(id, signal)), duration: shorter };
      await http.send({ method: 'PUT', path: path(id), body: again, isChange: true }, signal);
      return readLive(scope, id, signal);
    },

    async delete(_, id, signal) {
      await http.send({ method: 'DELETE', path: path(id) }, signal, [404]);
    },

    setSecret,

    async renew(scope, id, secret, signal) {
      if (secret === undefined) throw new TypeError('a renewal without a secret');
      return setSecret(scope, id, secret, signal);
    },

    async rejects(_, fields) {
      const known = await grantable();
      return known && ungrantable(fields, known);
    },

    async ownToken(scope) {
      const robot = await ownRobotFor(scope);
      return typeof robot?.['id'] === 'number' ? String(robot['id']) : undefined;
    },

    async warnings(sent, live) {
      const doubtful =
        ('access' in sent || 'permissions' in sent) && (await grantable()) === undefined
          ? doubtfulRights(sent, await systemInfo())
          : [];
      return [...doubtful, ...(live ? effectWarnings(live, sent) : [])];
    },

    async inabilities(): Promise<readonly Inability[]> {
      if (!(await isRobot())) return [];
      const reason = 'it is a robot account, and Harbor lets no robot do that';
      return [
        { action: 'patch', reason },
        { action: 'set_secret', reason },
        ...(createsProjectRobots(await systemInfo(), await user(neverAborted))
          ? []
          : [
              {
                action: 'create' as const,
                levelPrefix: projectPrefix,
                reason: "a system robot can't create robots of projects before Harbor 2.14.1",
              },
            ]),
      ];
    },
  };
}

/** Returns the level that a scope is of. */
function levelOf({ id, name }: Scope): RobotLevel {
  return id === system.id ? 'system' : { project: name.slice(projectPrefix.length) };
}

function isOfProject(item: unknown): boolean {
  return typeof item === 'object' && item !== null && 'level' in item && item.level === 'project';
}
