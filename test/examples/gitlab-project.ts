import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { parse } from 'yaml';
import type { Finished } from '../support/cli.ts';
import { folderWith } from '../support/folder.ts';
import { checkOut, cloneIn, filesOfBranch, git, pushAll } from './git.ts';
import { runnerWith } from './runner.ts';

type Variables = Readonly<Record<string, string>>;

interface Rule {
  readonly if: string;
  readonly when?: string;
  readonly variables?: Variables;
}

interface Job {
  readonly stage?: string;
  readonly needs?: readonly string[];
  readonly rules?: readonly Rule[];
  readonly script: readonly string[];
  readonly artifacts?: { readonly paths: readonly string[] };
}

interface Pipeline {
  readonly stages: readonly string[];
  readonly variables: Variables;
  readonly default: {
    readonly before_script: readonly string[];
  };
  readonly [job: string]: unknown;
}

/** A pipeline that has come to its end, or waits for a manual job. */
export interface PipelineRun {
  /** By their names, in their order. */
  readonly jobs: ReadonlyMap<string, Finished>;
  readonly manual: readonly string[];
  /** Starts a manual job. */
  readonly play: (job: string) => Promise<Finished>;
}

/** A project on GitLab, as far as its pipelines can tell, and a clone of it. */
export interface LabProject {
  /** The clone. */
  readonly cwd: string;
  /** Commits all in the clone, pushes it to main, and runs what that starts. */
  readonly push: () => Promise<PipelineRun>;
  /** Commits all in the clone to a branch of its own, and runs what a merge request of it starts. */
  readonly propose: () => Promise<PipelineRun>;
  /** Runs what is scheduled. */
  readonly schedule: () => Promise<PipelineRun>;
  /** The files of the branch that holds the state, by their names. */
  readonly state: () => Promise<ReadonlyMap<string, string>>;
}

/**
 * Makes a project whose first commit has only a README.
 *
 * @param variables those in its settings, and what its runners set
 * @param guarded those in its settings that only jobs of main get
 */
export async function labProject(variables: Variables, guarded: Variables): Promise<LabProject> {
  const { cwd, remote } = await cloneIn(await folderWith({}));
  await writeFile(join(cwd, 'README.md'), '# Tokens\n');
  let main = await pushAll(cwd, 'main');

  const run = async (commit: string, predefined: Variables): Promise<PipelineRun> => {
    const pipeline = parse(await git(remote, 'show', `${commit}:.gitlab-ci.yml`)) as Pipeline;
    const { stages, default: usual, variables: own } = pipeline;
    const known = {
      ...variables,
      CI_DEFAULT_BRANCH: 'main',
      CI_MERGE_REQUEST_PROJECT_ID: '1',
      CI_REPOSITORY_URL: remote,
      ...(predefined['CI_COMMIT_BRANCH'] === 'main' && guarded),
      ...predefined,
    };
    const artifacts = await folderWith({});
    const play = async (name: string, more: Variables = {}): Promise<Finished> => {
      const { script, artifacts: kept } = pipeline[name] as Job;
      const runner = await runnerWith({});
      await checkOut(remote, commit, runner.cwd);
      await copyAll(['plan.json'], artifacts, runner.cwd);
      const all = { ...known, CI_PROJECT_DIR: runner.cwd, ...more };
      const env = { ...all, ...expandAll(own, all) };
      const ended = await runner.bash([...usual.before_script, ...script].join('\n'), env);
      if (kept)
        await copyAll(
          kept.paths.filter((path) => !path.includes('*')),
          runner.cwd,
          artifacts,
        );
      return ended;
    };
    const jobs = new Map<string, Finished>();
    const manual: string[] = [];
    const names = Object.keys(pipeline).filter((name) => isJob(pipeline[name]));
    for (const stage of stages) {
      for (const name of names.filter((one) => (pipeline[one] as Job).stage === stage)) {
        const rule = (pipeline[name] as Job).rules?.find((one) => holds(one.if, known));
        if (!rule) continue;
        if (rule.when === 'manual') manual.push(name);
        else jobs.set(name, await play(name, rule.variables));
      }
    }
    return { jobs, manual, play };
  };
  return {
    cwd,
    push: async () => {
      main = await pushAll(cwd, 'main');
      return run(main, { CI_PIPELINE_SOURCE: 'push', CI_COMMIT_BRANCH: 'main' });
    },
    propose: async () => {
      const commit = await pushAll(cwd, 'proposal');
      return run(commit, {
        CI_PIPELINE_SOURCE: 'merge_request_event',
        CI_MERGE_REQUEST_SOURCE_PROJECT_ID: '1',
      });
    },
    schedule: () => run(main, { CI_PIPELINE_SOURCE: 'schedule', CI_COMMIT_BRANCH: 'main' }),
    state: () => filesOfBranch(remote, 'reconcile-state'),
  };
}

function isJob(value: unknown): value is Job {
  return typeof value === 'object' && value !== null && 'script' in value;
}

/** Tells whether the condition of a rule holds: comparisons of variables with texts or other variables, joined by `&&`. */
function holds(condition: string, variables: Variables): boolean {
  const value = (part: string): string =>
    part.startsWith('$') ? (variables[part.slice(1)] ?? '') : part.replaceAll('"', '');
  return condition.split(' && ').every((comparison) => {
    const [, left, operator, right] = /^(\S+) (==|!=) (\S+)$/.exec(comparison) ?? [];
    if (left === undefined || right === undefined) throw new Error(`the test can't read ${comparison}`);
    return (value(left) === value(right)) === (operator === '==');
  });
}

function expandAll(own: Variables, known: Variables): Variables {
  const expanded = Object.entries(own).map(([name, text]) => [
    name,
    text.replace(/\$(\w+)/g, (_, variable) => known[variable] ?? ''),
  ]);
  return Object.fromEntries(expanded);
}

async function copyAll(paths: readonly string[], from: string, to: string): Promise<void> {
  for (const path of paths) {
    const text = await readFile(join(from, path)).catch(() => undefined);
    if (text === undefined) continue;
    await mkdir(dirname(join(to, path)), { recursive: true });
    await writeFile(join(to, path), text);
  }
}
