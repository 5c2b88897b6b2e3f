import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseAllDocuments } from 'yaml';
import type { Finished } from '../support/cli.ts';
import { evaluate, filled } from './expression.ts';
import type { Runner } from './runner.ts';

type Variables = Readonly<Record<string, string>>;

/** A step of a workflow or of a composite action, as far as it is run. */
export interface Step {
  readonly id?: string;
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
  readonly if?: string;
  readonly needs?: string;
  readonly environment?: string;
  readonly permissions?: Variables;
  readonly env?: Variables;
  readonly outputs?: Variables;
  readonly steps: readonly Step[];
}

/** A workflow of GitHub. */
export interface Workflow {
  readonly on: Readonly<
    Record<string, { readonly branches?: readonly string[]; readonly paths?: readonly string[] } | null>
  >;
  readonly env?: Variables;
  readonly jobs: Readonly<Record<string, Job>>;
}

/** What steps of a run did, by their names; the script where a step has none. */
export type Ran = ReadonlyMap<string, Finished>;

/** What expressions may refer to: `github`, `secrets`, `needs`, `inputs`, … */
export type Contexts = Readonly<Record<string, unknown>>;

/** How a job ended. */
export interface JobRun {
  readonly ran: Ran;
  /** What expressions of the job may refer to after its last step. */
  readonly contexts: Contexts;
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

/** How each step ended. */
export function codes(ran: Ran): readonly (number | null)[] {
  return [...ran.values()].map(({ code }) => code);
}

/**
 * Runs the scripts of steps in their order. After a failure only steps with a condition that allows it are run.
 *
 * @param use does what a step that uses an action stands for
 */
export async function runSteps(
  steps: readonly Step[],
  outer: Variables,
  contexts: Contexts,
  runner: Runner,
  use: (step: Step, text: (value: unknown) => string) => Promise<void> = async () => undefined,
): Promise<JobRun> {
  const ran = new Map<string, Finished>();
  const done: Record<string, { readonly outcome: string; readonly outputs: Variables }> = {};
  let all: Contexts = { ...contexts, steps: done };
  for (const step of steps) {
    const isGood = codes(ran).every((code) => code === 0);
    all = { ...all, steps: { ...done } };
    if (!(await isDue(step.if, isGood, all, runner))) continue;
    const text = (value: unknown): string => filled(String(value), all);
    if (step.run === undefined) {
      await use(step, text);
      continue;
    }
    const variables = Object.entries({ ...outer, ...step.env }).map(([key, value]) => [key, text(value)]);
    const before = (await runner.outputs()).length;
    const ended = await runner.bash(step.run, Object.fromEntries(variables), step['working-directory']);
    ran.set(step.name ?? step.run, ended);
    const lines = (await runner.outputs()).slice(before).split('\n').filter(Boolean);
    const outputs = lines.map((line) => [line.split('=')[0] ?? '', line.replace(/^[^=]*=/, '')] as const);
    const outcome = ended.code === 0 ? 'success' : 'failure';
    if (step.id) done[step.id] = { outcome, outputs: Object.fromEntries(outputs) };
  }
  return { ran, contexts: { ...all, steps: { ...done } } };
}

/** Tells whether a step or a job with this `if` is run. */
async function isDue(
  condition: string | undefined,
  isGood: boolean,
  contexts: Contexts,
  runner: Runner,
): Promise<boolean> {
  if (condition === undefined) return isGood;
  const expression = condition.replace(/^\$\{\{ (.*) \}\}$/, '$1');
  const found = new Map<string, string>();
  for (const [, pattern = ''] of expression.matchAll(/hashFiles\('([^']*)'\)/g)) {
    const { code } = await runner.bash('compgen -G "$PATTERN"', { PATTERN: pattern });
    found.set(pattern, code === 0 ? 'a hash' : '');
  }
  const functions = {
    always: () => true,
    cancelled: () => false,
    failure: () => !isGood,
    hashFiles: (pattern: string) => found.get(pattern),
  };
  const hasStatus = /\b(always|cancelled|failure)\(\)/.test(expression);
  return (hasStatus || isGood) && Boolean(evaluate(expression, { ...contexts, ...functions }));
}

/** Runs a job of a workflow; `undefined` if its condition says no. */
export async function runJob(
  { env, jobs }: Pick<Workflow, 'env' | 'jobs'>,
  name: string,
  contexts: Contexts,
  runner: Runner,
  use?: Parameters<typeof runSteps>[4],
): Promise<JobRun | undefined> {
  const job = jobs[name];
  if (job === undefined) throw new Error(`no job ${name}`);
  if (!(await isDue(job.if, true, contexts, runner))) return undefined;
  return runSteps(job.steps, { ...env, ...job.env }, contexts, runner, use);
}
