import { resolve } from 'node:path';
import { applyPlan, holdFor, isRefused } from '../app/apply.ts';
import type { Connections } from '../app/connections.ts';
import { type DesiredState, type PlanRun, planRun } from '../app/plan.ts';
import { assertNotStale, readSavedPlan, type SavedPlan } from '../app/saved-plan.ts';
import { countActions } from '../core/model/action-counts.ts';
import { ReconcileError, toProblem } from '../core/model/errors.ts';
import type { Plan, Result } from '../core/model/plan.ts';
import { openState } from '../custody/state/state.ts';
import type { Store } from '../custody/state/store.ts';
import type { ProgressListener } from '../execute/context.ts';
import { renderPlanText } from '../render/plan-text.ts';
import { renderDone } from '../render/result-text.ts';
import { printable } from '../render/sanitize.ts';
import { readNamed } from '../system/named-files.ts';
import { connect } from './connect.ts';
import { interruptedChanges } from './deadline.ts';
import { exitCodes } from './io.ts';
import type { LockOptions } from './options.ts';
import { type PlanningOptions, toPlanOptions, treatWarningsAsErrors } from './plan.ts';
import { showResults } from './report.ts';
import { noteAboutRun } from './run-notes.ts';
import { openRunStore, waitForOthers, warnCredentials, warnUnrelatedSpool } from './run-store.ts';
import { isSavedOptions } from './saved-options.ts';
import { loadDesired, type Session } from './session.ts';

/** The options of `apply` alone. */
export type ApplyingOptions = PlanningOptions &
  LockOptions & {
    readonly yes: boolean;
    readonly keepGoing: boolean;
    /** True if the old generations of recreated tokens are deleted at once. */
    readonly revokeOld?: boolean;
    /** The file of a saved plan. */
    readonly plan?: string;
    /** The digest that the plan must have to be executed. */
    readonly expect?: string;
  };

/** Runs `reconcile apply`: plans, then executes. */
export async function apply(
  session: Session,
  given: readonly string[],
  ownOptions: ApplyingOptions,
): Promise<number> {
  const { plan: file } = ownOptions;
  requireConsent(
    session,
    ownOptions,
    'pass -y to apply them without approval, or --plan or --expect to apply a reviewed plan',
  );
  const saved = file === undefined ? undefined : await readPlan(session, file);
  const paths = saved?.paths ?? given;
  const options: ApplyingOptions = {
    ...ownOptions,
    ...saved?.options,
    // Policies given to apply are added to those of the saved plan.
    policy: [...ownOptions.policy, ...((saved?.options['policy'] ?? []) as readonly string[])],
  };
  if (saved) reportAllowances(session, options);
  return applyPaths(session, paths, options, { ...(saved && { saved }) });
}

/**
 * Throws `USAGE` if there is no terminal to ask on and no option that approves the changes. A pipe into `xargs
 * reconcile apply` has no terminal, for example.
 */
export function requireConsent(
  { io }: Session,
  { yes, plan, expect }: Pick<ApplyingOptions, 'yes' | 'plan' | 'expect'>,
  hint: string,
): void {
  if (yes || plan !== undefined || expect !== undefined || (io.stdin.isTTY && io.stderr.isTTY)) return;
  throw new ReconcileError({
    code: 'USAGE',
    message: "stdin is not a terminal, so the changes can't be approved",
    hint,
  });
}

/** Reads a saved plan from a file, or from standard input. */
async function readPlan({ io }: Session, file: string): Promise<SavedPlan> {
  const isStdin = file === '-';
  const read = (limit: number): Promise<Buffer> =>
    isStdin ? io.stdin.read(limit, io.interrupt) : readNamed(resolve(io.cwd, file), limit, io.interrupt);
  const saved = await readSavedPlan(file, read, isSavedOptions);
  if (isStdin && saved.paths.includes('-')) {
    throw new ReconcileError({
      code: 'USAGE',
      message:
        '--plan -: this plan needs its manifests on standard input, but standard input is the plan itself',
      hint: 'save the plan to a file, and apply that with the manifests on standard input',
    });
  }
  return saved;
}

