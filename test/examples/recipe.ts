import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseAllDocuments } from 'yaml';
import type { Finished } from '../support/cli.ts';
import type { Runner } from './runner.ts';

type Variables = Readonly<Record<string, string>>;

/** A step of a workflow or of a composite action, as far as it is run. */
export interface Step {
  readonly name?: string;
  readonly if?: string;
  readonly uses?: string;
  readonly with?: Readonly<Record<string, unknown>>;
  readonly run?: string;
  readonly env?: Variables;
  readonly 'working-directory'?: string;
}

/** A job of a workflow. */
export interface Job {
  readonly env?: Variables;
  readonly steps: readonly Step[];
}

/** A workflow of GitHub. */
export interface Workflow {
  readonly env?: Variables;
  readonly jobs: Readonly<Record<string, Job>>;
}

/** What steps of a run did, by their names; the script where a step has none. */
export type Ran = ReadonlyMap<string, Finished>;

/** What GitHub knows and a test has to say. Whatever a recipe asks for beyond it is an error. */
export interface GitHub {
  /** Values of `${{ … }}` in variables, by what stands inside. */
  readonly values: Variables;
  /** Whether a step with this `if` is run, by the steps before it. */
  readonly conditions: Readonly<Record<string, (before: Ran) => boolean | Promise<boolean>>>;
}

/** Where the repository is. */
export const root = fileURLToPath(new URL('../..', import.meta.url));

/** A file of the repository. */
export function textOf(path: string): Promise<string> {
  return readFile(join(root, path), 'utf8');
}

/** The YAML documents of a file of the repository. Throws where one has an error or a warning. */
export async function documentsOf(path: string): Promise<readonly unknown[]> {
  return parseAllDocuments(await textOf(path)).map((document) => {
    const [problem] = [...document.errors, ...document.warnings];
    if (problem) throw problem;
    return document.toJS();
  });
}

/** Runs the scripts of steps in their order. After a failure only steps with a condition are run, as on GitHub. */
export async function runSteps(
  steps: readonly Step[],
  outer: Variables,
  { values, conditions }: GitHub,
  runner: Runner,
): Promise<Ran> {
  const ran = new Map<string, Finished>();
  for (const { name, if: condition, run, env, 'working-directory': folder } of steps) {
    if (run === undefined) continue;
    const failed = [...ran.values()].some(({ code }) => code !== 0);
    const isDue = condition === undefined ? () => !failed : conditions[condition];
    if (isDue === undefined) throw new Error(`nobody says when this is so: ${condition}`);
    if (!(await isDue(ran))) continue;
    const variables = Object.entries({ ...outer, ...env }).map(([key, text]) => [key, filled(text, values)]);
    ran.set(name ?? run, await runner.bash(run, Object.fromEntries(variables), folder));
  }
  return ran;
}

/** Runs a job of a workflow. */
export function runJob({ env, jobs }: Workflow, name: string, gitHub: GitHub, runner: Runner): Promise<Ran> {
  const job = jobs[name];
  if (job === undefined) throw new Error(`no job ${name}`);
  return runSteps(job.steps, { ...env, ...job.env }, gitHub, runner);
}

function filled(text: string, values: Variables): string {
  return text.replace(/\$\{\{ (.*?) \}\}/g, (_, expression: string) => {
    const value = values[expression];
    if (value === undefined) throw new Error(`nobody says what this is: ${expression}`);
    return value;
  });
}
