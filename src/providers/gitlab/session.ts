import { ReconcileError } from '../../core/model/errors.ts';
import type { Json } from '../../core/util/json.ts';
import { neverAborted } from '../../core/util/never-aborted.ts';
import { memoizeAsync } from '../../core/util/single-flight.ts';
import type { HttpClient } from '../../http/client.ts';
import { createNamespaces, type Namespaces } from './namespaces.ts';
import { decodeOwnToken, isTokenBot, type OwnToken } from './own-token.ts';

/** The signed-in credential: its own token and user, and requests with it. */
export interface GitlabSession {
  /** Returns the signed-in token; `undefined` if the service doesn't show it. */
  ownToken(): Promise<OwnToken | undefined>;
  /** Tells whether it is known to be an access token of a project or a group. */
  isOfProjectOrGroup(): Promise<boolean>;
  /** Returns the signed-in user; `undefined` if the service doesn't show it. */
  user(): Promise<Json | undefined>;
  /**
   * Sends a request. GitLab also responds with a 401 if a valid token has no right to see the access tokens of a project or
   * group; the error then is that of a 403, which doesn't end the run.
   */
  readonly send: HttpClient['send'];
  readonly namespaces: Namespaces;
}

const self = '/personal_access_tokens/self';

const sessions = new WeakMap<HttpClient, GitlabSession>();

/** Returns the session of a connection, which both kinds of token share. */
export function sessionOf(http: HttpClient, endpoint: string): GitlabSession {
  const known = sessions.get(http);
  if (known) return known;
  const session = createSession(http, endpoint);
  sessions.set(http, session);
  return session;
}

function createSession(http: HttpClient, endpoint: string): GitlabSession {
  // All callers share these requests, so the signal of one of them must not abort them.
  const asked = memoizeAsync(async (path: string) => {
    const { status, body } = await http.send({ method: 'GET', path }, neverAborted, [401, 403, 404]);
    // A 403 is a response to a token that is valid, but lacks a scope.
    return { body: status === 200 ? body : undefined, isValid: status === 200 || status === 403 };
  });
  const ownToken = async (): Promise<OwnToken | undefined> => decodeOwnToken((await asked(self)).body);
  const user = async (): Promise<Json | undefined> => (await asked('/user')).body;
  // Versions before 15.5 don't show the signed-in token: docs/services/gitlab.md, Versions.
  const isValid = async (): Promise<boolean> => (await asked(self)).isValid || (await asked('/user')).isValid;
  const send: GitlabSession['send'] = async (request, signal, expected) => {
    try {
      return await http.send(request, signal, expected);
    } catch (error) {
      if (!(error instanceof ReconcileError) || error.httpStatus !== 401) throw error;
      if (!(await isValid().catch(() => false))) throw error;
      throw new ReconcileError({
        code: 'AUTH',
        message: `GitLab doesn't allow this (401 for ${request.method} ${request.path}): the token has no right here, or is no longer valid`,
        hint: 'access tokens are shown only to maintainers of a project and to owners of a group',
        httpStatus: 403,
      });
    }
  };
  return {
    ownToken,
    isOfProjectOrGroup: async () =>
      (await ownToken())?.isOfProjectOrGroup === true || isTokenBot(await user()),
    user,
    send,
    namespaces: createNamespaces(send, endpoint),
  };
}
