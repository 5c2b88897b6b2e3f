import { ReconcileError } from '../../core/model/errors.ts';
import { Secret } from '../../core/model/secret.ts';
import type { Observed } from '../../core/model/token.ts';
import type { Json } from '../../core/util/json.ts';
import type { Created } from '../provider.ts';
import { decodeSecret } from './decode.ts';

/** Returns a token that was just created. A response without its secret or ID counts as lost. */
export function decodeCreated(
  body: Json | undefined,
  decode: (body: Json | undefined) => Observed,
  username: string,
): Created {
  const secret = decodeSecret(body);
  try {
    if (secret !== undefined) return { token: decode(body), secret: new Secret(secret), username };
  } catch (error) {
    if (!(error instanceof ReconcileError)) throw error;
  }
  throw new ReconcileError({
    code: 'OUTCOME_UNKNOWN',
    message: "Docker Hub made a token and didn't show all of it, so nobody can use it",
    hint: 'delete the token and run again',
  });
}
