import type { CreateAttempt } from '../core/model/custody-record.ts';
import { ReconcileError } from '../core/model/errors.ts';
import { bears } from '../core/model/granted-values.ts';
import { neverAborted } from '../core/util/never-aborted.ts';
import type { Target } from '../observe/target.ts';
import type { ExecutionContext } from './context.ts';

/**
 * Deletes a token that an attempt of this run created. The response to the attempt may be about another token, so the token
 * is read first. Throws `OUTCOME_UNKNOWN` if its name or its creation time differs from the attempt's.
 */
export async function deleteOwn(
  { client, scope, desired }: Target,
  attempt: CreateAttempt,
  { id }: { readonly id: string },
  { evidence }: Pick<ExecutionContext, 'evidence'>,
): Promise<void> {
  const token = await client.read(scope, id, neverAborted);
  if (token) {
    const { created } = token.origin;
    const isInTime =
      created === null || (created >= attempt.listedAt && created <= attempt.deadline + evidence.grace);
    if (!isInTime || !bears(token, attempt.name)) {
      throw new ReconcileError({
        code: 'OUTCOME_UNKNOWN',
        message: `the service reports that it created ${attempt.name} in ${desired.place} as ${id}, but that token existed before; nothing was deleted`,
        hint: 'check any proxy between reconcile and the service, then run again',
      });
    }
  }
  // A new token may not show by its ID yet.
  await client.delete(scope, id, neverAborted);
}