/** Extra checks of an apply. */
interface ApplyExtras {
  /** The reviewed plan, which must still match. */
  readonly saved?: SavedPlan;
  /** Throws if the run doesn't apply to these manifests. */
  readonly check?: (desiredState: DesiredState) => void;
}

/** Plans manifests, and executes the plan. */
export async function applyPaths(
  session: Session,
  paths: readonly string[],
  options: ApplyingOptions,
  { saved, check }: ApplyExtras,
): Promise<number> {
  const desiredState = await loadDesired(session, paths, options);
  check?.(desiredState);
  const connections = connect(session, options);
  let store: Store | undefined;
  try {
    store = await openRunStore(session, paths, options);
    return await applyTo(session, desiredState, connections, store, options, saved);
  } finally {
    await store?.close();
    await connections.close();
  }
}

/**
 * Reports the permissions that a saved plan grants to manifests: its author and the person who applies it may differ.
 */
function reportAllowances(session: Session, options: ApplyingOptions): void {
  const { allowHost, allowFileReference, allowSinkDir, allowInsecureHttp, allowTrackedState } = options;
  const given = [
    ...allowHost.map((host) => `--allow-host ${host}`),
    ...allowFileReference.map((folder) => `--allow-file-reference ${folder}`),
    ...allowSinkDir.map((folder) => `--allow-sink-dir ${folder}`),
    ...(allowInsecureHttp ? ['--allow-insecure-http'] : []),
    ...(allowTrackedState ? ['--allow-tracked-state'] : []),
  ];
  if (given.length > 0) session.info(`The plan was saved with ${printable(given.join(' '))}`);
}

/** Plans until the state is held that the plan was made from, then executes the plan. */
async function applyTo(
  session: Session,
  desiredState: DesiredState,
  connections: Connections,
  store: Store,
  options: ApplyingOptions,
  saved: SavedPlan | undefined,
): Promise<number> {
  const { io, runtime } = session;
  const wait = waitForOthers(session, options);
  let approved: string | undefined;
  for (;;) {
    const state = await openState(store, wait);
    session.reportAll(state.problems, 'warning');
    const planned = await planRun(desiredState, connections, runtime, {
      ...toPlanOptions(options, state, io.interrupt),
      ...(options.revokeOld && { revokeOld: true }),
    });
    if (saved) assertNotStale(options.plan ?? '', saved, planned, runtime.masker.maskOwn);
    const plan = options.strict ? treatWarningsAsErrors(planned.plan) : planned.plan;
    if (approved !== plan.digest) {
      warnUnrelatedSpool(session, planned.unrelatedSpoolEntries);
      warnCredentials(session, planned.credentialWarnings);
      await noteAboutRun(session, planned);
      if (options.format === 'text') session.print(renderPlanText(plan, session.stdoutStyle));
    }
    if (options.expect !== undefined) requireDigest(options.expect, planned.plan);
    const executable = isExecutable(plan, options.keepGoing);
    // A saved plan, and one of a known digest, has been reviewed.
    const isReviewed = options.yes || saved !== undefined || options.expect !== undefined;
    if (executable && !isReviewed && approved !== plan.digest && !(await isApproved(session, plan, options)))
      return exitCodes.refused;
    approved = plan.digest;
    const run = { ...planned, plan };
    // A refused plan is only shown.
    if (!isRefused(plan, options.keepGoing) && !(await holdFor(run, wait))) continue;
    return execute(session, run, executable, options);
  }
}

/** Asks for approval of a plan. */
async function isApproved(session: Session, plan: Plan, options: ApplyingOptions): Promise<boolean> {
  const { io } = session;
  // The plan must be visible before the question, wherever stdout goes.
  if (options.format !== 'text' || !io.stdout.isTTY) session.info(renderPlanText(plan, session.stderrStyle));
  const answer = await io.ask(
    "\nApply these changes? Only 'yes' will be accepted to approve: ",
    io.interrupt,
  );
  if (answer?.trim() === 'yes') return true;
  session.report({ code: 'PLAN_UNSAFE', message: 'declined; nothing was written' }, 'error');
  return false;
}

