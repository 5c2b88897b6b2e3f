import { chmod, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Decrypter, generateIdentity, identityToRecipient } from 'age-encryption';
import { describe, expect, onTestFinished, test } from 'vitest';
import { acquireLock } from '../../src/custody/state/folder/lock.ts';
import type { Fault } from '../../src/emulator/index.ts';
import { serve } from '../../src/emulator/serve.ts';
import { systemMachine } from '../../src/system/system-machine.ts';
import { reconcile } from '../support/cli.ts';
import { servedEmulator, writes } from '../support/emulator.ts';
import { folderWith } from '../support/folder.ts';

const seed = 'ionos: { registries: [{ id: 00000000-0000-4000-8000-000000000001, name: team-a }] }';

/** A manifest of tokens that may pull `app`; each with the sinks that are given. */
function manifest(tokens: Readonly<Record<string, string>>): string {
  const entries = Object.entries(tokens).map(
    ([name, secret]) => `
  - kind: registry_token
    registry: 00000000-0000-4000-8000-000000000001
    name: ${name}
    scopes: [{ type: repository, name: app, actions: [pull] }]
    secret: ${secret}`,
  );
  return `apiVersion: reconcile/v1\ntokens:${entries.join('')}\n`;
}

const toFile = '[{ file: { path: ci.json } }]';

/** Injects a fault into the first POSTs. */
function losing(fault: Fault, posts = 1): (request: { method: string; count: number }) => Fault {
  return ({ method, count }) => (method === 'POST' && count <= posts ? fault : 'none');
}

async function textsIn(folder: string): Promise<readonly string[]> {
  const names = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = names.filter((entry) => entry.isFile());
  return Promise.all(files.map((file) => readFile(join(file.parentPath, file.name), 'utf8')));
}

describe('a lost response', () => {
  test.each<Fault>(['drop_before', 'drop_after', 'error_before', 'error_after', 'truncate', 'no_secret'])(
    '(%s): one token remains, its secret is in the file, exit 0',
    async (fault) => {
      const emulator = await servedEmulator(seed, { fault: losing(fault) });
      const cwd = await folderWith({ 'tokens.yaml': manifest({ ci: toFile }) });
      const applied = await reconcile(['apply', '-y', '--grace', '0'], { cwd, env: emulator.env });
      expect(applied.code).toBe(0);
      const tokens = emulator.tokens('team-a');
      expect(tokens).toHaveLength(1);
      expect(JSON.parse(await readFile(join(cwd, 'ci.json'), 'utf8'))).toMatchObject({
        id: tokens[0]?.id,
        password: tokens[0]?.password,
      });
      const again = await reconcile(['plan', '--detailed-exitcode'], { cwd, env: emulator.env });
      expect(again.code).toBe(0);
    },
  );

  test('again and again is given up, and nothing is left behind', async () => {
    const emulator = await servedEmulator(seed, { fault: losing('drop_after', 99) });
    const cwd = await folderWith({ 'tokens.yaml': manifest({ ci: toFile }) });
    const { code, stdout } = await reconcile(['apply', '-y', '--format', 'json', '--grace', '0'], {
      cwd,
      env: emulator.env,
    });
    expect(code).toBe(1);
    expect(JSON.parse(stdout).results).toMatchObject([{ error: { code: 'API_UNAVAILABLE' } }]);
    expect(emulator.requests.filter(({ method }) => method === 'POST')).toHaveLength(5);
    expect(emulator.tokens('team-a')).toEqual([]);
  });

  test('is waited for once at the end, and only then', async () => {
    const emulator = await servedEmulator(seed, { fault: losing('drop_after', 2) });
    const cwd = await folderWith({
      'tokens.yaml': manifest({ a1: '[{ file: { path: 1.json } }]', a2: '[{ file: { path: 2.json } }]' }),
    });
    const lost = await reconcile(['apply', '-y', '--grace', '1'], { cwd, env: emulator.env });
    expect(lost.code).toBe(0);
    expect(lost.stderr.match(/was lost: waiting/g)).toHaveLength(1);
    const quiet = await reconcile(['apply', '-y'], { cwd, env: emulator.env });
    expect(quiet.stderr).not.toContain('waiting');
  });

  test('under an ID of our own is settled by asking for that ID', async () => {
    const put = ({ method, count }: { method: string; count: number }): Fault =>
      method === 'PUT' && count === 1 ? 'drop_after' : 'none';
    const emulator = await servedEmulator(seed, { fault: put, quirks: { listLag: 60_000 } });
    const cwd = await folderWith({
      'tokens.yaml': manifest({ ci: `${toFile}\n    create_with: put` }),
    });
    const applied = await reconcile(['apply', '-y', '--grace', '0', '--strict-outcome'], {
      cwd,
      env: emulator.env,
    });
    expect(applied.code).toBe(0);
    expect(emulator.tokens('team-a')).toHaveLength(1);
    expect(await readFile(join(cwd, 'ci.json'), 'utf8')).toContain(emulator.tokens('team-a')[0]?.password);
  });

  test('is not settled by evidence under --strict-outcome: nothing is deleted', async () => {
    const emulator = await servedEmulator(seed, { fault: losing('drop_after') });
    const cwd = await folderWith({ 'tokens.yaml': manifest({ ci: toFile }) });
    const strict = ['apply', '-y', '--format', 'json', '--grace', '0', '--strict-outcome'];
    const first = await reconcile(strict, { cwd, env: emulator.env });
    expect(JSON.parse(first.stdout).results).toMatchObject([{ error: { code: 'OUTCOME_UNKNOWN' } }]);
    const second = await reconcile(strict, { cwd, env: emulator.env });
    expect(second.code).toBe(1);
    expect(JSON.parse(second.stdout).results).toMatchObject([{ error: { code: 'OUTCOME_UNKNOWN' } }]);
    expect(writes(emulator).filter((write) => write.startsWith('DELETE'))).toEqual([]);
  });
});

