import type { Plan, Result } from '../core/model.ts';
import { summarize } from '../core/plan.ts';
import { resultJson } from '../render/json.ts';
import { renderPlanText } from '../render/plan-text.ts';
import { renderResultText } from '../render/result-text.ts';
import { applyRunPlan } from '../wire/apply.ts';
import { createConnections } from '../wire/connect.ts';
import { makeRunPlan } from '../wire/plan.ts';
import { exitCodes } from './io.ts';
import { type PlanningOptions, strictPlan } from './plan.ts';
import { createProgress } from './progress.ts';
import { loadDesired, type Session } from './session.ts';

/** `reconcile apply`: plan, then execute. */
export async function apply(
  session: Session,
  paths: readonly string[],
  options: PlanningOptions & { readonly yes: boolean; readonly keepGoing: boolean },
): Promise<number> {
  const { io, runtime } = session;
  const desired = await loadDesired(session, paths, options);
  const connections = createConnections(runtime, {
    parallelism: options.parallelism,
    timeoutSeconds: options.timeout,
    allowInsecureHttp: options.allowInsecureHttp,
  });
  try {
    const planned = await makeRunPlan(desired, connections, runtime, io.interrupt);
    const plan = options.strict ? strictPlan(planned.plan) : planned.plan;
    if (options.format === 'text') session.print(renderPlanText(plan, session.stdoutStyle));

    const executable = isExecutable(plan, options.keepGoing);
    if (executable && !options.yes && io.stdin.isTTY && io.stderr.isTTY) {
      if (options.format === 'json') session.note(renderPlanText(plan, session.stderrStyle));
      const answer = await io.ask('Apply these changes? Only "yes" is taken for a yes: ');
      if (answer.trim() !== 'yes') {
        session.tell({ code: 'PLAN_UNSAFE', message: 'declined; nothing was written' }, 'error');
        return exitCodes.refused;
      }
    }
    const { create, patch, replace, delete: deleted } = summarize(plan.changes);
    const progress = createProgress(io.stderr, options, create + patch + replace + deleted);
    const results = await applyRunPlan({ ...planned, plan }, runtime, {
      parallelism: options.parallelism,
      keepGoing: options.keepGoing,
      stop: io.interrupt,
      progress: progress.done,
    });
    progress.end();
    if (options.format === 'json') session.printJson(resultJson(results, plan.guards));
    else if (executable) session.print(`\n${renderResultText(results, session.stdoutStyle)}`);
    tellWhyNothingWasDone(session, plan, options.keepGoing);
    return io.interrupt.aborted ? io.interruptCode() : applyExitCode(plan, results);
  } finally {
    await connections.close();
  }
}

function isExecutable({ changes, guards }: Plan, keepGoing: boolean): boolean {
  const { noop, error } = summarize(changes);
  return guards.length === 0 && (error === 0 || keepGoing) && noop + error < changes.length;
}

function tellWhyNothingWasDone(session: Session, { changes, guards }: Plan, keepGoing: boolean): void {
  const { error } = summarize(changes);
  if (error > 0 && !keepGoing) {
    session.note(`The plan holds ${error === 1 ? 'an error' : `${error} errors`}: nothing was written.`);
  } else if (guards.length > 0) session.note('The plan was refused: nothing was written.');
}

function applyExitCode(plan: Plan, results: readonly Result[]): number {
  const some = (status: Result['status']): boolean => results.some((result) => result.status === status);
  const refused = plan.guards.length > 0 && !plan.changes.some(({ action }) => action === 'error');
  if (refused) return exitCodes.refused;
  if (!some('failed') && !some('not_run')) return exitCodes.done;
  return some('applied') ? exitCodes.partial : exitCodes.failed;
}
