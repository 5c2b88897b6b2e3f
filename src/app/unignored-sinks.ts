import { realpath } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import pLimit from 'p-limit';
import { sinksOf } from '../core/model/entry-sinks.ts';
import type { Change, Plan } from '../core/model/plan.ts';
import { isEncrypted, type Sink, sinkLabel, sinkName } from '../core/model/sink.ts';
import { fileOfSink } from '../core/model/sink-place.ts';
import { memoizeAsync } from '../core/util/single-flight.ts';
import type { Target } from '../observe/target.ts';
import type { Environment } from '../system/find-program.ts';
import { cachedIgnoreLookups, isUnignored } from '../system/git-ignore.ts';

/** Maximum number of files checked at once. */
const filesAtOnce = 16;

/** Returns a plan that warns of new secrets in files that the next `git add` would publish. */
export async function warnUnignored(
  plan: Plan,
  targets: ReadonlyMap<string, Target>,
  env: Environment,
): Promise<Plan> {
  const look = cachedIgnoreLookups();
  const realFolder = memoizeAsync((folder) => realpath(folder).catch(() => undefined));
  const wouldBePublished = async (sink: Sink): Promise<boolean> => {
    if (isEncrypted(sink)) return false;
    const file = fileOfSink(sink, env);
    if (file === undefined) return false;
    const folder = await realFolder(dirname(file));
    return folder !== undefined && isUnignored(join(folder, basename(file)), env, look);
  };
  const changes = await pLimit(filesAtOnce).map(plan.changes, async (change): Promise<Change> => {
    const target =
      change.secret === null || change.action === 'error' ? undefined : targets.get(change.entryAddress);
    if (!target) return change;
    const sinks = sinksOf(target.desired).filter((sink) => change.secret?.includes(sinkName(sink)));
    const shown: string[] = [];
    for (const sink of sinks) if (await wouldBePublished(sink)) shown.push(sinkLabel(sink));
    if (shown.length === 0) return change;
    const warning = `Git neither ignores nor tracks ${shown.join(', ')}: git add would publish the secret; add it to .gitignore`;
    return { ...change, warnings: [...change.warnings, warning] };
  });
  return { ...plan, changes };
}
