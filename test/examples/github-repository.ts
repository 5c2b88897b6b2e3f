import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { folderWith } from '../support/folder.ts';
import { filled } from './expression.ts';
import { checkOut, cloneIn, filesOfBranch, git, pushAll, refusePushesOfReaders } from './git.ts';
import { type JobRun, runJob, type Step, type Workflow } from './recipe.ts';
import { apiIn, type HubApi, hubFolder, runnerWith } from './runner.ts';

type Variables = Readonly<Record<string, string>>;

/** A job that was run. */
export interface Finish extends JobRun {
  readonly job: string;
  /** Where it was deployed to; empty if nowhere. */
  readonly environment: string;
}

/** A repository on GitHub, as far as its workflows can tell, and a clone of it. */
export interface HubRepository {
  /** The clone. */
  readonly cwd: string;
  /** Commits all in the clone, pushes it to main, and runs what that starts. */
  readonly push: () => Promise<readonly Finish[]>;
  /** Commits all in the clone to a branch of its own, opens a pull request of it, and runs what that starts. */
  readonly propose: () => Promise<readonly Finish[]>;
  /** Merges the pull request, and runs what that starts. */
  readonly merge: () => Promise<readonly Finish[]>;
  /** Runs what is scheduled. */
  readonly schedule: () => Promise<readonly Finish[]>;
  /** The comments on the pull request. */
  readonly comments: () => Promise<HubApi['comments']>;
  /** The files of the branch that holds the state, by their names. */
  readonly state: () => Promise<ReadonlyMap<string, string>>;
}

/**
 * Makes a repository whose first commit has only a README, so that there is something to open a pull request against.
 *
 * @param secrets those in its settings
 * @param machine what runners set beside what workflows do
 */
export async function hubRepository(secrets: Variables, machine: Variables): Promise<HubRepository> {
  const folder = await folderWith({});
  const hub = await hubFolder();
  const { cwd, remote } = await cloneIn(folder);
  await refusePushesOfReaders(remote);
  await writeFile(join(cwd, 'README.md'), '# Tokens\n');
  let main = await pushAll(cwd, 'main');
  let proposal: { readonly head: string; readonly base: string } | undefined;

  const runAll = async (event: string, commit: string, changed: readonly string[], more: object) => {
    const paths = (await git(remote, 'ls-tree', '-r', '--name-only', commit, '.github/workflows')).split(
      '\n',
    );
    const finished: Finish[] = [];
    for (const path of paths.filter(Boolean)) {
      const workflow = parse(await git(remote, 'show', `${commit}:${path}`)) as Workflow;
      if (!(event in workflow.on) || !isTriggered(workflow.on[event]?.paths, changed)) continue;
      const github = {
        token: 'workflow',
        repository: 'acme/tokens',
        run_id: 1,
        run_attempt: 1,
        ref: 'refs/heads/main',
        sha: commit,
        event_name: event,
        ...more,
      };
      finished.push(...(await runWorkflow(workflow, github)));
    }
    return finished;
  };

  const runWorkflow = async (
    workflow: Workflow,
    github: { readonly sha: string },
  ): Promise<readonly Finish[]> => {
    const finished: Finish[] = [];
    const needs: Record<string, { readonly outputs: Variables }> = {};
    for (const [job, settings] of Object.entries(workflow.jobs)) {
      const { needs: before, outputs = {}, environment = '', permissions = {} } = settings;
      if (before !== undefined && !(before in needs)) continue;
      const contexts = { secrets, github, needs };
      const runner = await runnerWith({}, hub);
      const fixed = {
        ...machine,
        GITHUB_ACTIONS: 'true',
        GITHUB_WORKSPACE: runner.cwd,
        CONTENTS: permissions['contents'] ?? 'none',
      };
      const bash: typeof runner.bash = (script, env, at) => runner.bash(script, { ...env, ...fixed }, at);
      const use = async ({ uses = '', with: inputs = {} }: Step, text: (value: unknown) => string) => {
        const path = join(runner.cwd, text(inputs['path'] ?? '.'));
        if (uses.startsWith('actions/checkout@')) {
          await mkdir(path, { recursive: true });
          // The repository is private: without the credentials nothing can be fetched.
          const origin = inputs['persist-credentials'] === false ? join(folder, 'denied.git') : remote;
          await checkOut(remote, text(inputs['ref'] ?? github.sha), path, origin);
        }
      };
      const ended = await runJob(workflow, job, contexts, { ...runner, bash }, use);
      if (!ended) continue;
      const filledOutputs = Object.entries(outputs).map(([name, text]) => [
        name,
        filled(text, ended.contexts),
      ]);
      needs[job] = { outputs: Object.fromEntries(filledOutputs) };
      finished.push({ job, ...ended, environment: filled(environment, contexts) });
    }
    return finished;
  };

  const changedIn = async (from: string, to: string): Promise<readonly string[]> =>
    (await git(remote, 'diff', '--name-only', from, to)).split('\n');
  const pushed = async (commit: string): Promise<readonly Finish[]> => {
    const before = main;
    main = commit;
    return runAll('push', commit, await changedIn(before, commit), {});
  };
  return {
    cwd,
    push: async () => pushed(await pushAll(cwd, 'main')),
    propose: async () => {
      const head = await pushAll(cwd, 'proposal');
      proposal = { head, base: main };
      const scratch = await folderWith({});
      await checkOut(remote, main, scratch);
      await git(scratch, 'merge', '--quiet', '--no-ff', '--message', 'Merge', head);
      await git(scratch, 'push', '--quiet', remote, 'HEAD:refs/pull/7/merge');
      const merged = await git(scratch, 'rev-parse', 'HEAD');
      const event = {
        pull_request: {
          number: 7,
          head: { sha: head, repo: { full_name: 'acme/tokens' } },
          base: { sha: main },
        },
      };
      return runAll('pull_request', merged, await changedIn(main, merged), { event });
    },
    merge: async () => {
      if (!proposal) throw new Error('there is no pull request');
      const { head, base } = proposal;
      const scratch = await folderWith({});
      await checkOut(remote, base, scratch);
      await git(scratch, 'merge', '--quiet', '--no-ff', '--message', 'Merge pull request', head);
      await git(scratch, 'push', '--quiet', remote, 'HEAD:refs/heads/main');
      const merged = await git(scratch, 'rev-parse', 'HEAD');
      const path = join(hub, 'api.json');
      const api = await apiIn(hub);
      const pull = { merged_at: 'now', merge_commit_sha: merged, head: { sha: head } };
      await writeFile(path, JSON.stringify({ ...api, pulls: [pull] }));
      await git(cwd, 'pull', '--quiet', '--no-rebase', 'origin', 'main');
      return pushed(merged);
    },
    schedule: () => runAll('schedule', main, [], {}),
    comments: async () => (await apiIn(hub)).comments,
    state: () => filesOfBranch(remote, 'reconcile-state'),
  };
}

function isTriggered(paths: readonly string[] | undefined, changed: readonly string[]): boolean {
  if (!paths) return true;
  const folders = paths.map((path) => path.replace(/\*\*$/, ''));
  return changed.some((path) => folders.some((folder) => path.startsWith(folder)));
}
