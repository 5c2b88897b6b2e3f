import { resolve } from 'node:path';
import { type PlanRun, type PlanRunOptions, planRun } from '../app/plan.ts';
import { keepApart, outFile, unwritable } from '../app/plan-file.ts';
import { savedPlanText, writePlan } from '../app/saved-plan.ts';
import { countActions } from '../core/model/action-counts.ts';
import { ReconcileError, toProblem } from '../core/model/errors.ts';
import type { Plan } from '../core/model/plan.ts';
import { filterDrift } from '../core/plan/plan.ts';
import { openState, type State } from '../custody/state/state.ts';
import type { Store } from '../custody/state/store.ts';
import { withoutUsers } from '../system/git/remote-address.ts';
import { connect } from './connect.ts';
import { exitCodes } from './io.ts';
import type { ConnectionOptions, CustodyOptions, ManifestOptions, OutputOptions } from './options.ts';
import { showPlan } from './report.ts';
import { noteAboutRun } from './run-notes.ts';
import { openRunStore, warnCredentials, warnUnrelatedSpool } from './run-store.ts';
import { savedOptions } from './saved-options.ts';
import { loadDesired, type Session } from './session.ts';

/** The options that `plan` and `apply` share. */
export type PlanningOptions = ManifestOptions & ConnectionOptions & CustodyOptions & OutputOptions;

/** Runs `reconcile plan`: shows the changes that apply would make. */
export async function plan(
  session: Session,
  paths: readonly string[],
  options: PlanningOptions & {
    readonly detailedExitcode: boolean;
    readonly driftOnly?: boolean;
    readonly out?: string;
    /** True to check sinks as apply does. */
    readonly checkSinks: boolean;
    /** The time to plan for, in seconds since 1970. */
    readonly now?: number;
  },
): Promise<number> {
  if (options.out !== undefined && options.driftOnly) {
    throw besides('--out saves a complete plan, but --drift-only shows only part of it');
  }
  if (options.out !== undefined && options.now !== undefined) {
    throw besides('--out saves a plan to apply, but --now plans for another time');
  }
  if (
    options.out !== undefined &&
    options.state !== undefined &&
    options.state !== withoutUsers(options.state)
  ) {
    throw new ReconcileError({
      code: 'USAGE',
      message: '--out saves the location of the state, which holds credentials',
      hint: 'name a remote of the checkout in --state, or set RECONCILE_STATE instead',
    });
  }
  const out = await outputOf(session, options.out);
  const desiredState = await loadDesired(session, paths, options);
  const connections = connect(session, options);
  let store: Store | undefined;
  try {
    store = await openRunStore(session, paths, options);
    if (out !== undefined && out !== stdout)
      await keepApart(out.shown, out.file, { ...desiredState, state: store.folder });
    const state = await openState(store);
    session.reportAll(state.problems, 'warning');
    const planned = await planRun(desiredState, connections, session.runtime, {
      ...toPlanOptions(options, state, session.io.interrupt),
      checkSinks: options.checkSinks,
      ...(options.now !== undefined && { at: options.now }),
    });
    warnUnrelatedSpool(session, planned.unrelatedSpoolEntries);
    warnCredentials(session, planned.credentialWarnings);
    await noteAboutRun(session, planned);
    const strict = options.strict ? treatWarningsAsErrors(planned.plan) : planned.plan;
    const shown = options.driftOnly ? filterDrift(strict) : strict;
    await showPlan(session, shown, options.format);
    if (out !== undefined) await save(session, out, paths, options, { ...planned, plan: strict });
    return planExitCode(shown, options.detailedExitcode);
  } finally {
    await store?.close();
    await connections.close();
  }
}

function besides(message: string): ReconcileError {
  return new ReconcileError({ code: 'USAGE', message, hint: 'remove one of the two' });
}

/** Returns the options of a plan from those of the command line. */
export function toPlanOptions(
  { grace, strictOutcome, replace, target, maxDeletes, shard }: CustodyOptions,
  state: State,
  signal: AbortSignal,
): PlanRunOptions {
  return {
    state,
    graceSeconds: grace,
    strictOutcome,
    replace,
    target,
    ...(maxDeletes && { maxDeletes }),
    ...(shard && { shard }),
    signal,
  };
}

/** Destination of a saved plan: a file as the user has named it with its real path, or stdout. */
type Out = { readonly shown: string; readonly file: string } | typeof stdout;
const stdout = '-';

async function outputOf({ io }: Session, out: string | undefined): Promise<Out | undefined> {
  if (out === undefined || out === stdout) return out;
  return { shown: out, file: await outFile(out, resolve(io.cwd, out)) };
}

async function save(
  { io, runtime, info, report }: Session,
  out: Out,
  paths: readonly string[],
  options: PlanningOptions,
  planned: PlanRun,
): Promise<void> {
  const shown = out === stdout ? 'stdout' : out.shown;
  const { changes, guards } = planned.plan;
  if (guards.length > 0 || changes.some(({ action }) => action === 'error')) {
    info(`Nothing was saved to ${shown}: this plan can't be applied.`);
    return;
  }
  const text = savedPlanText(planned, { paths, options: savedOptions(options) }, runtime.masker.maskOwn);
  if (out === stdout) {
    io.stdout.write(text);
    return;
  }
  // Checked again: the file may have changed meanwhile.
  const file = await outFile(shown, resolve(io.cwd, shown));
  try {
    await writePlan(file, text);
  } catch (error) {
    report(toProblem(unwritable(shown, error)), 'error');
    io.outputLost?.();
    return;
  }
  info(`Saved to ${shown}. To apply exactly this plan: reconcile apply --plan ${asWord(shown)}`);
}

/** Returns the plan under `--strict`: a change with a warning is an error. */
export function treatWarningsAsErrors(plan: Plan): Plan {
  return {
    ...plan,
    changes: plan.changes.map((change) => {
      const [warning] = change.warnings;
      if (warning === undefined || change.action === 'error') return change;
      return {
        ...change,
        action: 'error',
        fields: [],
        secret: null,
        error: {
          code: 'MANIFEST_INVALID',
          message: `${warning} (a warning that --strict makes an error)`,
          source: change.source,
        },
      };
    }),
  };
}

function planExitCode({ changes, guards }: Plan, detailed: boolean): number {
  const { noop, error } = countActions(changes);
  if (error > 0) return exitCodes.failed;
  if (guards.length > 0) return exitCodes.refused;
  return detailed && noop < changes.length ? exitCodes.pending : exitCodes.done;
}

/** Quotes a path as one word of a shell. */
function asWord(path: string): string {
  return /^[\w./~-]+$/.test(path) ? path : `'${path.replaceAll("'", `'\\''`)}'`;
}