describe('a sink that cannot be written', () => {
  const rows: readonly (readonly [string, string, (cwd: string) => Promise<unknown>])[] = [
    ['its folder is missing', '[{ file: { path: gone/ci.json } }]', async () => undefined],
    ['a command is not found', '[{ command: { run: [no-such-program] } }]', async () => undefined],
    [
      'a credential helper fails',
      '[{ docker: { config: docker } }]',
      async (cwd) => {
        await mkdir(join(cwd, 'docker'));
        await writeFile(join(cwd, 'docker/config.json'), '{"credsStore":"broken"}');
        await writeFile(join(cwd, 'docker-credential-broken'), '#!/bin/sh\necho no keychain; exit 1\n');
        await chmod(join(cwd, 'docker-credential-broken'), 0o755);
      },
    ],
  ];
  test.each(rows)('as %s: exit 1, before any request that writes', async (_, secret, prepare) => {
    const emulator = await servedEmulator(seed);
    const cwd = await folderWith({ 'tokens.yaml': manifest({ ci: secret, other: toFile }) });
    await prepare(cwd);
    const env = { ...emulator.env, PATH: `${cwd}:${process.env['PATH']}` };
    const { code, stdout } = await reconcile(['apply', '-y', '--format', 'json'], { cwd, env });
    expect(code).toBe(1);
    expect(JSON.parse(stdout).results[0]).toMatchObject({ error: { code: 'SINK_FAILED' } });
    expect(writes(emulator)).toEqual([]);
  });
});

