import { sinksOf } from '../core/model/entry-sinks.ts';
import { containedProblem, type Problem, ReconcileError } from '../core/model/errors.ts';
import type { Change } from '../core/model/plan.ts';
import { isPerHost, type Sink, sinkName } from '../core/model/sink.ts';
import { hostFor } from '../observe/registry-host.ts';
import type { Target } from '../observe/target.ts';
import type { ExecutionContext } from './context.ts';

type CheckTools = Pick<ExecutionContext, 'secretStore' | 'stop' | 'bug'>;

/** Returns the changes with a sink that can't accept their secret, each with the reason. Writes nothing. */
export async function findUnready(
  changes: readonly Change[],
  targets: ReadonlyMap<string, Target>,
  context: CheckTools,
): Promise<ReadonlyMap<Change, Problem>> {
  const unready = new Map<Change, Problem>();
  for (const change of changes) {
    const problem = await whyUnready(change, targets.get(change.entryAddress), context);
    if (problem) unready.set(change, problem);
  }
  return unready;
}

/** Returns why sinks of a change can't accept a secret, with all reasons in one problem. */
export async function whyUnready(
  change: Change,
  target: Target | undefined,
  { secretStore, stop, bug }: CheckTools,
): Promise<Problem | undefined> {
  if (!target) return undefined;
  const sinks = sinksOf(target.desired).filter((sink) => change.secret?.includes(sinkName(sink)));
  try {
    const registry = await hostToCheck(target, sinks, stop);
    const problems: Problem[] = [];
    for (const sink of sinks) {
      const problem = await secretStore.check(sink, registry);
      if (problem) problems.push(problem);
    }
    const [first, ...more] = problems;
    if (!first || more.length === 0) return first;
    return { ...first, message: problems.map(({ message }) => message).join('; ') };
  } catch (error) {
    return containedProblem(error, bug);
  }
}

/**
 * Returns the host that the sinks of a change write. If a registry can't be reached, its own tokens fail later, and not the
 * whole run. Throws for a sink with a secret for each host, which can't be checked without the host.
 */
async function hostToCheck(target: Target, sinks: readonly Sink[], stop: AbortSignal): Promise<string> {
  try {
    return await hostFor(target, sinks, stop);
  } catch (error) {
    const isAsked = error instanceof ReconcileError && error.code !== 'SINK_FAILED';
    if (isAsked && !sinks.some(isPerHost)) return '';
    throw error;
  }
}
