import { createEmulator, type EmulatorOptions } from '../../../src/emulator/index.ts';
import { parseSeed } from '../../../src/emulator/seed.ts';
import { conformingToDockerHub } from '../../contract/docker-hub.ts';
import { createManualClock } from '../fixtures.ts';

export const host = 'https://hub.example';

export interface PersonalBody {
  readonly uuid: string;
  readonly token_label: string;
  readonly token: string;
  readonly is_active: boolean;
  readonly scopes?: readonly string[];
  readonly expires_at: string | null;
  readonly last_used: string | null;
  readonly created_at: string;
}

export interface PersonalPage {
  readonly count: number;
  readonly active_count: number;
  readonly next: string | null;
  readonly previous: string | null;
  readonly results: readonly PersonalBody[];
}

export interface OrgBody {
  readonly id: string;
  readonly label: string;
  readonly token?: string;
  readonly is_active: boolean;
  readonly description?: string;
  readonly resources?: readonly unknown[];
}

export interface OrgPage {
  readonly total: number;
  readonly next: string | null;
  readonly results: readonly OrgBody[];
}

interface Setup extends Omit<EmulatorOptions, 'seed'> {
  /** The `docker_hub` of the seed, as YAML. */
  readonly accounts?: string;
  /** Its `quirks.docker_hub`. */
  readonly seedQuirks?: string;
}

interface Call {
  readonly body?: unknown;
  readonly authorization?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** A request that is not as described, on purpose. */
  readonly wrong?: boolean;
}

export interface ParsedResponse<Body = Readonly<Record<string, unknown>>> {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly body: Body;
}

/** Docker Hub on a clock moved by hand, and calls of it that are checked against the description. */
export function dockerHub({ accounts = '{}', seedQuirks = '{}', ...options }: Setup = {}) {
  const clock = createManualClock();
  const emulator = createEmulator({
    now: clock.now,
    sleep: clock.sleep,
    ...options,
    seed: parseSeed(`{ docker_hub: ${accounts}, quirks: { docker_hub: ${seedQuirks} } }`),
  });
  const strict = conformingToDockerHub(emulator.fetch);
  const lenient = conformingToDockerHub(emulator.fetch, { requests: false });

  const call = async <Body = Readonly<Record<string, unknown>>>(
    method: string,
    path: string,
    { body, authorization = 'Bearer emulator', headers = {}, wrong = false }: Call = {},
  ): Promise<ParsedResponse<Body>> => {
    const response = await (wrong ? lenient : strict)(
      new Request(path.startsWith('https:') ? path : host + path, {
        method,
        headers: {
          ...(authorization !== '' && { authorization }),
          ...(body !== undefined && { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      }),
    );
    const text = await response.text();
    const json = response.headers.get('content-type')?.startsWith('application/json') ?? false;
    return {
      status: response.status,
      headers: response.headers,
      text,
      body: (json ? JSON.parse(text) : undefined) as Body,
    };
  };

  const login = (identifier: string, secret: string) =>
    call<{ readonly access_token: string }>('POST', '/v2/auth/token', {
      body: { identifier, secret },
      authorization: '',
    });

  return {
    emulator,
    hub: emulator.hub,
    now: clock.now,
    advance: clock.advance,
    call,
    login,
    /** The `Authorization` of who logs in so. */
    bearer: async (identifier: string, secret: string): Promise<string> =>
      `Bearer ${(await login(identifier, secret)).body.access_token}`,
    oldLogin: (username: string, password: string) =>
      call('POST', '/v2/users/login', { body: { username, password }, authorization: '' }),
    create: async (token_label: string, more: object = {}): Promise<PersonalBody> =>
      (
        await call<PersonalBody>('POST', '/v2/access-tokens', {
          body: { token_label, scopes: ['repo:read'], ...more },
        })
      ).body,
    createOrg: (label: string, more: object = {}) =>
      call<OrgBody>('POST', '/v2/orgs/acme/access-tokens', { body: { label, resources, ...more } }),
    /** The labels that the list of the user `emulator` shows. */
    labels: async (): Promise<readonly string[]> =>
      (await call<PersonalPage>('GET', '/v2/access-tokens?page_size=100')).body.results.map(
        ({ token_label }) => token_label,
      ),
  };
}

/** What tokens of `acme` are made for here. */
export const resources = [{ type: 'TYPE_REPO', path: 'acme/app', scopes: ['scope-image-pull'] }];

/** The seed of `emulator` with these tokens. */
export function withTokens(tokens: string): string {
  return `{ users: [{ name: emulator, tokens: ${tokens} }] }`;
}

/** The seed of `acme` with these tokens. */
export function withOrgTokens(tokens: string, more = ''): string {
  return `{ organizations: [{ name: acme, tokens: ${tokens} ${more} }] }`;
}
