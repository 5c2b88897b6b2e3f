import pLimit from 'p-limit';
import { type Problem, problemOf, ReconcileError } from '../core/errors.ts';
import type { FieldRules } from '../core/fields.ts';
import type { Change, Plan, Result } from '../core/model.ts';
import type { Custodian } from '../custody/custodian.ts';
import type { Clock } from '../http/clock.ts';
import { createToken } from './create.ts';
import { liveToken, type Target } from './target.ts';
import { untilGone, untilShown } from './verify.ts';

/** What the executor needs besides the plan. */
export interface ApplyOptions {
  /** What each address of the plan is about; addresses in error may be missing. */
  readonly targets: ReadonlyMap<string, Target>;
  readonly rules: (change: Change) => FieldRules;
  readonly custodian: Custodian;
  readonly clock: Clock;
  /** How many tokens are worked on at once. */
  readonly parallelism: number;
  /** Carry out the other changes of a plan that holds errors. */
  readonly keepGoing: boolean;
  /** Once aborted, nothing new is started; what has been started is finished. */
  readonly stop: AbortSignal;
  /** Is told of each result as it comes. */
  readonly progress: (result: Result) => void;
}

/** Never aborted: a write that was begun is seen through. */
const unstoppable = new AbortController().signal;

/**
 * Carries out a plan. One token's failure doesn't stop the others; every address of the plan has a result,
 * `not_run` until something else is true.
 */
export async function apply(plan: Plan, options: ApplyOptions): Promise<readonly Result[]> {
  const results = new Map(plan.changes.map((change) => [change.address, initial(change, options)]));
  const finish = (): readonly Result[] => [...results.values()];
  const holdsErrors = plan.changes.some(({ action }) => action === 'error');
  if (plan.guards.length > 0 || (holdsErrors && !options.keepGoing)) return finish();

  const pending = plan.changes.filter(({ action }) => action !== 'noop' && action !== 'error');
  const blocked = await checkSinks(pending, options);
  if (blocked.size > 0) {
    for (const [change, problem] of blocked) {
      results.set(change.address, { ...initial(change, options), status: 'failed', error: problem });
    }
    return finish();
  }

  const limit = pLimit(options.parallelism);
  await Promise.all(
    pending.map((change) =>
      limit(async () => {
        if (options.stop.aborted) return;
        const result = await carryOut(change, options);
        results.set(change.address, result);
        options.progress(result);
      }),
    ),
  );
  return finish();
}

async function checkSinks(
  changes: readonly Change[],
  { targets, custodian }: ApplyOptions,
): Promise<ReadonlyMap<Change, Problem>> {
  const blocked = new Map<Change, Problem>();
  for (const change of changes) {
    const secret = change.secret === null ? undefined : targets.get(change.address)?.desired.secret;
    for (const sink of Array.isArray(secret) ? secret : []) {
      const problem = await custodian.check(sink);
      if (problem) blocked.set(change, { ...problem, source: change.source });
    }
  }
  return blocked;
}

async function carryOut(change: Change, options: ApplyOptions): Promise<Result> {
  const target = options.targets.get(change.address);
  if (!target) throw new TypeError(`no target for ${change.address}`);
  const report = new Report(initial(change, options));
  try {
    await steps[change.action as keyof typeof steps](change, target, report, options);
    return report.applied();
  } catch (error) {
    return report.failed(problemOf(error));
  }
}

const steps = { create, patch, replace, delete: remove };

async function create(change: Change, target: Target, report: Report, options: ApplyOptions): Promise<void> {
  const { token, deliveredTo } = await createToken(target, change.write, options.custodian, unstoppable);
  report.wrote({ id: token.id, object: token.object, deliveredTo });
  if (!target.desired.wait) return;
  const shown = await untilShown(target, token, change.write, options.rules(change), waiting(options));
  report.wrote({ object: shown.object });
}

async function patch(change: Change, target: Target, report: Report, options: ApplyOptions): Promise<void> {
  const answer = await target.client.patch(target.scope, idOf(change), change.write, unstoppable);
  report.wrote({ object: answer.object });
  const shown = await untilShown(target, answer, change.write, options.rules(change), waiting(options));
  report.wrote({ object: shown.object });
}

async function replace(change: Change, target: Target, report: Report, options: ApplyOptions): Promise<void> {
  const old = idOf(change);
  if (change.order === 'delete_first') {
    await target.client.delete(target.scope, old, unstoppable);
    report.wrote({});
    await untilGone(target, old, waiting(options));
    await create(change, target, report, options);
    return;
  }
  await create(change, target, report, options);
  try {
    await target.client.delete(target.scope, old, unstoppable);
    await untilGone(target, old, waiting(options));
  } catch (error) {
    if (!(error instanceof ReconcileError)) throw error;
    throw new ReconcileError(
      {
        code: error.code,
        message: `the new token is made and its secret is safe, but the old one (${old}) may still live: ${error.message}`,
        hint: `declare the old token state: absent (registry_token: ${old}) to delete it`,
        ...(error.httpStatus !== undefined && { httpStatus: error.httpStatus }),
      },
      { cause: error },
    );
  }
}

async function remove(change: Change, target: Target, report: Report, options: ApplyOptions): Promise<void> {
  await target.client.delete(target.scope, idOf(change), unstoppable);
  report.wrote({});
  await untilGone(target, idOf(change), waiting(options));
}

function waiting({ clock, stop }: ApplyOptions): { clock: Clock; signal: AbortSignal } {
  return { clock, signal: stop };
}

function idOf(change: Change): string {
  if (change.id === null) throw new TypeError(`${change.action} of ${change.address} without an ID`);
  return change.id;
}

/** Where an address stands before anything was done. */
function initial(change: Change, { targets }: Pick<ApplyOptions, 'targets'>): Result {
  const target = targets.get(change.address);
  const live = target && change.action !== 'delete' ? liveToken(target, change.id) : undefined;
  return {
    address: change.address,
    kind: change.kind,
    action: change.action,
    status: change.action === 'noop' ? 'unchanged' : change.action === 'error' ? 'failed' : 'not_run',
    changed: false,
    id: change.id,
    ...(live && { object: live.object }),
    error: change.error,
    warnings: change.warnings,
    source: change.source,
  };
}

/** What is known of a change while it is carried out, so that a failure half-way is told as it is. */
class Report {
  #result: Result;

  constructor(result: Result) {
    this.#result = result;
  }

  wrote(more: Partial<Pick<Result, 'id' | 'object' | 'deliveredTo'>>): void {
    this.#result = { ...this.#result, ...more, changed: true };
  }

  applied(): Result {
    return { ...this.#result, status: 'applied' };
  }

  failed(error: Problem): Result {
    return {
      ...this.#result,
      status: 'failed',
      error: { ...error, source: error.source ?? this.#result.source },
    };
  }
}
