import type { Plan } from '../core/model.ts';
import { summarize } from '../core/plan.ts';
import { planJson } from '../render/json.ts';
import { renderPlanText } from '../render/plan-text.ts';
import { makeRunPlan } from '../wire/plan.ts';
import { readState, stateFolder } from '../wire/state.ts';
import { connect } from './connect.ts';
import { exitCodes } from './io.ts';
import type { ConnectionOptions, CustodyOptions, ManifestOptions, OutputOptions } from './options.ts';
import { loadWishes, type Session } from './session.ts';
import { tellOfStrangers } from './state.ts';

/** The options of `plan` and `apply` alike. */
export type PlanningOptions = ManifestOptions & ConnectionOptions & CustodyOptions & OutputOptions;

/** `reconcile plan`: what apply would do. */
export async function plan(
  session: Session,
  paths: readonly string[],
  options: PlanningOptions & { readonly detailedExitcode: boolean },
): Promise<number> {
  const wishes = await loadWishes(session, paths, options);
  const connections = connect(session, options);
  try {
    const folder = await stateFolder(options.stateDir, paths, session.runtime);
    const state = await readState(folder);
    for (const problem of state.problems) session.tell(problem, 'warning');
    const { plan: made, leftAlone } = await makeRunPlan(wishes, connections, session.runtime, {
      state,
      graceSeconds: options.grace,
      strictOutcome: options.strictOutcome,
      replace: options.replace,
      ...(options.maxDeletes && { maxDeletes: options.maxDeletes }),
      signal: session.io.interrupt,
    });
    tellOfStrangers(session, leftAlone);
    const strict = options.strict ? strictPlan(made) : made;
    if (options.format === 'json') session.printJson(planJson(strict));
    else session.print(renderPlanText(strict, session.stdoutStyle));
    return planExitCode(strict, options.detailedExitcode);
  } finally {
    await connections.close();
  }
}

/** The plan under `--strict`: what has a warning is an error. */
export function strictPlan(plan: Plan): Plan {
  return {
    ...plan,
    changes: plan.changes.map((change) => {
      const [warning] = change.warnings;
      if (warning === undefined || change.action === 'error') return change;
      return {
        ...change,
        action: 'error',
        error: {
          code: 'MANIFEST_INVALID',
          message: `${warning} (a warning, and --strict is on)`,
          source: change.source,
        },
      };
    }),
  };
}

function planExitCode({ changes, guards }: Plan, detailed: boolean): number {
  const { noop, error } = summarize(changes);
  if (error > 0) return exitCodes.failed;
  if (guards.length > 0) return exitCodes.refused;
  return detailed && noop < changes.length ? exitCodes.pending : exitCodes.done;
}
