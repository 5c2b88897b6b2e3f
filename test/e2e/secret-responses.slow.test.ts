import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createEmulator, type Emulator } from '../../src/emulator/index.ts';
import { parseSeed } from '../../src/emulator/seed.ts';
import { serve } from '../../src/emulator/serve.ts';
import { reconcile } from '../support/cli.ts';
import { folderWith } from '../support/folder.ts';

const id = (number: number): string => `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`;
const secret = 'Zx8kq0aBc9dEf7gH1';

interface Kind {
  readonly kind: string;
  readonly entry: object;
  /** What the answer to a create has besides, and in it another secret or ID. */
  readonly answer: (body: Body, change: { readonly id?: string; readonly secret?: string }) => object;
  /** The options of `list` that show the tokens of its scope. */
  readonly list: readonly string[];
  /** The path of a token. */
  readonly isToken: (path: string) => boolean;
  readonly isList: (path: string) => boolean;
}

// biome-ignore lint/suspicious/noExplicitAny: answers are changed as a hostile service would.
type Body = any;

const ionos = {
  answer: (body: Body, change: { readonly id?: string; readonly secret?: string }) => ({
    ...body,
    id: change.id ?? body.id,
    properties: {
      ...body.properties,
      credentials: {
        ...body.properties.credentials,
        password: change.secret ?? body.properties.credentials.password,
      },
    },
  }),
  list: ['--registry', 'team-a'],
  isToken: (path: string) => /\/tokens\/[^/]+$/.test(path),
  isList: (path: string) => /\/tokens$/.test(path),
};

const file = { secret: [{ file: { path: 'ci.json' } }] };
const registryToken = {
  kind: 'registry_token',
  registry: 'team-a',
  name: 'ci-push',
  scopes: [{ type: 'repository', name: 'app', actions: ['pull'] }],
  ...file,
};

const kinds: readonly Kind[] = [
  { kind: 'registry_token', entry: registryToken, ...ionos },
  { kind: 'registry_token by PUT', entry: { ...registryToken, create_with: 'put' }, ...ionos },
  {
    kind: 'docker_hub_personal_token',
    entry: { kind: 'docker_hub_personal_token', token_label: 'ci-push', scopes: ['repo:read'], ...file },
    answer: (body, change) => ({
      ...body,
      uuid: change.id ?? body.uuid,
      token: change.secret ?? body.token,
    }),
    list: ['--kind', 'docker_hub_personal_token'],
    isToken: (path) => /\/access-tokens\/[^/]+$/.test(path),
    isList: (path) => /\/access-tokens$/.test(path),
  },
  {
    kind: 'docker_hub_org_token',
    entry: {
      kind: 'docker_hub_org_token',
      org: 'acme',
      label: 'ci-push',
      resources: [{ type: 'TYPE_REPO', path: 'acme/app', scopes: ['scope-image-pull'] }],
      ...file,
    },
    answer: (body, change) => ({ ...body, id: change.id ?? body.id, token: change.secret ?? body.token }),
    list: ['--org', 'acme'],
    isToken: (path) => /\/access-tokens\/[^/]+$/.test(path),
    isList: (path) => /\/access-tokens$/.test(path),
  },
];

const seed = JSON.stringify({
  ionos: { registries: [{ id: id(1), name: 'team-a', tokens: [{ id: id(2), name: 'other' }] }] },
  docker_hub: {
    users: [{ name: 'emulator', tokens: [{ uuid: id(2), token_label: 'other', scopes: ['repo:read'] }] }],
    organizations: [
      {
        name: 'acme',
        tokens: [
          {
            id: id(2),
            label: 'other',
            resources: [{ type: 'TYPE_REPO', path: 'acme/app', scopes: ['scope-image-pull'] }],
          },
        ],
      },
    ],
  },
});

/** What a service answers in place of the emulator; `undefined` where the emulator's answer stands. */
type Hostile = (
  request: Request,
  honest: () => Promise<Response>,
  emulator: Emulator,
) => Promise<Response | undefined>;

