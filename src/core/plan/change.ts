import type { Problem } from '../model/errors.ts';
import { type Action, type Change, type Desired, type Observed, sinkName } from '../model/model.ts';
import { formatInstant } from '../util/instant.ts';

/** What sets a change apart from one that does nothing. */
export type ChangeDetails = Partial<Omit<Change, 'kind' | 'source'>> & {
  readonly action: Action;
  readonly reason: string;
};

/** A change to an entry's token. */
export function makeChange(desired: Desired, outcome: ChangeDetails): Change {
  return {
    address: desired.address,
    entryAddress: desired.address,
    supersededToken: null,
    kind: desired.kind,
    id: null,
    fields: [],
    payload: {},
    secret: null,
    replaceOrder: null,
    custody: null,
    cause: null,
    family: null,
    error: null,
    warnings: [],
    source: desired.source,
    ...outcome,
  };
}

/** A change that can't be: nothing is done about this token, and the plan says why. */
export function errorChange(desired: Desired, error: Problem, id: string | null = null): Change {
  return makeChange(desired, {
    action: 'error',
    reason: error.message,
    id,
    error: error.source ? error : { ...error, source: desired.source },
  });
}

/** Several tokens could be meant. */
export function ambiguousMatch(desired: Desired, tokens: readonly Observed[]): Change {
  return errorChange(desired, {
    code: 'AMBIGUOUS',
    message: `${tokens.length} live tokens in ${desired.place} are called ${desired.name ?? desired.existing}: ${tokens.map(describeToken).join('; ')}`,
    hint: `delete all but one, or name the one that is meant by its ID, as ${desired.idField}`,
  });
}

/** The names of the sinks that a new secret goes to; `null` where it is discarded. */
export function sinkNames({ secret }: Desired): readonly string[] | null {
  return Array.isArray(secret) ? secret.map(sinkName) : null;
}

/** A token that could be meant, with what tells it from others of its name. */
function describeToken({ id, origin: { created, lastUsed } }: Observed): string {
  const more = [
    ...(created === null ? [] : [`made ${formatInstant(created)}`]),
    ...(lastUsed === undefined
      ? []
      : [lastUsed === null ? 'never used' : `last used ${formatInstant(lastUsed)}`]),
  ];
  return more.length > 0 ? `${id} (${more.join(', ')})` : id;
}

/** The IDs of tokens, as people read them. */
export function formatIds(tokens: readonly Observed[]): string {
  return tokens.map((token) => token.id).join(', ');
}
