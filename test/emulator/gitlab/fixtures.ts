import { createEmulator, type EmulatorOptions } from '../../../src/emulator/index.ts';
import { parseSeed } from '../../../src/emulator/seed.ts';
import { conformingToGitlab } from '../../contract/gitlab.ts';
import { createManualClock } from '../fixtures.ts';
import { type ParsedResponse, parsedResponse } from '../parsed-response.ts';

export const host = 'https://gitlab.example';

/** The project `team-a/app` (ID 1) and the group `team-a` (ID 1), by paths of the API. */
export const project = '/api/v4/projects/1';
export const group = '/api/v4/groups/1';

export const deployTokens = `${project}/deploy_tokens`;
export const accessTokens = `${project}/access_tokens`;

export interface DeployTokenBody {
  readonly id: number;
  readonly name: string;
  readonly username: string;
  readonly scopes: readonly string[];
  readonly expires_at: string | null;
  readonly revoked: boolean;
  readonly expired: boolean;
  readonly token: string;
}

export interface AccessTokenBody {
  readonly id: number;
  readonly name: string;
  readonly description?: string | null;
  readonly scopes: readonly string[];
  readonly access_level: number;
  readonly expires_at: string | null;
  readonly active: boolean;
  readonly revoked: boolean;
  readonly user_id: number;
  readonly last_used_at: string | null;
  readonly token: string;
}

interface Setup extends Omit<EmulatorOptions, 'seed'> {
  /** The `gitlab` of the seed, as YAML. */
  readonly seed?: string;
  /** Its `quirks.gitlab`. */
  readonly seedQuirks?: string;
}

interface Call {
  readonly body?: unknown;
  /** The token; null for none. */
  readonly as?: string | null;
  readonly headers?: Readonly<Record<string, string>>;
  /** A request that is not as described, on purpose. */
  readonly wrong?: boolean;
}

/** Groups `team-a` (ID 1), `team-a/sub` and `team-b`; projects `team-a/app` (ID 1), `team-a/sub/lib`, `team-b/app`. */
export const resources = `
  groups: [{ path: team-a }, { path: team-a/sub }, { path: team-b }],
  projects: [{ path: team-a/app }, { path: team-a/sub/lib }, { path: team-b/app }]`;

/** Users with each role in `team-a`, and an administrator. */
export const people = `users: [
  { name: root, admin: true },
  { name: oda, roles: { team-a: owner } },
  { name: max, roles: { team-a: maintainer } },
  { name: dev, roles: { team-a: developer } },
  { name: app, roles: { team-a/app: maintainer } },
]`;

/** The body that creates a deploy token. */
export function deployToken(name: string, more: object = {}): object {
  return { name, scopes: ['read_registry'], ...more };
}

/** The body that creates an access token. */
export function accessToken(name: string, more: object = {}): object {
  return { name, scopes: ['read_registry', 'write_registry'], access_level: 30, ...more };
}

/** The value of a header for Basic authentication. */
export function basic([user, password]: readonly [string, string]): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
}

/** GitLab on a clock moved by hand, and calls of it that are checked against the description. */
export function gitlab({ seed = `{ ${resources}, ${people} }`, seedQuirks = '{}', ...options }: Setup = {}) {
  const clock = createManualClock();
  const emulator = createEmulator({
    now: clock.now,
    sleep: clock.sleep,
    ...options,
    seed: parseSeed(`{ gitlab: ${seed}, quirks: { gitlab: ${seedQuirks} } }`),
  });
  const strict = conformingToGitlab(emulator.fetch);
  const lenient = conformingToGitlab(emulator.fetch, { requests: false });

  const call = async <Body = unknown>(
    method: string,
    path: string,
    { body, as = 'glpat-emulator', headers = {}, wrong = false }: Call = {},
  ): Promise<ParsedResponse<Body>> => {
    const response = await (wrong ? lenient : strict)(
      new Request(host + path, {
        method,
        headers: {
          ...(as !== null && { 'private-token': as }),
          ...(body !== undefined && { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      }),
    );
    return parsedResponse<Body>(response);
  };

  const created =
    <Body>(defaultPath: string) =>
    async (body: object, path = defaultPath): Promise<Body> => {
      const response = await call<Body>('POST', path, { body });
      if (response.status !== 201) throw new Error(`${response.status} ${response.text}`);
      return response.body;
    };

  return {
    emulator,
    gitlab: emulator.gitlab,
    now: clock.now,
    advance: clock.advance,
    call,
    createDeployToken: created<DeployTokenBody>(deployTokens),
    createAccessToken: created<AccessTokenBody>(accessTokens),
    /** Returns a token as it is read. */
    read: async <Body>(path: string): Promise<Body> => (await call<Body>('GET', path)).body,
    /** Returns the names of a list. */
    names: async (path: string): Promise<readonly string[]> =>
      (await call<readonly { readonly name: string }[]>('GET', path)).body.map(({ name }) => name),
    /** Tries a secret at the common registry endpoint: returns the status. */
    login: async (name: string, secret: string): Promise<number> => {
      const headers = { authorization: basic([name, secret]) };
      return (await emulator.fetch(new Request(`${host}/v2/`, { headers }))).status;
    },
  };
}
