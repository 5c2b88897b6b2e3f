import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { servedEmulator, writes } from '../support/emulator.ts';
import { folderWith } from '../support/folder.ts';
import { filesOfBranch, git } from './git.ts';
import {
  codes,
  documentsOf,
  type Ran,
  runJob,
  runSteps,
  type Step,
  textOf,
  type Workflow,
} from './recipe.ts';
import { type Runner, runnerWith } from './runner.ts';
import { stateKey } from './starter.ts';

const seed = 'ionos: { registries: [{ id: 00000000-0000-4000-8000-000000000001, name: shop }] }';
async function workflow(name: string): Promise<Workflow> {
  const [document] = await documentsOf(`examples/ci/github/${name}.yaml`);
  return document as Workflow;
}

/** A machine, and the services that its recipes lead to. */
async function shop(folder: 'proposed' | '.') {
  const emulator = await servedEmulator(seed);
  const policies = folder === '.' ? '.' : 'base';
  const runner = await runnerWith({
    [join(folder, 'tokens/tokens.yaml')]: await textOf('examples/ci/github/tokens/tokens.yaml'),
    [join(folder, 'tokens/secrets/.gitignore')]: '*',
    [join(policies, 'policies/least-privilege.yaml')]: await textOf('examples/policies/least-privilege.yaml'),
  });
  const remote = await folderWith({});
  await git(remote, 'init', '--quiet', '--bare');
  await git(join(runner.cwd, folder), 'init', '--quiet');
  await git(join(runner.cwd, folder), 'remote', 'add', 'origin', remote);
  const head = 'a'.repeat(40);
  const contexts = {
    secrets: { IONOS_TOKEN: 'emulator', SECRETS_WRITER: 'writer', RECONCILE_STATE_KEY: stateKey },
    github: {
      token: 'workflow',
      repository: 'acme/tokens',
      ref: 'refs/heads/main',
      event: { pull_request: { number: 7, head: { sha: head, repo: { full_name: 'acme/tokens' } } } },
    },
    needs: { reviewed: { outputs: {} } },
  };
  const run = async (name: string, job = name, more: object = {}): Promise<Ran> => {
    const ended = await runJob(
      await workflow(name),
      job,
      { ...contexts, ...more },
      {
        ...runner,
        // What the machine says, and where the emulator is, which no recipe does.
        bash: (script, env, at) =>
          runner.bash(
            script,
            { ...env, GITHUB_ACTIONS: 'true', GITHUB_WORKSPACE: runner.cwd, IONOS_API_URL: emulator.url },
            at,
          ),
      },
    );
    if (!ended) throw new Error(`the job ${job} is not run`);
    return ended.ran;
  };
  const state = () => filesOfBranch(remote, 'reconcile-state');
  return { emulator, runner, run, state, manifest: join(runner.cwd, folder, 'tokens/tokens.yaml') };
}

/** What is known of a pull request from a fork. */
const ofFork = {
  github: {
    repository: 'acme/tokens',
    event: { pull_request: { head: { repo: { full_name: 'stranger/tokens' } } } },
  },
};

