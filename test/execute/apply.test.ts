import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { applyPlan } from '../../src/app/apply.ts';
import { createConnections } from '../../src/app/connections.ts';
import { loadManifests } from '../../src/app/load.ts';
import { planRun } from '../../src/app/plan.ts';
import type { Runtime } from '../../src/app/runtime.ts';
import { openStore, withHeldState } from '../../src/app/state.ts';
import type { Result } from '../../src/core/model/plan.ts';
import { createMasker } from '../../src/core/model/secret.ts';
import type { SecretStore } from '../../src/custody/secret-store.ts';
import { createEmulator, type Emulator } from '../../src/emulator/index.ts';
import { parseSeed } from '../../src/emulator/seed.ts';
import { systemClock } from '../../src/system/system-clock.ts';
import { systemMachine } from '../../src/system/system-machine.ts';
import { folderWith } from '../support/folder.ts';

const manifest = `apiVersion: reconcile/v1
defaults: { registry_token: { registry: team-a, scopes: [{ type: repository, name: app, actions: [pull] }] } }
tokens:
  - { kind: registry_token, name: ci-a, secret: [{ file: { path: a.json } }] }
  - { kind: registry_token, name: ci-b, secret: [{ file: { path: b.json } }] }
`;

/** What runs share: a service, a folder, and what was logged for who looks for a cause. */
async function setUp() {
  const emulator = createEmulator({ seed: parseSeed('ionos: { registries: [{ name: team-a }] }') });
  const cwd = await folderWith({ 'tokens.yaml': manifest });
  const logged: string[] = [];
  return { emulator, cwd, logged };
}

/** Applies the manifests, with a secretStore that has a bug. */
async function applied(
  { emulator, cwd, logged }: Awaited<ReturnType<typeof setUp>>,
  bug: (secretStore: SecretStore) => Partial<SecretStore> = () => ({}),
): Promise<readonly Result[]> {
  const runtime = runtimeIn(cwd, emulator, logged);
  const stop = new AbortController().signal;
  const network = { parallelism: 10, timeoutSeconds: 30, maxWaitSeconds: 1, noRetry: stop };
  const connections = createConnections(runtime, { ...network, allowInsecureHttp: false });
  const none = { allowHosts: [], allowFileReferences: [], allowSinkDirs: [], allowInsecureHttp: false };
  const wishes = await loadManifests(['.'], runtime, none, []);
  const lock = { lockTimeoutSeconds: 0, signal: stop };
  return withHeldState(await openStore({}, runtime), lock, async (state) => {
    const planned = await planRun(wishes, connections, runtime, {
      state,
      graceSeconds: 0,
      strictOutcome: false,
      replace: [],
      target: [],
      signal: stop,
    });
    const secretStore = { ...planned.secretStore, ...bug(planned.secretStore) };
    return applyPlan({ ...planned, secretStore }, runtime, {
      parallelism: 10,
      keepGoing: false,
      stop,
      listener: { onBegin: () => undefined, onWait: () => undefined, onDone: () => undefined },
      settlement: { onWait: () => undefined, warn: () => undefined },
    });
  });
}

function runtimeIn(cwd: string, emulator: Emulator, logged: string[]): Runtime {
  return {
    cwd,
    env: { IONOS_TOKEN: 'emulator' },
    stdin: async () => Buffer.alloc(0),
    clock: systemClock,
    random: Math.random,
    fetch: (url, init) => emulator.fetch(new Request(url, init)),
    masker: createMasker(),
    logRequest: () => undefined,
    onRateLimit: () => undefined,
    note: () => undefined,
    debug: (message) => logged.push(message),
    writeLine: () => undefined,
    machine: systemMachine(process),
  };
}

const secretOf = async (cwd: string, file: string): Promise<string> =>
  JSON.parse(await readFile(join(cwd, file), 'utf8')).password;

const isA = (address: string): boolean => address.endsWith('/ci-a');

function boom(): never {
  throw new TypeError('an assumption was wrong: hunter2');
}

const failure = {
  status: 'failed',
  error: { code: 'INTERNAL', message: expect.stringContaining('(TypeError)') },
};

test.each<readonly [string, (secretStore: SecretStore) => Partial<SecretStore>]>([
  [
    'while its secret is delivered',
    ({ deliver }) => ({
      deliver: async (entry, sinks, address) => (isA(address) ? boom() : deliver(entry, sinks, address)),
    }),
  ],
  [
    'while its sinks are checked',
    ({ check }) => ({
      check: async (sink, host) =>
        sink.type === 'file' && sink.path === 'a.json' ? boom() : check(sink, host),
    }),
  ],
  [
    'while its secret is put into the spool',
    ({ save }) => ({
      save: async (attempt, answer) => (isA(attempt.address) ? boom() : save(attempt, answer)),
    }),
  ],
])(
  'an exception that no code expects stops one token and no other, in this run and the next: %s',
  async (_, bug) => {
    const site = await setUp();
    for (const status of ['applied', 'unchanged']) {
      const results = await applied(site, bug);
      expect(results).toMatchObject([failure, { status }]);
      // Its text may quote a secret: it goes to the log, which is masked, and nowhere else.
      expect(JSON.stringify(results)).not.toContain('hunter2');
      expect(site.logged.join('\n')).toContain('TypeError: an assumption was wrong');
      expect(site.logged.join('\n')).toContain('apply.test.ts');
      const [token] = site.emulator.tokens('team-a').filter(({ name }) => name === 'ci-b');
      expect(await secretOf(site.cwd, 'b.json')).toBe(token?.password);
    }
    // Without the bug the next run finishes what this one has begun, and nothing is made twice.
    expect(await applied(site)).toMatchObject([{ status: 'applied' }, { status: 'unchanged' }]);
    const [token, ...more] = site.emulator.tokens('team-a').filter(({ name }) => name === 'ci-a');
    expect(more).toEqual([]);
    expect(await secretOf(site.cwd, 'a.json')).toBe(token?.password);
    expect(await readdir(join(site.cwd, '.reconcile/spool')).catch(() => [])).toEqual([]);
  },
);

test('a secret whose delivery meets a bug stays in the spool until a delivery succeeds', async () => {
  const site = await setUp();
  await applied(site, ({ deliver }) => ({
    deliver: async (entry, sinks, address) => (isA(address) ? boom() : deliver(entry, sinks, address)),
  }));
  const before = site.emulator.tokens('team-a').map(({ id }) => id);
  expect(await readdir(join(site.cwd, '.reconcile/spool'))).toHaveLength(1);
  await applied(site);
  expect(site.emulator.tokens('team-a').map(({ id }) => id)).toEqual(before);
});
