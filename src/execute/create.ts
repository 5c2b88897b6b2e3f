import { randomUUID } from 'node:crypto';
import { ReconcileError } from '../core/errors.ts';
import { formatInstant, parseInstant } from '../core/instant.ts';
import { isObject } from '../core/json.ts';
import type { Fields, Observed } from '../core/model.ts';
import type { Custodian } from '../custody/custodian.ts';
import type { Created } from '../providers/provider.ts';
import type { Target } from './target.ts';

/** A token that was made, and the sinks that have its secret. */
export interface MadeToken {
  readonly token: Observed;
  readonly deliveredTo: readonly string[];
}

/**
 * Makes a token and hands its secret over, with nothing in between: the secret is shown once. A secret that
 * can't be handed over makes the token useless, so it is deleted again.
 */
export async function createToken(
  target: Target,
  fields: Fields,
  custodian: Custodian,
  signal: AbortSignal,
): Promise<MadeToken> {
  const { desired, client, scope } = target;
  const sinks = Array.isArray(desired.secret) ? desired.secret : [];
  // Asked for beforehand: once the secret is there, nothing that may fail stands between it and its sinks.
  const named = sinks.some(({ format }) => format !== 'raw');
  const host = named ? (await client.details(scope, signal)).host : '';
  const id = desired.createWith === 'put' ? randomUUID() : undefined;
  const created = await client.create(scope, fields, id, signal).catch((error: unknown) => {
    throw explained(error, target, fields);
  });
  try {
    const deliveredTo = await custodian.deliver(sinks, {
      kind: desired.kind,
      address: desired.address,
      id: created.token.id,
      name: created.token.name,
      registry: host,
      username: created.username,
      secret: created.secret,
      expiresAt: expiryOf(created),
      createdAt: createdAt(created),
    });
    return { token: created.token, deliveredTo };
  } catch (error) {
    if (!(error instanceof ReconcileError)) throw error;
    throw await takeBack(target, created, error, signal);
  }
}

/** Deletes a token whose secret nobody has. */
async function takeBack(
  { desired, client, scope }: Target,
  { token }: Created,
  why: ReconcileError,
  signal: AbortSignal,
): Promise<ReconcileError> {
  try {
    await client.delete(scope, token.id, signal);
    return new ReconcileError(
      {
        code: 'SINK_FAILED',
        message: `${why.message}; the new token was deleted again, as nobody has its secret`,
        hint: why.hint ?? 'mend the sink and run again',
      },
      { cause: why },
    );
  } catch (error) {
    if (!(error instanceof ReconcileError)) throw error;
    return new ReconcileError(
      {
        code: 'SINK_FAILED',
        message: `${why.message}; the new token ${token.name} (${token.id}) in ${desired.scope} is live, nobody has its secret, and deleting it failed too: ${error.message}`,
        hint: `delete the token ${token.id}, mend the sink, and run again`,
      },
      { cause: why },
    );
  }
}

function explained(error: unknown, { desired }: Target, fields: Fields): unknown {
  if (!(error instanceof ReconcileError)) return error;
  const name = String(fields['name'] ?? desired.name);
  if (error.code === 'OUTCOME_UNKNOWN') {
    return new ReconcileError(
      {
        code: error.code,
        message: `the answer to the making of ${name} in ${desired.scope} is lost: ${error.message}`,
        hint: `the token may exist, and nobody has its secret: if reconcile list shows ${name}, delete it; then run again`,
        ...(error.httpStatus !== undefined && { httpStatus: error.httpStatus }),
      },
      { cause: error },
    );
  }
  if (error.httpStatus === 409) {
    return new ReconcileError(
      {
        code: error.code,
        message: `somebody else has just made a token ${name} in ${desired.scope}: ${error.message}`,
        hint: 'run reconcile plan again: it takes the token as it is, without its secret',
        httpStatus: 409,
      },
      { cause: error },
    );
  }
  return error;
}

function expiryOf({ token }: Created): string | null {
  const { expiry_date: expiry } = token.fields;
  return typeof expiry === 'string' && expiry !== 'never' ? expiry : null;
}

function createdAt({ token }: Created): string | null {
  const { metadata } = token.object;
  const date = isObject(metadata) ? metadata['created_date'] : undefined;
  const seconds = typeof date === 'string' ? parseInstant(date, 'utc') : undefined;
  return seconds === undefined ? null : formatInstant(seconds);
}