describe('plan.yaml', () => {
  test('shows in a comment what would change, and changes nothing', async () => {
    const { emulator, runner, run } = await shop('proposed');
    expect(codes(await run('plan', 'validate', ofFork))).toEqual([0, 0]);
    expect(emulator.requests).toEqual([]);
    expect(codes(await run('plan'))).toEqual([0, 0, 0, 0]);
    const [comment, ...others] = await runner.comments();
    expect(others).toEqual([]);
    expect(comment?.body).toContain('shop/web-push');
    expect(writes(emulator)).toEqual([]);
    expect(JSON.parse(await readFile(join(runner.cwd, 'plan.json'), 'utf8')).plan.summary.create).toBe(2);
  });

  test('updates its own comment, and no other one of the same user', async () => {
    const { runner, run, manifest } = await shop('proposed');
    expect(codes(await run('plan'))).toEqual([0, 0, 0, 0]);
    await runner.comment('of another workflow');
    await writeFile(manifest, (await readFile(manifest, 'utf8')).replaceAll('web-push', 'web-deploy'));
    expect(codes(await run('plan'))).toEqual([0, 0, 0, 0]);
    const [own, other, ...more] = await runner.comments();
    expect(own?.body).toContain('shop/web-deploy');
    expect(other?.body).toBe('of another workflow');
    expect(more).toEqual([]);
  });

  test('fails where the pull request loosens a policy that it breaks', async () => {
    const { emulator, runner, run, manifest } = await shop('proposed');
    await writeFile(manifest, (await readFile(manifest, 'utf8')).replace('[pull, push]', '[pull, delete]'));
    await runner.bash('mkdir policies && echo "{}" > policies/least-privilege.yaml', {}, 'proposed');
    const validated = await run('plan', 'validate', ofFork);
    expect(codes(validated)).toEqual([0, 1]);
    expect(validated.get('Validate')?.stderr).toContain('file=tokens/tokens.yaml');
    expect(codes(await run('plan'))).toEqual([0, 1, 0, 0]);
    const [comment] = await runner.comments();
    expect(comment?.body).toContain('(policy: least privilege)');
    expect(emulator.requests).toEqual([]);
  });

  test('takes no ledger from the pull request', async () => {
    const { run, runner } = await shop('proposed');
    for (const folder of ['.reconcile', 'tokens/.reconcile']) {
      await runner.bash(`mkdir ${folder} && echo "{" > ${folder}/custody.json`, {}, 'proposed');
    }
    expect((await run('plan')).get('Plan')).toMatchObject({
      code: 0,
      stderr: expect.not.stringContaining('custody'),
    });
  });
});

describe('apply.yaml', () => {
  test('makes the tokens, hands over their secrets, and does nothing the next time', async () => {
    const { emulator, runner, run, state } = await shop('.');
    expect(codes(await run('apply'))).toEqual([0, 0]);
    expect(
      emulator
        .tokens('shop')
        .map(({ name }) => name)
        .sort(),
    ).toEqual(['partner-pull', 'web-push']);
    const [secret, ...others] = await runner.calls();
    expect(others).toEqual([]);
    expect(secret?.args).toEqual(['secret', 'set', 'REGISTRY_PASSWORD', '--repo', 'acme/web']);
    expect(secret?.text).not.toBe('');
    expect(await readFile(join(runner.cwd, 'tokens/secrets/partner-pull.json.age'), 'utf8')).toMatch(
      /^-----BEGIN AGE ENCRYPTED FILE-----/,
    );
    const files = await state();
    expect([...files.keys()]).toEqual(['README.md', 'custody.json']);
    expect(files.get('custody.json')).toContain('web-push');
    expect([...files.values()].join('')).not.toContain(secret?.text);
    const before = writes(emulator).length;
    expect(codes(await run('apply'))).toEqual([0, 0]);
    expect(writes(emulator)).toHaveLength(before);
    expect(await runner.calls()).toEqual([]);
  });

  test('keeps a secret that was refused, encrypted in the branch, and delivers it in the next run', async () => {
    const { emulator, runner, run, state } = await shop('.');
    await runner.failNext('secret set');
    expect(codes(await run('apply'))).toEqual([0, 4]);
    const [refused] = await runner.calls();
    const before = writes(emulator).length;
    const kept = [...(await state())].filter(([path]) => path.startsWith('spool/'));
    expect(kept).toHaveLength(1);
    expect(kept[0]?.[1]).toContain('BEGIN AGE ENCRYPTED FILE');
    expect(kept[0]?.[1]).not.toContain(refused?.text);

    expect(codes(await run('apply'))).toEqual([0, 0]);
    expect(await runner.calls()).toEqual([refused]);
    expect(writes(emulator)).toHaveLength(before);
    expect([...(await state()).keys()]).toEqual(['README.md', 'custody.json']);
  });

  test('creates no token without the key of the state', async () => {
    const { emulator, run, state } = await shop('.');
    const ran = await run('apply', 'apply', { secrets: { IONOS_TOKEN: 'emulator' } });
    expect(ran.get('Apply')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('set RECONCILE_STATE_KEY'),
    });
    expect(writes(emulator)).toEqual([]);
    await expect(state()).rejects.toThrow('reconcile-state');
  });
});

