import { mkdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { reconcile } from '../support/cli.ts';
import { servedEmulator, writes } from '../support/emulator.ts';
import { folderWith } from '../support/folder.ts';
import { documentsOf } from './recipe.ts';
import { runnerWith } from './runner.ts';

interface Container {
  readonly args?: readonly string[];
  readonly command?: readonly string[];
}

interface Objects {
  readonly data: Readonly<Record<string, string>>;
  readonly pod: { readonly initContainers: readonly Container[]; readonly containers: readonly Container[] };
}

async function objects(): Promise<Objects> {
  const documents = (await documentsOf('examples/ci/kubernetes/cronjob.yaml')) as readonly {
    readonly kind: string;
    readonly data: Objects['data'];
    readonly spec: {
      readonly jobTemplate: { readonly spec: { readonly template: { readonly spec: Objects['pod'] } } };
    };
  }[];
  const [map] = documents.filter(({ kind }) => kind === 'ConfigMap');
  const [job] = documents.filter(({ kind }) => kind === 'CronJob');
  if (!map || !job) throw new Error('a ConfigMap and a CronJob were expected');
  return { data: map.data, pod: job.spec.jobTemplate.spec.template.spec };
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

test('the job applies what the ConfigMap declares, keeps the secret on its volume, and is idle the next time', async () => {
  const emulator = await servedEmulator('ionos: { registries: [{ name: cluster }] }');
  const { data, pod } = await objects();
  const cwd = await folderWith({ 'data/.keep': '' });
  const within = (text: string): string => text.replaceAll(/\/(manifests|data)\b/g, `${cwd}/$1`);
  await mount(
    Object.fromEntries(Object.entries(data).map(([name, text]) => [name, within(text)])),
    join(cwd, 'manifests'),
  );
  const runner = await runnerWith({});
  for (const { command = [] } of pod.initContainers) {
    expect((await runner.bash(command.map(within).join(' '), {})).code).toBe(0);
  }
  const [{ args = [] } = {}] = pod.containers;
  const run = () => reconcile(args.map(within), { cwd: runner.cwd, env: emulator.env });
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