describe('a sink that breaks after the check', () => {
  test('leaves the secret in the spool: exit 4; the next apply delivers it, and makes no second token', async () => {
    const cwd = await folderWith({
      'tokens.yaml': manifest({
        ci: '[{ file: { path: secrets/ci.json } }, { file: { path: ci.txt, format: raw } }]',
      }),
      'secrets/.gitkeep': '',
    });
    const emulator = await servedEmulator(seed, {
      fault: ({ method }) => {
        if (method === 'POST') breakSink();
        return 'none';
      },
    });
    let broken: Promise<void> = Promise.resolve();
    const breakSink = (): void => {
      broken = rename(join(cwd, 'secrets'), join(cwd, 'moved'));
    };
    const first = await reconcile(['apply', '-y', '--format', 'json'], { cwd, env: emulator.env });
    await broken;
    expect(first.code).toBe(4);
    expect(JSON.parse(first.stdout).results).toMatchObject([
      {
        status: 'failed',
        changed: true,
        error: { code: 'SINK_FAILED' },
        secret: { delivered_to: ['file:ci.txt'] },
      },
    ]);
    const [token] = emulator.tokens('team-a');
    expect(await readdir(join(cwd, '.reconcile/spool'))).toHaveLength(1);

    await rename(join(cwd, 'moved'), join(cwd, 'secrets'));
    const plan = await reconcile(['plan', '--format', 'json', '--detailed-exitcode'], {
      cwd,
      env: emulator.env,
    });
    expect(plan.code).toBe(2);
    expect(JSON.parse(plan.stdout)).toMatchObject({
      summary: { deliver: 1, create: 0 },
      changes: [{ action: 'deliver', id: token?.id }],
    });
    const second = await reconcile(['apply', '-y'], { cwd, env: emulator.env });
    expect(second.code).toBe(0);
    expect(JSON.parse(await readFile(join(cwd, 'secrets/ci.json'), 'utf8'))).toMatchObject({
      id: token?.id,
      password: token?.password,
    });
    expect(await readFile(join(cwd, 'ci.txt'), 'utf8')).toBe(token?.password);
    expect(emulator.tokens('team-a')).toHaveLength(1);
    expect(await readdir(join(cwd, '.reconcile/spool'))).toEqual([]);
  });

  test('is served by spool deliver too, or given up by spool drop', async () => {
    const cwd = await folderWith({
      'tokens.yaml': manifest({ ci: '[{ command: { run: [./deliver] } }]' }),
      deliver: '#!/bin/sh\ntest -e open && cat > got || { echo "closed: $(cat)" >&2; exit 1; }\n',
    });
    await chmod(join(cwd, 'deliver'), 0o755);
    const emulator = await servedEmulator(seed);
    const address = 'registry_token:00000000-0000-4000-8000-000000000001/ci';
    const failed = await reconcile(['apply', '-y'], { cwd, env: emulator.env });
    const [token] = emulator.tokens('team-a');
    expect(failed.code).toBe(4);
    expect(failed.stdout).toContain('closed: (sensitive)');
    expect(failed.stdout + failed.stderr).not.toContain(token?.password);

    const listed = await reconcile(['spool', 'list', '--format', 'json'], { cwd });
    expect(JSON.parse(listed.stdout).entries).toMatchObject([
      { address, state: 'secret', id: token?.id, sinks: ['command:./deliver'] },
    ]);
    expect((await reconcile(['spool', 'deliver', 'registry_token:x/y'], { cwd })).code).toBe(1);
    expect((await reconcile(['spool', 'deliver'], { cwd })).code).toBe(1);
    await writeFile(join(cwd, 'open'), '');
    expect((await reconcile(['spool', 'deliver', address], { cwd })).code).toBe(0);
    expect(await readFile(join(cwd, 'got'), 'utf8')).toBe(token?.password);
    expect((await reconcile(['spool', 'list'], { cwd })).stdout).toBe('The spool is empty.\n');
    expect((await reconcile(['plan', '--detailed-exitcode'], { cwd, env: emulator.env })).code).toBe(0);

    await rm(join(cwd, 'open'));
    await reconcile(['apply', '-y', '--replace', address], { cwd, env: emulator.env });
    expect((await reconcile(['spool', 'drop', address], { cwd })).code).toBe(0);
    expect(await readdir(join(cwd, '.reconcile/spool'))).toEqual([]);
  });
});

describe('--replace', () => {
  test('recreates a token of the same name: delete, then create, reported as a short outage', async () => {
    const emulator = await servedEmulator(seed);
    const cwd = await folderWith({ 'tokens.yaml': manifest({ ci: toFile }) });
    await reconcile(['apply', '-y'], { cwd, env: emulator.env });
    const [old] = emulator.tokens('team-a');
    const address = 'registry_token:00000000-0000-4000-8000-000000000001/ci';
    const applied = await reconcile(['apply', '-y', '--replace', address], { cwd, env: emulator.env });
    expect(applied.code).toBe(0);
    expect(applied.stdout).toContain('short outage');
    const [token] = emulator.tokens('team-a');
    expect(token?.id).not.toBe(old?.id);
    expect(await readFile(join(cwd, 'ci.json'), 'utf8')).toContain(token?.password);
  });

  test('of an undeclared address is rejected', async () => {
    const cwd = await folderWith({ 'tokens.yaml': manifest({ ci: toFile }) });
    const { code, stderr } = await reconcile(['plan', '--replace', 'registry_token:x/y'], { cwd });
    expect(code).toBe(1);
    expect(stderr).toContain('--replace registry_token:x/y: no manifest declares it');
  });
});