/** A service that answers as it likes until it is told to be honest, and runs of the program against it. */
async function service({ entry }: Kind, hostile: Hostile) {
  const emulator = createEmulator({ seed: parseSeed(seed) });
  let honest = false;
  const served = await serve(
    {
      fetch: async (request) => {
        const answer = (): Promise<Response> => emulator.fetch(request);
        return (honest ? undefined : await hostile(request, answer, emulator)) ?? answer();
      },
    },
    { port: 0 },
  );
  onTestFinished(() => served.close());
  const cwd = await folderWith({
    'tokens.yaml': JSON.stringify({ apiVersion: 'reconcile/v1', tokens: [entry] }),
  });
  const env = {
    IONOS_API_URL: served.url,
    IONOS_TOKEN: 'emulator',
    DOCKER_HUB_API_URL: served.url,
    DOCKER_HUB_USERNAME: 'emulator',
    DOCKER_HUB_PASSWORD: 'emulator',
  };
  return {
    emulator,
    cwd,
    becomeHonest: () => {
      honest = true;
    },
    run: async (...args: readonly string[]) => {
      const finished = await reconcile([...args, '--log-level', 'debug'], { cwd, env });
      return { ...finished, all: finished.stdout + finished.stderr };
    },
    deleted: () => emulator.requests.filter(({ method }) => method === 'DELETE').map(({ path }) => path),
    sink: () => readFile(join(cwd, 'ci.json'), 'utf8').catch(() => ''),
  };
}

function isCreate({ method, url }: Request): boolean {
  return method === 'PUT' || (method === 'POST' && /tokens$/.test(new URL(url).pathname));
}

const json = (status: number, body: unknown): Response => Response.json(body, { status });

/** Every object of an answer with a secret besides, in fields that the API doesn't have. */
function withSecrets(value: Body): Body {
  if (Array.isArray(value)) return value.map(withSecrets);
  if (typeof value !== 'object' || value === null) return value;
  const members = Object.entries(value).map(([key, member]) => [key, withSecrets(member)]);
  return {
    ...Object.fromEntries(members),
    Password: secret,
    access_token: [secret],
    more: { PASSWORD: 'hunter2', note: `it is ${secret}` },
  };
}

describe.each(kinds)('a service shows secrets of a $kind in fields that its documents lack', (kind) => {
  test('no command prints one', async () => {
    const { run, deleted } = await service(kind, async ({ url, method }, honest) => {
      if (/auth/.test(url) || method === 'DELETE') return undefined;
      const answer = await honest();
      return json(answer.status, withSecrets(await answer.json()));
    });
    for (const args of [
      ['list', '--format', 'json', ...kind.list],
      ['export', '--format', 'json', ...kind.list],
      ['apply', '--yes', '--format', 'json'],
      ['plan', '--format', 'json'],
      ['audit', '--format', 'json'],
    ]) {
      const { code, all } = await run(...args);
      expect({ args, code }).toEqual({ args, code: 0 });
      expect(all).not.toContain(secret);
      expect(all).not.toContain('hunter2');
    }
    expect(deleted()).toEqual([]);
  });
});

