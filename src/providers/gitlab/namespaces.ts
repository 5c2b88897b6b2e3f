import { ReconcileError } from '../../core/model/errors.ts';
import type { Scope } from '../../core/model/token.ts';
import type { Json, JsonObject } from '../../core/util/json.ts';
import { isObject } from '../../core/util/json.ts';
import { neverAborted } from '../../core/util/never-aborted.ts';
import { memoizeAsync } from '../../core/util/single-flight.ts';
import type { HttpClient, HttpResponse } from '../../http/client.ts';
import {
  collections,
  decodeProjectRegistry,
  decodeScope,
  movedTo,
  type NamespaceLevel,
  type ProjectRegistry,
  parseRef,
} from './namespace.ts';
import { listByNextPage } from './pages.ts';
import { read } from './read.ts';

/** The projects and groups that a credential sees. */
export interface Namespaces {
  /** Returns the scope with this reference. Throws `NOT_FOUND` if there is none. */
  resolve(ref: string, signal: AbortSignal): Promise<Scope>;
  /** Returns the projects that the credential maintains, and the groups in which it has at least this role. */
  scopes(groupRole: number): Promise<readonly Scope[]>;
  /** Returns the registry of a project; for a group that of one of its projects, `undefined` if there is none. */
  registry(scope: Scope): Promise<ProjectRegistry | undefined>;
}

/** The role that sees a project's tokens. */
const maintainer = 40;

/** Creates the access to projects and groups. */
export function createNamespaces(send: HttpClient['send'], endpoint: string): Namespaces {
  const { origin } = new URL(endpoint);
  /** Scopes that are known by their names, so that they aren't resolved again. */
  const known = new Map<string, Scope>();
  /** The registries of projects that were read, by the IDs of their scopes. */
  const registries = new Map<string, ProjectRegistry>();
  const noted = (scope: Scope): Scope => {
    known.set(scope.name, scope);
    return scope;
  };
  const scopeIn = (body: Json | undefined, level: NamespaceLevel): Scope => {
    const scope = noted(decodeScope(body, level));
    if (level === 'project') registries.set(scope.id, decodeProjectRegistry(body));
    return scope;
  };

  const get = (level: NamespaceLevel, path: string): Promise<HttpResponse> =>
    send(
      { method: 'GET', path: `/${collections[level]}/${encodeURIComponent(path)}` },
      neverAborted,
      [301, 404],
    );

  /** Returns a project or a group, also one that was moved; `undefined` if there is none. */
  const find = async (level: NamespaceLevel, path: string): Promise<Scope | undefined> => {
    const response = await get(level, path);
    if (response.status === 404) return undefined;
    if (response.status !== 301) return scopeIn(response.body, level);
    const id = movedTo(response.headers.get('location'), endpoint);
    const moved = id === undefined || level !== 'project' ? undefined : await get(level, id);
    if (moved?.status === 404) return undefined;
    if (moved?.status === 200) return scopeIn(moved.body, level);
    throw new ReconcileError({
      code: 'API_REJECTED',
      message: `GitLab redirects the ${level} ${path} to an address that reconcile doesn't follow, as credentials would go with it`,
      hint: `check GITLAB_URL, or use the number of the ${level}`,
      httpStatus: 301,
    });
  };

  // All callers share these requests, so the signal of one of them must not abort them.
  const resolving = new Map<string, Promise<Scope>>();
  const lookUp = async (ref: string): Promise<Scope> => {
    const seen = known.get(ref);
    if (seen) return seen;
    const { level, path } = parseRef(ref);
    const found =
      level === undefined
        ? ((await find('project', path)) ?? (await find('group', path)))
        : await find(level, path);
    if (found) return found;
    throw new ReconcileError({
      code: 'NOT_FOUND',
      message: `the ${level ?? 'project or group'} ${path} was not found, or the token can't see it`,
      hint: `check the spelling of the full path, and whether the user of the token is a member${
        endpoint.endsWith('/api/v4') ? '' : '; the path of GITLAB_URL should end with /api/v4'
      }`,
      httpStatus: 404,
    });
  };

  const listed = memoizeAsync(async (key: string): Promise<readonly Scope[]> => {
    const [level = 'project', role = ''] = key.split(' ') as [NamespaceLevel?, string?];
    const query = {
      min_access_level: Number(role),
      order_by: level === 'project' ? 'id' : 'path',
      sort: 'asc',
    };
    const { items } = await listByNextPage(
      send,
      { path: `/${collections[level]}`, query: { ...query, ...(level === 'project' && { simple: 'true' }) } },
      origin,
      neverAborted,
    );
    return items.map((item) => noted(decodeScope(item, level)));
  });

  const registryOf = memoizeAsync(async (id: string): Promise<ProjectRegistry | undefined> => {
    if (id.startsWith(`${collections.project}/`)) {
      const seen = registries.get(id);
      if (seen) return seen;
      const response = await send({ method: 'GET', path: `/${id}` }, neverAborted);
      return decodeProjectRegistry(response.body);
    }
    // A group shows no registry. Those of its projects have the same host.
    const query = { per_page: 1, include_subgroups: 'true' };
    const { body } = await send({ method: 'GET', path: `/${id}/projects`, query }, neverAborted);
    if (!Array.isArray(body)) throw read.unexpectedShape('a list of projects');
    const project: JsonObject | undefined = body.find(isObject);
    return project && decodeProjectRegistry(project);
  });

  return {
    async resolve(ref, signal) {
      signal.throwIfAborted();
      const shared = resolving.get(ref) ?? lookUp(ref);
      resolving.set(ref, shared);
      try {
        return await shared;
      } catch (error) {
        // It may be found later: only what was found is remembered.
        resolving.delete(ref);
        throw error;
      }
    },

    async scopes(groupRole) {
      const found = await Promise.all([listed(`project ${maintainer}`), listed(`group ${groupRole}`)]);
      return found.flat();
    },

    registry: ({ id }) => registryOf(id),
  };
}
