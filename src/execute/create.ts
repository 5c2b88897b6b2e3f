import type { CreateAttempt } from '../core/model/custody-record.ts';
import { sinksOf } from '../core/model/entry-sinks.ts';
import { ReconcileError } from '../core/model/errors.ts';
import { nameFieldOf } from '../core/model/field-rules.ts';
import { neverAborted } from '../core/util/never-aborted.ts';
import { requireHost } from '../observe/registry-host.ts';
import { takeSnapshot } from '../observe/snapshot.ts';
import type { Target } from '../observe/target.ts';
import { attemptCreate, type CreateRequest, type CreateState } from './attempt-create.ts';
import { DeferredToOtherRun, isCreatedByOtherRun } from './concurrent-run.ts';
import type { ExecutionContext } from './context.ts';
import { notRetriedError } from './interrupted.ts';
import { type CreatedToken, keepSecret } from './keep-secret.ts';
import { handleLostResponse, type LostOutcome, resolveEarlierAttempts } from './lost-response.ts';
import { resolveNameConflict } from './name-conflict.ts';
import { abandonRepairs } from './repair.ts';

/** Maximum lost responses per address and run. */
const maxLostResponses = 5;
/** Maximum creates, including those rejected because an earlier lost create took the name. */
const maxCreates = 10;

/** The state of a create between two attempts. */
interface CreateProgress extends CreateState {
  /** The attempts whose responses were lost, the latest first. */
  readonly lost: readonly CreateAttempt[];
}

/**
 * Creates a token: docs/create-protocol.md, steps 1 to 5, and steps 11 and 12 if the response is lost. The order of the
 * steps matters: see that page before changing any.
 */
export async function createToken(request: CreateRequest, context: ExecutionContext): Promise<CreatedToken> {
  const { target, fields, old } = request;
  const { stop } = context;
  const name = String(fields[nameFieldOf(target.rules)] ?? target.desired.name);
  // Requested beforehand: once the secret has arrived, nothing that may fail comes between it and the disk.
  const registry = await requireHost(target, sinksOf(target.desired), stop);
  await abandonRepairs(target, name, context);
  await resolveEarlierAttempts(target, old, name, target.snapshot, context);

  let progress: CreateProgress = { snapshot: target.snapshot, attempts: 0, lost: [] };
  while (progress.attempts < maxCreates && progress.lost.length < maxLostResponses) {
    const { snapshot, attempts, lost } = progress;
    if (attempts > 0 && stop.aborted) throw notRetriedError(name);
    const outcome = await attemptCreate(request, name, progress, context);
    switch (outcome.kind) {
      case 'created':
        return keepSecret(target, outcome, registry, snapshot, context);
      case 'rejected':
        throw outcome.error;
      case 'not_sent':
        throw attempts > 0 ? notRetriedError(name) : outcome.error;
      case 'name_taken': {
        const freed = await freeName(target, name, progress, outcome.error, context);
        if (freed.kind === 'created') return keepSecret(target, freed, registry, snapshot, context);
        progress = { snapshot: freed.snapshot, attempts: attempts + 1, lost };
        break;
      }
      case 'lost': {
        const all = [outcome.attempt, ...lost] as const;
        const cleared = await handleLostResponse(target, all, outcome.error, context);
        if (cleared.kind === 'created') return keepSecret(target, cleared, registry, snapshot, context);
        progress = { snapshot: cleared.snapshot, attempts: attempts + 1, lost: all };
      }
    }
  }
  throw new ReconcileError({
    code: 'API_UNAVAILABLE',
    message: `all attempts to create ${name} in ${target.desired.place} failed: ${progress.lost.length} responses were lost, and tokens that those requests created were in the way`,
    hint: 'run again later; that run deletes the leftover tokens',
  });
}

/** Frees a name that a late create of ours has taken, or repairs its token. Throws if it stays taken. */
async function freeName(
  target: Target,
  name: string,
  before: CreateProgress,
  rejection: ReconcileError,
  context: ExecutionContext,
): Promise<LostOutcome> {
  const conflict = await resolveNameConflict(target, name, before, rejection, context);
  if (conflict.kind === 'created') return conflict;
  if (conflict.kind === 'freed') {
    return { kind: 'cleared', snapshot: await takeSnapshot(target, context.clock, neverAborted) };
  }
  if (await isCreatedByOtherRun(target, name, context)) {
    throw new DeferredToOtherRun(
      `the service reports the name ${name} as taken: another run may be creating this generation, so this run defers to it`,
    );
  }
  throw conflict.error;
}
