import { sinksOf } from '../core/model/entry-sinks.ts';
import { sameId } from '../core/model/token-id.ts';
import { neverAborted } from '../core/util/never-aborted.ts';
import type { SpoolEntry } from '../custody/state/spool.ts';
import { requireHost } from '../observe/registry-host.ts';
import { recordedNames } from '../observe/resolve-target.ts';
import type { Target } from '../observe/target.ts';
import type { ExecutionContext } from './context.ts';
import { spoolSecret } from './keep-secret.ts';
import { rejectUnknownOwnership } from './lost-response.ts';
import { plannedRepair, repairToken } from './repair.ts';
import { TokenGoneError } from './token-gone.ts';
import { markUnresolved } from './unresolved.ts';

/**
 * Repairs a token whose create an earlier run began: docs/create-protocol.md, step 14. Returns the secret to deliver, now in
 * the spool as the token's own; `undefined` if no repair was planned.
 */
export async function resumeRepair(
  target: Target,
  id: string,
  context: ExecutionContext,
): Promise<SpoolEntry | undefined> {
  const { desired, client, scope, snapshot } = target;
  const repair = recordedNames(desired, snapshot.tokens)
    .map((name) => plannedRepair(target, name, context))
    .find((planned) => planned && sameId(planned.id, id));
  if (!repair) return undefined;
  const sinks = sinksOf(desired);
  const registry = await requireHost(target, sinks, context.stop);
  const token = await client.read(scope, id, neverAborted);
  if (!token) {
    await markUnresolved(target, repair.attempt, context);
    throw new TokenGoneError(id);
  }
  const repaired = await repairToken(target, [repair.attempt], token, context);
  if (!repaired) {
    rejectUnknownOwnership(target, [token]);
    return undefined;
  }
  // If the spool keeps encrypted content only, it has to be that of the present sink.
  const attempt = { ...repaired.attempt, sinks };
  return spoolSecret(target, attempt, repaired.response, registry, snapshot, context);
}
