import { mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { expect, test } from 'vitest';
import { programIn } from '../custody/sinks/fixtures.ts';
import { reconcile } from '../support/cli.ts';
import { servedEmulator, writes } from '../support/emulator.ts';
import { folderWith } from '../support/folder.ts';
import { filesOfBranch, git } from './git.ts';
import { documentsOf } from './recipe.ts';
import { runnerWith } from './runner.ts';
import { stateKey } from './starter.ts';

interface Container {
  readonly args?: readonly string[];
  readonly command?: readonly string[];
}

interface Objects {
  readonly data: Readonly<Record<string, string>>;
  readonly pod: { readonly initContainers?: readonly Container[]; readonly containers: readonly Container[] };
}

interface JobSpec {
  readonly completions?: number;
  readonly template: { readonly spec: Objects['pod'] };
}

async function objects(file: string): Promise<Objects & Pick<JobSpec, 'completions'>> {
  const documents = (await documentsOf(`examples/ci/kubernetes/${file}`)) as readonly {
    readonly kind: string;
    readonly data: Objects['data'];
    readonly spec: JobSpec & { readonly jobTemplate?: { readonly spec: JobSpec } };
  }[];
  const [map] = documents.filter(({ kind }) => kind === 'ConfigMap');
  const [job] = documents.filter(({ kind }) => kind === 'CronJob' || kind === 'Job');
  if (!map || !job) throw new Error('a ConfigMap and a job were expected');
  const { completions, template } = job.spec.jobTemplate?.spec ?? job.spec;
  return { data: map.data, pod: template.spec, ...(completions !== undefined && { completions }) };
}

/** A ConfigMap as it is mounted: links to links, so that all files change at once. */
async function mount(data: Objects['data'], folder: string): Promise<void> {
  await mkdir(join(folder, '..2026_01_01'), { recursive: true });
  await symlink('..2026_01_01', join(folder, '..data'));
  for (const [name, text] of Object.entries(data)) {
    await writeFile(join(folder, '..2026_01_01', name), text);
    await symlink(join('..data', name), join(folder, name));
  }
}

/** The job of a recipe, as the cluster would run it. */
async function jobOf(file: string) {
  const emulator = await servedEmulator('ionos: { registries: [{ name: cluster }] }');
  const { data, pod, completions } = await objects(file);
  const cwd = await folderWith({ 'data/.keep': '' });
  const within = (text: string): string => text.replaceAll(/\/(manifests|data)\b/g, `${cwd}/$1`);
  await mount(
    Object.fromEntries(Object.entries(data).map(([name, text]) => [name, within(text)])),
    join(cwd, 'manifests'),
  );
  const runner = await runnerWith({});
  for (const { command = [] } of pod.initContainers ?? []) {
    expect((await runner.bash(command.map(within).join(' '), {})).code).toBe(0);
  }
  const [{ args = [] } = {}] = pod.containers;
  const run = (env: Readonly<Record<string, string>> = {}) =>
    reconcile(args.map(within), { cwd: runner.cwd, env: { ...emulator.env, ...env } });
  return { emulator, cwd, run, completions };
}

test('the job applies what the ConfigMap declares, keeps the secret on its volume, and is idle the next time', async () => {
  const { emulator, cwd, run } = await jobOf('cronjob.yaml');
  expect(await run()).toMatchObject({ code: 0 });
  expect(emulator.tokens('cluster').map(({ name }) => name)).toEqual(['nodes-pull']);
  const secret = join(cwd, 'data/secrets/nodes-pull.yaml');
  expect(await readFile(secret, 'utf8')).toContain('kubernetes.io/dockerconfigjson');
  expect((await stat(secret)).mode & 0o777).toBe(0o600);
  expect((await stat(join(cwd, 'data/state/custody.json'))).isFile()).toBe(true);
  const before = writes(emulator).length;
  expect(await run()).toMatchObject({ code: 0 });
  expect(writes(emulator)).toHaveLength(before);
});

test('the job without a volume keeps its state in a branch: a secret that Vault refuses is delivered by the next pod', async () => {
  const { emulator, run } = await jobOf('cronjob-git.yaml');
  const bin = await folderWith({});
  const remote = await folderWith({});
  await git(remote, 'init', '--quiet', '--bare');
  const env = {
    PATH: [bin, process.env['PATH']].join(delimiter),
    RECONCILE_STATE: `git:${remote}`,
    RECONCILE_STATE_KEY: stateKey,
  };
  await programIn(bin, 'vault', 'process.exit(1)');
  expect(await run(env)).toMatchObject({ code: 4 });
  await programIn(
    bin,
    'vault',
    `require('node:fs').writeFileSync(${JSON.stringify(join(bin, 'given'))}, require('node:fs').readFileSync(0))`,
  );
  expect(await run(env)).toMatchObject({ code: 0 });
  expect(emulator.tokens('cluster').map(({ name }) => name)).toEqual(['nodes-pull']);
  expect(JSON.parse(await readFile(join(bin, 'given'), 'utf8')).password).not.toBe('');
  expect([...(await filesOfBranch(remote, 'reconcile-state')).keys()]).toEqual(['README.md', 'custody.json']);
  const before = writes(emulator).length;
  expect(await run(env)).toMatchObject({ code: 0 });
  expect(writes(emulator)).toHaveLength(before);
});

test('of the parts of the indexed job one makes the token, each has its own state, and all are idle the next time', async () => {
  const { emulator, cwd, run, completions = 0 } = await jobOf('indexed-job.yaml');
  for (const _ of ['the first time', 'again']) {
    for (let index = 0; index < completions; index += 1) {
      expect(await run({ JOB_COMPLETION_INDEX: String(index) })).toMatchObject({ code: 0 });
    }
  }
  expect(emulator.tokens('cluster').map(({ name }) => name)).toEqual(['nodes-pull']);
  expect(writes(emulator)).toHaveLength(1);
  expect((await readdir(join(cwd, 'data/state'))).sort()).toEqual(
    Array.from({ length: completions }, (_, index) => `shard-${index + 1}`),
  );
});
