import { ReconcileError } from '../../core/model/errors.ts';
import type { Scope } from '../../core/model/token.ts';
import { isObject, type JsonObject } from '../../core/util/json.ts';
import { neverAborted } from '../../core/util/never-aborted.ts';
import type { HttpClient } from '../../http/client.ts';
import { possibleShortNames, prefixIn } from './names.ts';
import { projectOf, queryOf, system } from './scopes.ts';

/** Maximum number of projects that are searched for a robot to learn the prefix of names from. */
const maxSearched = 50;
/** Maximum number of short names that a robot of the system is looked for by. */
const maxTried = 50;

/**
 * Returns the prefix of full names, which is a setting of the service: docs/services/harbor.md, Names. Only administrators can
 * read it. Others learn it from a robot of the system, which is found by its short name, or from a robot of some project.
 */
export async function learnPrefix(
  http: HttpClient,
  projects: () => Promise<readonly Scope[]>,
): Promise<string> {
  const { status, body } = await http.send(
    { method: 'GET', path: '/configurations' },
    neverAborted,
    [401, 403],
  );
  const setting = status === 200 && isObject(body) ? body['robot_name_prefix'] : undefined;
  if (isObject(setting) && typeof setting['value'] === 'string') return setting['value'];
  const found = (await prefixOfSystem(http)) ?? (await prefixOfProjects(http, await projects()));
  if (found !== undefined) return found;
  throw new ReconcileError({
    code: 'AUTH',
    message:
      "the names of the system's robots can't be told: Harbor puts a prefix before them, and the signed-in credential can't read that setting",
    hint: 'sign in as a system administrator, or as someone who can list the robots of a project that has some',
  });
}

async function prefixOfSystem(http: HttpClient): Promise<string | undefined> {
  const names = (await someRobots(http, queryOf(system)))
    .filter(({ level }) => level === 'system')
    .map(({ name }) => String(name));
  const [shortest] = names.toSorted((a, b) => a.length - b.length);
  if (shortest === undefined) return undefined;
  for (const name of possibleShortNames(shortest).slice(0, maxTried)) {
    // The service looks for names without the prefix.
    const [robot, ...more] = await someRobots(http, { q: `name=${name}` });
    if (more.length === 0 && robot?.['name'] === shortest) return shortest.slice(0, -name.length);
  }
  return undefined;
}

async function prefixOfProjects(http: HttpClient, projects: readonly Scope[]): Promise<string | undefined> {
  for (const scope of projects.slice(0, maxSearched)) {
    const names = (await someRobots(http, queryOf(scope))).map(({ name }) => String(name));
    const found = names.map((full) => prefixIn(full, projectOf(scope))).find((start) => start !== undefined);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Returns some of the robots of a list; none if the credential can't see it. Robots from before Harbor 2.2 have no prefix. */
async function someRobots(http: HttpClient, query: { readonly q?: string }): Promise<readonly JsonObject[]> {
  const page = { ...query, page: 1, page_size: 10 };
  const { status, body } = await http.send(
    { method: 'GET', path: '/robots', query: page },
    neverAborted,
    [401, 403],
  );
  const robots = status === 200 && Array.isArray(body) ? body.filter(isObject) : [];
  return robots.filter(({ editable }) => editable !== false);
}