describe.each(kinds)('a service answers a create of a $kind', (kind) => {
  // A service may refuse a token with the very secret that it has made for it.
  test('with a refusal that holds a secret: it is shown in no format', async () => {
    const { run } = await service(kind, async (request) =>
      isCreate(request)
        ? json(422, {
            messages: [{ errorCode: 'x', message: `password ${secret} is too weak for ci-push` }],
            message: `password ${secret} is too weak for ci-push`,
          })
        : undefined,
    );
    for (const format of ['text', 'json', 'markdown']) {
      const { code, all } = await run('apply', '--yes', '--format', format);
      expect(code).toBe(1);
      expect(all).not.toContain(secret);
      expect(all.replace(/\s+/g, ' ')).toMatch(/password \\?\(sensitive\\?\) is too weak for ci\\?-push/);
    }
  });

  const reused = [
    { why: 'made a token, and shows the wrong ID', makes: true },
    { why: 'changed the secret of that token', makes: false },
  ];
  // The secret is not that of a new token: delivered, it would take the old one's place.
  test.each(reused)('with the ID of a token that was there before ($why): no success', async ({ makes }) => {
    let creates = 0;
    const setting = await service(kind, async (request, honest, emulator) => {
      if (!isCreate(request)) return undefined;
      creates += 1;
      const body: Body = await (await honest()).json();
      if (!makes) {
        const made = `${request.method === 'PUT' ? request.url : `${request.url}/${body.id ?? body.uuid}`}`;
        await emulator.fetch(
          new Request(made, {
            method: 'DELETE',
            headers: { authorization: request.headers.get('authorization') ?? '' },
          }),
        );
      }
      return json(201, kind.answer(body, { id: id(2), secret }));
    });
    const { code, all, stdout } = await setting.run('apply', '--yes', '--format', 'json', '--grace', '0');
    expect(code).toBe(1);
    expect(JSON.parse(stdout).results).toMatchObject([
      {
        status: 'failed',
        error: { code: 'OUTCOME_UNKNOWN', message: expect.stringContaining(`the token other (${id(2)})`) },
      },
    ]);
    expect(all).not.toContain(secret);
    expect(await setting.sink()).toBe('');
    expect(setting.deleted().filter((path) => path.includes(id(2)))).toEqual([]);
    // Once: another create could change the secret of that token once more.
    expect(creates).toBe(1);

    setting.becomeHonest();
    expect((await setting.run('apply', '--yes', '--grace', '0')).code).toBe(0);
    const listed = await setting.run('list', '--format', 'json', ...kind.list);
    const { tokens } = JSON.parse(listed.stdout) as {
      tokens: { address: string; id: string; custody: string }[];
    };
    expect(tokens.map(({ address }) => address.replace(/.*[:/]/, ''))).toEqual(['ci-push', 'other']);
    expect(tokens[0]).toMatchObject({ id: JSON.parse(await setting.sink()).id, custody: 'held' });
  });

  test('and never shows the token: what is known is said, and what to do about it', async () => {
    let made = '';
    const setting = await service(kind, async (request, honest) => {
      const { pathname } = new URL(request.url);
      if (isCreate(request)) {
        const answer = await honest();
        const body: Body = await answer.clone().json();
        made = body.id ?? body.uuid;
        return answer;
      }
      if (made !== '' && kind.isToken(pathname)) return json(404, { message: 'not found' });
      if (made === '' || !kind.isList(pathname)) return undefined;
      const body: Body = await (await honest()).json();
      const without = (items: Body[]) => items.filter((item) => (item.id ?? item.uuid) !== made);
      return json(200, {
        ...body,
        ...(body.items && { items: without(body.items), total: 1, count: 1 }),
        ...(body.results && { results: without(body.results), count: 1, total: 1 }),
      });
    });
    const { code, stdout } = await setting.run('apply', '--yes', '--format', 'json', '--grace', '0');
    expect(code).toBe(4);
    const [{ error }] = JSON.parse(stdout).results;
    expect(error.code).toBe('NOT_FOUND');
    expect(error.message).toMatch(/confirmed the new token ci-push .* neither in its listing nor by its ID/);
    expect(error.message).not.toMatch(/deleted/);
    expect(error.hint).toMatch(/--grace/);
  });

  test('with a conflict for a name that no listing shows: the error says just that, and advises no loop', async () => {
    const setting = await service(kind, async (request) =>
      isCreate(request) ? json(409, { message: 'exists', messages: [{ message: 'exists' }] }) : undefined,
    );
    const { code, stdout } = await setting.run('apply', '--yes', '--format', 'json', '--grace', '0');
    expect(code).toBe(1);
    const [{ error }] = JSON.parse(stdout).results;
    expect(error).toMatchObject({ code: 'API_REJECTED', http_status: 409 });
    expect(error.message).toMatch(
      /reports a conflict for ci-push .* shows no token with this name: .*exists/,
    );
    expect(error.hint).toMatch(/choose another name/);
    expect(setting.deleted()).toEqual([]);
  });
});
