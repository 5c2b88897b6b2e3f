import { sinksOf } from '../core/model/entry-sinks.ts';
import { ReconcileError } from '../core/model/errors.ts';
import { nameFieldOf } from '../core/model/field-rules.ts';
import { neverAborted } from '../core/util/never-aborted.ts';
import { takeSnapshot } from '../observe/observer.ts';
import { requireHost } from '../observe/registry-host.ts';
import type { Snapshot, Target } from '../observe/target.ts';
import { attemptCreate, type CreateRequest, type CreateState } from './attempt-create.ts';
import { DeferredToOtherRun, isCreatedByOtherRun } from './concurrent-run.ts';
import type { ExecutionContext } from './context.ts';
import { notRetriedError } from './interrupted.ts';
import { type CreatedToken, keepSecret } from './keep-secret.ts';
import { handleLostResponse, resolveEarlierAttempts } from './lost-response.ts';
import { resolveNameConflict } from './name-conflict.ts';

/** Maximum lost responses per address and run. */
const maxLostResponses = 5;
/** Maximum creates, including those rejected because an earlier lost create took the name. */
const maxCreates = 10;

/** The state of a create between two attempts. */
interface CreateProgress extends CreateState {
  readonly lostResponses: number;
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
  await resolveEarlierAttempts(target, old, name, target.snapshot, context);

  let progress: CreateProgress = { snapshot: target.snapshot, attempts: 0, lostResponses: 0 };
  while (progress.attempts < maxCreates && progress.lostResponses < maxLostResponses) {
    const { snapshot, attempts, lostResponses } = progress;
    if (attempts > 0 && stop.aborted) throw notRetriedError(name);
    const outcome = await attemptCreate(request, name, progress, context);
    switch (outcome.kind) {
      case 'created':
        return keepSecret(target, outcome, registry, snapshot, context);
      case 'rejected':
        throw outcome.error;
      case 'not_sent':
        throw attempts > 0 ? notRetriedError(name) : outcome.error;
      case 'name_taken':
        progress = {
          snapshot: await freeName(target, name, snapshot, outcome.error, context),
          attempts: attempts + 1,
          lostResponses,
        };
        break;
      case 'lost':
        progress = {
          snapshot: await handleLostResponse(target, outcome.attempt, outcome.error, context),
          attempts: attempts + 1,
          lostResponses: lostResponses + 1,
        };
    }
  }
  throw new ReconcileError({
    code: 'API_UNAVAILABLE',
    message: `all attempts to create ${name} in ${target.desired.place} failed: ${progress.lostResponses} responses were lost, and tokens that those requests created were in the way`,
    hint: 'run again later; that run deletes the leftover tokens',
  });
}

/** Frees a name that a late create of ours has taken. Returns the listing for the next attempt. Throws if it stays taken. */
async function freeName(
  target: Target,
  name: string,
  before: Snapshot,
  rejection: ReconcileError,
  context: ExecutionContext,
): Promise<Snapshot> {
  const conflict = await resolveNameConflict(target, name, before, rejection, context);
  if (conflict.kind === 'freed') return takeSnapshot(target, context.clock, neverAborted);
  if (await isCreatedByOtherRun(target, name, context)) {
    throw new DeferredToOtherRun(
      `the service reports the name ${name} as taken: another run may be creating this generation, so this run defers to it`,
    );
  }
  throw conflict.error;
}