async function execute(
  session: Session,
  planned: PlanRun,
  executable: boolean,
  options: ApplyingOptions,
): Promise<number> {
  const { io, runtime } = session;
  const { plan } = planned;
  const { store, spool } = planned.secretStore.state;
  const { noop, error } = countActions(plan.changes);
  const results = await applyPlan(planned, runtime, {
    parallelism: options.parallelism,
    keepGoing: options.keepGoing,
    stop: io.interrupt,
    listener: doneLines(session, session.progress.begin(plan.changes.length - noop - error), options),
    settlement: {
      onWait: (seconds, tokens) =>
        session.info(
          `The response to creating ${tokens === 1 ? 'a token' : `${tokens} tokens`} was lost: waiting ${seconds} s for late effects.`,
        ),
      warn: (problem) => session.report(problem, 'warning'),
    },
  });
  const unsaved = await store.release().catch(toProblem);
  session.progress.end();
  await showResults(session, results, plan.guards, { format: options.format, executed: executable });
  reportWhyNothingChanged(session, plan, options.keepGoing);
  if (unsaved) session.report(unsaved, 'error');
  const signalled = io.interruptCode();
  if (signalled !== undefined) return signalled;
  if (io.interrupt.aborted) session.report(interruptedChanges(toProblem(io.interrupt.reason)), 'error');
  const secretsWait = spool.entries().some(({ made }) => made !== null) || unsaved !== undefined;
  return applyExitCode(plan, results, secretsWait);
}

/** Returns a listener that also prints a line for each change that is done, in the format for people. */
function doneLines(
  session: Session,
  listener: ProgressListener,
  { format }: Pick<ApplyingOptions, 'format'>,
): ProgressListener {
  if (format !== 'text') return listener;
  const { clock } = session.io;
  const began = new Map<string, number>();
  let isFirst = true;
  return {
    ...listener,
    onBegin(change) {
      began.set(change.address, clock.now());
      listener.onBegin(change);
    },
    onDone(result) {
      listener.onDone(result);
      const start = began.get(result.address);
      if (start === undefined) return;
      const line = renderDone(result, (clock.now() - start) / 1000, session.stdoutStyle);
      session.print(isFirst ? `\n${line}` : line);
      isFirst = false;
    },
  };
}

/** Throws `PLAN_STALE` if a plan is not the reviewed one. A plan without changes needs no review. */
function requireDigest(expected: string, { changes, digest }: Plan): void {
  if (digest === expected || changes.every(({ action }) => action === 'noop')) return;
  throw new ReconcileError({
    code: 'PLAN_STALE',
    message: `the plan is not the reviewed one: its digest is ${digest}, not ${expected}; nothing was written`,
    hint: 'review the new plan with reconcile plan; its digest is in --format json and in the step outputs',
  });
}

function isExecutable(plan: Plan, keepGoing: boolean): boolean {
  const { noop, error } = countActions(plan.changes);
  return !isRefused(plan, keepGoing) && noop + error < plan.changes.length;
}

function reportWhyNothingChanged(session: Session, { changes, guards }: Plan, keepGoing: boolean): void {
  const { error } = countActions(changes);
  if (error > 0 && !keepGoing) {
    session.info(`The plan contains ${error === 1 ? 'an error' : `${error} errors`}: nothing was written.`);
  } else if (guards.length > 0) session.info('The plan was refused: nothing was written.');
}

function applyExitCode(plan: Plan, results: readonly Result[], secretsWait: boolean): number {
  const some = (status: Result['status']): boolean => results.some((result) => result.status === status);
  const refused = plan.guards.length > 0 && !plan.changes.some(({ action }) => action === 'error');
  if (refused) return exitCodes.refused;
  if (!some('failed') && !some('not_run')) return secretsWait ? exitCodes.partial : exitCodes.done;
  // A secret that was delivered or is spooled means that its token was created: the run counts as partial then.
  const made = results.some(({ changed, deliveredTo }) => changed && (deliveredTo?.length || secretsWait));
  return some('applied') || made ? exitCodes.partial : exitCodes.failed;
}