test('a same-name replace that is refused after the delete is finished later, with all that was carried over', async () => {
  const other = { name: 'ci-push', scopes: [] };
  let refusing = true;
  const emulator = await servedEmulator(
    `ionos: { registries: [{ name: team-a, tokens: [{ name: ci-push, expiryDate: 2099-01-01T00:00:00Z, scopes: [{ type: repository, name: app, actions: [pull] }] }] }] }`,
    {
      fault: ({ method }) => {
        if (method === 'POST' && refusing) emulator.createAs('other', 'team-a', other);
        return 'none';
      },
    },
  );
  const cwd = await folderWith({
    'tokens.yaml': `apiVersion: reconcile/v1
tokens:
  - { kind: registry_token, registry: team-a, name: ci-push, secret: ${toFile} }\n`,
  });
  const again = ['apply', '-y', '--grace', '0'];
  const address = 'registry_token:team-a/ci-push';
  const [old] = emulator.tokens('team-a');
  expect((await reconcile([...again, '--replace', address], { cwd, env: emulator.env })).code).toBe(1);
  refusing = false;
  for (const { id } of emulator.tokens('team-a')) emulator.deleteAs('team-a', id);
  expect((await reconcile(again, { cwd, env: emulator.env })).code).toBe(0);
  const [token] = emulator.tokens('team-a');
  expect(token).toMatchObject({ scopes: old?.scopes, expiry: old?.expiry });
  expect(await readFile(join(cwd, 'ci.json'), 'utf8')).toContain(token?.password);
});

test('a proxy that answers a create with what the service said is not quoted', async () => {
  const emulator = await servedEmulator(seed);
  const password = 'a-secret-that-nobody-knows-yet';
  let failing = false;
  const served = await serve(
    {
      fetch: async (request) => {
        if (request.method !== 'POST')
          return failing ? new Response(null, { status: 503 }) : emulator.fetch(request);
        failing = true;
        return new Response(`{"properties":{"credentials":{"password":"${password}"}}}`, { status: 502 });
      },
    },
    { port: 0 },
  );
  onTestFinished(() => served.close());
  const cwd = await folderWith({ 'tokens.yaml': manifest({ 'ci-push': toFile }) });
  const env = { ...emulator.env, IONOS_API_URL: served.url };
  const { code, stdout, stderr } = await reconcile(['apply', '-y', '--grace', '0'], { cwd, env });
  expect(code).toBe(1);
  expect(stdout).toContain('OUTCOME_UNKNOWN');
  expect(stdout + stderr).not.toContain(password);
});

describe('a rename whose old token cannot be deleted', () => {
  test('has a safe secret, says that the old token lives, and is finished by the next run', async () => {
    let refuse = true;
    const emulator = await servedEmulator(
      'ionos: { registries: [{ name: team-a, tokens: [{ name: old }] }] }',
      { fault: ({ method }) => (refuse && method === 'DELETE' ? 'error_before' : 'none') },
    );
    const cwd = await folderWith({
      'tokens.yaml': `apiVersion: reconcile/v1
tokens:
  - { kind: registry_token, registry: team-a, state: update, registry_token: old, name: new, allow_replace: true, secret: ${toFile} }\n`,
    });
    const first = await reconcile(['apply', '-y', '--format', 'json'], { cwd, env: emulator.env });
    expect(first.code).toBe(4);
    expect(JSON.parse(first.stdout).results).toMatchObject([
      { status: 'failed', changed: true, error: { message: expect.stringContaining('may still exist') } },
    ]);
    refuse = false;
    const plan = await reconcile(['plan', '--format', 'json', '--detailed-exitcode'], {
      cwd,
      env: emulator.env,
    });
    expect(plan.code).toBe(2);
    expect(JSON.parse(plan.stdout).changes).toMatchObject([
      { address: 'registry_token:team-a/new', action: 'noop', custody: 'held' },
      { address: 'registry_token:team-a/old', action: 'delete' },
    ]);
    expect((await reconcile(['apply', '-y'], { cwd, env: emulator.env })).code).toBe(0);
    expect(emulator.tokens('team-a').map(({ name }) => name)).toEqual(['new']);
    expect((await reconcile(['plan', '--detailed-exitcode'], { cwd, env: emulator.env })).code).toBe(0);
  });
});

