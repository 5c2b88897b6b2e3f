import { createEmulator, type EmulatorOptions } from '../../../src/emulator/index.ts';
import { parseSeed } from '../../../src/emulator/seed.ts';
import { conformingToHarbor } from '../../contract/harbor.ts';
import { createManualClock } from '../fixtures.ts';
import { type ParsedResponse, parsedResponse } from '../parsed-response.ts';

export const host = 'https://harbor.example:8443';
export const robotsPath = '/api/v2.0/robots';

export interface AccessBody {
  readonly resource: string;
  readonly action: string;
  readonly effect?: string;
}

export interface PermissionBody {
  readonly kind: string;
  readonly namespace: string;
  readonly access: readonly AccessBody[];
}

export interface RobotBody {
  readonly id: number;
  readonly name: string;
  readonly description?: string;
  readonly level: string;
  readonly duration: number;
  readonly disable: boolean;
  readonly editable: boolean;
  readonly expires_at: number;
  readonly creation_time: string;
  readonly update_time: string;
  readonly creator_type?: string;
  readonly creator_ref?: number;
  readonly permissions: readonly PermissionBody[];
}

export interface CreatedBody {
  readonly id: number;
  readonly name: string;
  readonly secret: string;
  readonly expires_at: number;
}

export interface ErrorBody {
  readonly errors: readonly { readonly code: string; readonly message: string }[];
}

interface Setup extends Omit<EmulatorOptions, 'seed'> {
  /** The `harbor` of the seed, as YAML. */
  readonly seed?: string;
  /** Its `quirks.harbor`. */
  readonly seedQuirks?: string;
}

interface Call {
  readonly body?: unknown;
  /** The user and the password; null for none. */
  readonly as?: readonly [string, string] | null;
  readonly headers?: Readonly<Record<string, string>>;
  /** A request that is not as described, on purpose. */
  readonly wrong?: boolean;
}

/** The projects `team-a` (ID 1), `team-b` and `library`, which is public. */
export const projects = 'projects: [{ name: team-a }, { name: team-b }, { name: library, public: true }]';

const admin = ['emulator', 'emulator'] as const;

/** The value of a header for Basic authentication. */
export function basic([user, password]: readonly [string, string]): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
}

/** The rights to an image repository, for one namespace. */
export function permission(namespace: string, ...rights: readonly string[]): PermissionBody {
  const access = rights.map((right) => {
    const [resource = '', action = ''] = right.split(':');
    return { resource, action };
  });
  return { kind: namespace === '/' ? 'system' : 'project', namespace, access };
}

/** The body that creates a robot of `team-a`. */
export function projectRobot(name: string, more: object = {}): object {
  const permissions = [permission('team-a', 'repository:pull')];
  return { name, level: 'project', duration: -1, permissions, ...more };
}

/** The body that creates a system robot. */
export function systemRobot(name: string, more: object = {}): object {
  const permissions = [permission('*', 'repository:pull')];
  return { name, level: 'system', duration: -1, permissions, ...more };
}

/** Harbor on a clock moved by hand, and calls of it that are checked against the description. */
export function harbor({ seed = `{ ${projects} }`, seedQuirks = '{}', ...options }: Setup = {}) {
  const clock = createManualClock();
  const emulator = createEmulator({
    now: clock.now,
    sleep: clock.sleep,
    ...options,
    seed: parseSeed(`{ harbor: ${seed}, quirks: { harbor: ${seedQuirks} } }`),
  });
  const strict = conformingToHarbor(emulator.fetch);
  const lenient = conformingToHarbor(emulator.fetch, { requests: false });

  const call = async <Body = ErrorBody>(
    method: string,
    path: string,
    { body, as = admin, headers = {}, wrong = false }: Call = {},
  ): Promise<ParsedResponse<Body>> => {
    const response = await (wrong ? lenient : strict)(
      new Request(host + path, {
        method,
        headers: {
          ...(as !== null && { authorization: basic(as) }),
          ...(body !== undefined && { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      }),
    );
    return parsedResponse<Body>(response);
  };

  const create = async (body: object, as?: readonly [string, string]): Promise<CreatedBody> => {
    const response = await call<CreatedBody>('POST', robotsPath, { body, ...(as && { as }) });
    if (response.status !== 201) throw new Error(`${response.status} ${response.text}`);
    return response.body;
  };

  return {
    emulator,
    harbor: emulator.harbor,
    now: clock.now,
    advance: clock.advance,
    call,
    create,
    /** Returns a robot as it is read. */
    read: async (id: number): Promise<RobotBody> =>
      (await call<RobotBody>('GET', `${robotsPath}/${id}`)).body,
    /** Returns the full names of a list. */
    names: async (q?: string): Promise<readonly string[]> => {
      const query = q === undefined ? '' : `q=${encodeURIComponent(q)}&`;
      const { body } = await call<readonly RobotBody[]>('GET', `${robotsPath}?${query}page_size=100`);
      return body.map(({ name }) => name);
    },
    /** Tries a secret: returns the status of a login. */
    login: async (name: string, secret: string): Promise<number> =>
      (
        await emulator.fetch(
          new Request(`${host}/v2/`, { headers: { authorization: basic([name, secret]) } }),
        )
      ).status,
  };
}

/** Returns the code and the message of an error. */
export function errorOf({ status, body }: ParsedResponse<ErrorBody>) {
  return { status, ...body.errors[0] };
}