describe('drift.yaml', () => {
  async function applied() {
    const all = await shop('.');
    expect(codes(await all.run('apply'))).toEqual([0, 0]);
    await all.runner.calls();
    return all;
  }

  /** Disables the token web-push behind our back. */
  async function byHand({ emulator }: Awaited<ReturnType<typeof shop>>): Promise<void> {
    const tokens = `${emulator.url}/containerregistries/registries/00000000-0000-4000-8000-000000000001/tokens`;
    const id = emulator.tokens('shop').find(({ name }) => name === 'web-push')?.id;
    const answer = await fetch(`${tokens}/${id}`, {
      method: 'PATCH',
      headers: { authorization: 'Bearer emulator', 'content-type': 'application/json' },
      body: JSON.stringify({ scopes: [{ type: 'repository', name: 'web', actions: ['pull'] }] }),
    });
    expect(answer.status).toBe(200);
  }

  test('is content where nothing was changed by hand, whatever waits to be applied', async () => {
    const { runner, run, manifest } = await applied();
    await writeFile(manifest, (await readFile(manifest, 'utf8')).replace('[pull, push]', '[push]'));
    expect(codes(await run('drift'))).toEqual([0, 0]);
    expect(await runner.calls()).toEqual([]);
  });

  test.each([
    { why: 'opens an issue', open: undefined, told: ['issue', 'create'] },
    { why: 'updates the issue that is open', open: '12', told: ['issue', 'edit'] },
  ])('$why where something was', async ({ open, told }) => {
    const all = await applied();
    if (open) await all.runner.openIssue(open);
    await byHand(all);
    expect(codes(await all.run('drift'))).toEqual([0, 0, 0]);
    const last = (await all.runner.calls()).at(-1);
    expect(last?.args.slice(0, 2)).toEqual(told);
    if (open) expect(last?.args[2]).toBe(open);
    expect(last?.text).toContain('shop/web-push');
    expect(last?.text).not.toContain('partner-pull');
  });

  test('fails, and tells of no drift, where it could not look', async () => {
    const { runner, run } = await applied();
    await runner.bash('echo tokens: > tokens/tokens.yaml', {});
    expect(codes(await run('drift'))).toEqual([0, 1]);
    expect(await runner.calls()).toEqual([]);
  });
});

describe('action.yml', () => {
  interface Action {
    readonly inputs: Readonly<Record<string, { readonly default: string }>>;
    readonly runs: { readonly steps: readonly Step[] };
  }

  /** Uses the action with these inputs, the others as they are unless stated. */
  async function used(runner: Runner, given: Readonly<Record<string, string>>, url = ''): Promise<Ran> {
    const [document] = await documentsOf('action.yml');
    const { inputs, runs } = document as Action;
    const values = Object.entries(inputs).map(([name, { default: usual }]) => [name, given[name] ?? usual]);
    const outer = { IONOS_TOKEN: 'emulator', IONOS_API_URL: url };
    return (await runSteps(runs.steps, outer, { inputs: Object.fromEntries(values) }, runner)).ran;
  }

  test.each([
    { why: 'a plan', given: { args: '--detailed-exitcode' }, exit: 2, code: 0 },
    { why: 'an apply', given: { command: 'apply' }, exit: 0, code: 0 },
    { why: 'a list, which takes no paths', given: { command: 'list', paths: '' }, exit: 0, code: 0 },
    { why: 'a policy that is broken', given: { policy: 'policies/none.yaml' }, exit: 1, code: 1 },
  ])('runs $why, and tells how it ended', async ({ given, exit, code }) => {
    const { emulator, runner } = await shop('.');
    const inputs = {
      paths: 'tokens',
      policy: given.command === 'list' ? '' : 'policies/least-privilege.yaml',
      ...given,
    };
    expect(codes(await used(runner, inputs, emulator.url))).toEqual([code]);
    expect(await runner.outputs()).toContain(`exit-code=${exit}\n`);
  });

  test.each(['command', 'paths', 'policy', 'args', 'working-directory', 'version'])(
    'what stands in the input %s is never run',
    async (input) => {
      const { runner } = await shop('.');
      const given = { paths: 'tokens', [input]: `$(touch hacked)\n\`touch hacked\`"; touch hacked; '` };
      expect(codes(await used(runner, given))).toEqual([1]);
      await expect(stat(join(runner.cwd, 'hacked'))).rejects.toThrow('ENOENT');
    },
  );

  test.each(['latest', '^1.0.0', '', 'npm:other@1.0.0', 'file:.'])(
    'installs no version that is not exact: %j',
    async (version) => {
      const { runner } = await shop('.');
      expect((await used(runner, { version })).values().next().value).toMatchObject({
        code: 1,
        stderr: expect.stringContaining('exact'),
      });
    },
  );
});
