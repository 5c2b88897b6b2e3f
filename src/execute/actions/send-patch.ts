import { ReconcileError } from '../../core/model/errors.ts';
import { nameFieldOf } from '../../core/model/field-rules.ts';
import { bears } from '../../core/model/granted-values.ts';
import type { Fields, Observed } from '../../core/model/token.ts';
import { sameId } from '../../core/model/token-id.ts';
import { neverAborted } from '../../core/util/never-aborted.ts';
import { waitingFor } from '../../custody/state/records.ts';
import { liveToken, rangeOf, type Target } from '../../observe/target.ts';
import type { ExecutionContext } from '../context.ts';
import { TokenGoneError } from '../token-gone.ts';
import { markPreexisting, renameRecord } from '../unresolved.ts';
import type { ChangeContext } from './change.ts';

/** Patches a token and moves its records if its name changes. Throws `TokenGoneError` if it is gone. */
export async function sendPatch(
  { target, report, context }: ChangeContext,
  id: string,
  write: Fields,
): Promise<Observed> {
  const identity = nameFieldOf(target.rules);
  const live = liveToken(target, id);
  const names = [live?.name, live?.fields[identity], write[identity]];
  await markPreexisting(
    target,
    { id },
    names.filter((name) => typeof name === 'string'),
    context,
  );
  try {
    const responded = await target.client
      .patch(target.scope, id, write, neverAborted)
      .catch(async (error) => {
        // The PATCH succeeded, but its response doesn't show the result.
        const shown = isUnreadable(error)
          ? await target.client.read(target.scope, id, neverAborted)
          : undefined;
        if (!shown) throw error;
        return shown;
      });
    const response = await aboutToken(responded, id, target);
    report.wrote({ object: response.object });
    await renameRecord(
      target,
      { id: response.id, name: recordedAs(target, response, write, context) },
      context,
    );
    return response;
  } catch (error) {
    if (error instanceof ReconcileError && error.code === 'NOT_FOUND') throw new TokenGoneError(id);
    throw error;
  }
}

/** Returns the response to a PATCH if it is about the patched token, else reads that token. */
async function aboutToken(response: Observed, id: string, { client, scope }: Target): Promise<Observed> {
  if (sameId(response.id, id)) return response;
  const shown = await client.read(scope, id, neverAborted);
  if (!shown) throw new TokenGoneError(id);
  return shown;
}

/** Returns the name under which a patched token is recorded: the requested name, if the service changed it. */
function recordedAs(
  target: Target,
  response: Observed,
  write: Fields,
  { secretStore }: ExecutionContext,
): string {
  const { state } = secretStore;
  const range = rangeOf(target);
  const known = [
    liveToken(target, response.id)?.name,
    waitingFor(state, range, response.id)?.attempt.name,
    state.ledger.findByTokenId(range, [response.id])?.entry.name,
  ];
  const asked = write[nameFieldOf(target.rules)];
  const names = typeof asked === 'string' ? [asked] : known;
  return names.find((name) => name !== undefined && bears(response, name)) ?? response.name;
}

function isUnreadable(error: unknown): boolean {
  const status = error instanceof ReconcileError ? error.httpStatus : undefined;
  return status !== undefined && status >= 200 && status < 300;
}
