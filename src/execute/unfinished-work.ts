import type { CustodyRecord } from '../core/model/custody-record.ts';
import { recordedNames } from '../observe/resolve-target.ts';
import type { Target } from '../observe/target.ts';
import type { RunInputs } from './context.ts';
import { markUnresolved } from './unresolved.ts';

/** Tells whether earlier runs left something to do, even if no token has to be changed. */
export function hasUnfinishedWork({ targets }: Pick<RunInputs, 'targets'>): boolean {
  return [...targets.values()].some((target) =>
    recordsOf(target).some((record) => isUnfinished(record, target)),
  );
}

/**
 * Turns the attempts of a run that has ended into unresolved attempts: their responses can't be recorded any more. An attempt
 * whose token can be repaired stays, with the secret for it.
 */
export async function resolveOpenAttempts({
  targets,
  secretStore,
}: Pick<RunInputs, 'targets' | 'secretStore'>): Promise<void> {
  for (const target of targets.values()) {
    for (const attempt of recordsOf(target).flatMap(({ openAttempts }) => openAttempts)) {
      if (!attempt.chosenSecret) await markUnresolved(target, attempt, { secretStore });
    }
  }
}

function recordsOf(target: Target): readonly CustodyRecord[] {
  return recordedNames(target.desired, target.snapshot.tokens).map(target.recordFor);
}

function isUnfinished({ openAttempts, pendingSecret, entry }: CustodyRecord, { snapshot }: Target): boolean {
  const isOpen = entry?.unresolved.some(({ resolvedAt }) => resolvedAt === null) ?? false;
  // An old token that was deleted is still on record if the run ended then.
  const isOnRecord = entry?.superseded.some(({ id }) => !snapshot.tokens.byId(id)) ?? false;
  return openAttempts.length > 0 || pendingSecret !== undefined || isOpen || isOnRecord;
}