test('an encrypted file opens with its identity, and the spool never holds its secret in the clear', async () => {
  const identity = await generateIdentity();
  const recipient = await identityToRecipient(identity);
  const cwd = await folderWith({
    'tokens.yaml': manifest({ ci: `[{ file: { path: secrets/ci.age, age: [${recipient}] } }]` }),
    'secrets/.gitkeep': '',
  });
  const emulator = await servedEmulator(seed, {
    fault: ({ method }) => {
      if (method === 'POST') breaking = rename(join(cwd, 'secrets'), join(cwd, 'moved'));
      return 'none';
    },
  });
  let breaking: Promise<void> = Promise.resolve();
  expect((await reconcile(['apply', '-y'], { cwd, env: emulator.env })).code).toBe(4);
  await breaking;
  const [token] = emulator.tokens('team-a');
  expect((await textsIn(join(cwd, '.reconcile'))).join('\n')).not.toContain(token?.password);

  await rename(join(cwd, 'moved'), join(cwd, 'secrets'));
  expect((await reconcile(['apply', '-y'], { cwd, env: emulator.env })).code).toBe(0);
  const decrypter = new Decrypter();
  decrypter.addIdentity(identity);
  const armored = await readFile(join(cwd, 'secrets/ci.age'), 'utf8');
  const { armor } = await import('age-encryption');
  const content = await decrypter.decrypt(armor.decode(armored), 'text');
  expect(JSON.parse(content)).toMatchObject({ id: token?.id, password: token?.password });
});

test('a token that is deleted during the run is planned again, alone, and created', async () => {
  const emulator = await servedEmulator(
    'ionos: { registries: [{ name: team-a, tokens: [{ name: ci, status: disabled }] }] }',
    {
      fault: ({ method }) => {
        const [token] = emulator.tokens('team-a');
        if (method === 'PATCH' && token) emulator.deleteAs('team-a', token.id);
        return 'none';
      },
    },
  );
  const cwd = await folderWith({
    'tokens.yaml': `apiVersion: reconcile/v1
tokens:
  - { kind: registry_token, registry: team-a, name: ci, status: enabled, secret: ${toFile} }\n`,
  });
  const { code, stdout } = await reconcile(['apply', '-y', '--format', 'json'], { cwd, env: emulator.env });
  expect(code).toBe(0);
  const [token] = emulator.tokens('team-a');
  expect(JSON.parse(stdout).results).toMatchObject([{ action: 'create', status: 'applied', id: token?.id }]);
  expect(await readFile(join(cwd, 'ci.json'), 'utf8')).toContain(token?.password);
});

describe('a state directory that another run works on', () => {
  async function locked(cwd: string): Promise<() => Promise<void>> {
    await mkdir(join(cwd, '.reconcile'));
    const patience = { now: () => 0, sleep: async () => undefined, timeoutMilliseconds: 0 };
    const { signal } = new AbortController();
    return acquireLock(join(cwd, '.reconcile/lock'), systemMachine(process), { ...patience, signal });
  }

  test('is refused, and nothing is asked of the service', async () => {
    const emulator = await servedEmulator(seed);
    const cwd = await folderWith({ 'tokens.yaml': manifest({ ci: toFile }) });
    await locked(cwd);
    const { code, stdout } = await reconcile(['apply', '-y', '--format', 'json'], { cwd, env: emulator.env });
    expect(code).toBe(1);
    expect(JSON.parse(stdout).errors).toMatchObject([
      { code: 'LOCKED', message: expect.stringContaining(`process ${process.pid}`) },
    ]);
    expect(emulator.requests).toEqual([]);
  });

  test('is waited for with --lock-timeout', async () => {
    const emulator = await servedEmulator(seed);
    const cwd = await folderWith({ 'tokens.yaml': manifest({ ci: toFile }) });
    const release = await locked(cwd);
    const waiting = reconcile(['apply', '-y', '--lock-timeout', '20'], { cwd, env: emulator.env });
    await release();
    expect((await waiting).code).toBe(0);
  });

  test('can still be planned with', async () => {
    const emulator = await servedEmulator(seed);
    const cwd = await folderWith({ 'tokens.yaml': manifest({ ci: toFile }) });
    await locked(cwd);
    expect((await reconcile(['plan'], { cwd, env: emulator.env })).code).toBe(0);
  });
});

