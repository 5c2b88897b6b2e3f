import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Finished } from '../support/cli.ts';
import { servedEmulator, writes } from '../support/emulator.ts';
import { folderWith } from '../support/folder.ts';
import { filesOfBranch, git } from './git.ts';
import { documentsOf, textOf } from './recipe.ts';
import { runnerWith } from './runner.ts';
import { stateKey } from './starter.ts';

interface Job {
  readonly script: readonly string[];
}

interface Pipeline {
  readonly default: { readonly before_script: readonly string[] };
  readonly variables: Readonly<Record<string, string>>;
  readonly [job: string]: unknown;
}

/** A project with the recipe in it, and its variables. Jobs are run by name. */
async function project() {
  const emulator = await servedEmulator('ionos: { registries: [{ name: warehouse }] }');
  const [document] = await documentsOf('examples/ci/gitlab/.gitlab-ci.yml');
  const { default: usual, variables, ...jobs } = document as Pipeline;
  const runner = await runnerWith({
    'tokens/tokens.yaml': await textOf('examples/ci/gitlab/tokens/tokens.yaml'),
    'tokens/secrets/.gitignore': '*',
    'outside/policy.yaml': await textOf('examples/policies/least-privilege.yaml'),
  });
  const remote = await folderWith({});
  await git(remote, 'init', '--quiet', '--bare');
  const own = Object.entries(variables).map(([name, text]) => [
    name,
    text.replace('$CI_REPOSITORY_URL', remote),
  ]);
  const env = {
    ...Object.fromEntries(own),
    ...emulator.env,
    REGISTRY_POLICY: join(runner.cwd, 'outside/policy.yaml'),
    RECONCILE_STATE_KEY: stateKey,
  };
  const run = (name: string): Promise<Finished> => {
    const { script } = jobs[name] as Job;
    return runner.bash([...usual.before_script, ...script].join('\n'), env);
  };
  const state = () => filesOfBranch(remote, 'reconcile-state');
  return { emulator, runner, run, state, manifest: join(runner.cwd, 'tokens/tokens.yaml') };
}

test('a merge request is validated and planned; the default branch carries out its plan, once', async () => {
  const { emulator, runner, run, state } = await project();
  expect((await run('validate')).code).toBe(0);
  expect(emulator.requests).toEqual([]);
  expect((await run('plan')).code).toBe(0);
  expect(writes(emulator)).toEqual([]);
  expect((await run('apply')).code).toBe(0);
  expect(emulator.tokens('warehouse').map(({ name }) => name)).toEqual(['api-push']);
  expect(await readFile(join(runner.cwd, 'tokens/secrets/api-push.json.age'), 'utf8')).toMatch(
    /^-----BEGIN AGE/,
  );
  expect([...(await state()).keys()]).toEqual(['README.md', 'custody.json']);
  const before = writes(emulator).length;
  expect((await run('apply')).code).toBe(3);
  expect(writes(emulator)).toHaveLength(before);
});

test('a merge request that breaks the policy fails before anything is sent', async () => {
  const { emulator, run, manifest } = await project();
  await writeFile(manifest, (await readFile(manifest, 'utf8')).replace('[pull, push]', '[pull, delete]'));
  for (const job of ['validate', 'plan']) expect((await run(job)).code).toBe(1);
  expect(emulator.requests).toEqual([]);
});

test('the schedule fails with exit code 2 where a token was deleted by hand, and only there', async () => {
  const { emulator, run } = await project();
  await run('plan');
  await run('apply');
  expect((await run('drift')).code).toBe(0);
  const [token] = emulator.tokens('warehouse');
  const registry = writes(emulator)[0]?.split(' ')[1];
  const answer = await fetch(`${emulator.url}${registry}/${token?.id}`, {
    method: 'DELETE',
    headers: { authorization: 'Bearer emulator' },
  });
  expect(answer.ok).toBe(true);
  expect(await run('drift')).toMatchObject({
    code: 2,
    stdout: expect.stringContaining('warehouse/api-push'),
  });
});