test('two runs at once, from two machines: one makes the token, the other says who has it', async () => {
  const emulator = await servedEmulator(seed);
  const machines = await Promise.all(
    ['a', 'b'].map(() => folderWith({ 'tokens.yaml': manifest({ ci: toFile }) })),
  );
  const runs = await Promise.all(
    machines.map((cwd) => reconcile(['apply', '-y'], { cwd, env: emulator.env })),
  );
  const tokens = emulator.tokens('team-a');
  expect(tokens).toHaveLength(1);
  expect(writes(emulator).filter((write) => write.startsWith('DELETE'))).toEqual([]);
  const held = await Promise.all(
    machines.map((cwd) => readFile(join(cwd, 'ci.json'), 'utf8').catch(() => '')),
  );
  expect(held.filter((text) => text.includes(tokens[0]?.password ?? '?'))).toHaveLength(1);
  // The second run finds the token, or the name is rejected.
  for (const [index, { code, stdout }] of runs.entries()) {
    if (held[index] !== '') expect(code).toBe(0);
    else expect(code === 0 ? stdout : 'somebody else').toMatch(/somebody else|the secret is unknown/);
  }
});

describe('a canary', () => {
  test('no secret of a run is printed or written anywhere but into sinks and spool', async () => {
    const cwd = await folderWith({
      'tokens.yaml': manifest({
        a1: '[{ file: { path: out/1.json } }]',
        a2: '[{ command: { run: [./echo] } }]',
        a3: '[{ file: { path: out/3.env, format: env } }]',
        a4: '[{ file: { path: out/4.txt, format: raw } }]',
      }),
      'out/.gitkeep': '',
      echo: '#!/bin/sh\nsecret=$(cat)\necho "$secret"; echo "I got $secret" >&2; exit 1\n',
    });
    await chmod(join(cwd, 'echo'), 0o755);
    const emulator = await servedEmulator(seed, {
      fault: ({ method, count }) => (method === 'POST' && count === 2 ? 'error_after' : 'none'),
    });
    const args = ['apply', '-y', '--grace', '0', '--log-level', 'trace'];
    const texts: string[] = [];
    for (const more of [[], ['--log-format', 'json', '--format', 'json']]) {
      const { stdout, stderr } = await reconcile([...args, ...more], { cwd, env: emulator.env });
      texts.push(stdout, stderr);
    }
    texts.push(await readFile(join(cwd, '.reconcile/custody.json'), 'utf8'));
    const passwords = emulator.tokens('team-a').map(({ password }) => password);
    expect(passwords).toHaveLength(4);
    const shown = texts.join('\n');
    for (const password of passwords) {
      expect(shown).not.toContain(password);
      expect(shown).not.toContain(Buffer.from(password).toString('base64'));
    }
    expect(shown).toContain('I got (sensitive)');
  });

  test('in GitHub Actions each secret is masked before anything else is printed', async () => {
    const emulator = await servedEmulator(seed);
    const cwd = await folderWith({ 'tokens.yaml': manifest({ 'ci-push': toFile }) });
    const { stdout, stderr } = await reconcile(['apply', '-y'], {
      cwd,
      env: { ...emulator.env, GITHUB_ACTIONS: 'true' },
    });
    const [token] = emulator.tokens('team-a');
    expect(stderr).toBe(`::add-mask::${token?.password}\n`);
    expect(stdout).not.toContain(token?.password);
  });
});
