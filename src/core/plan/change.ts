import type { Desired } from '../model/desired.ts';
import type { Problem } from '../model/errors.ts';
import type { Action, Change } from '../model/plan.ts';
import { sinkName } from '../model/sink.ts';
import type { Observed } from '../model/token.ts';
import { formatInstant } from '../util/instant.ts';

/** The members of a change that differ from those of a no-op. */
export type ChangeDetails = Partial<Omit<Change, 'kind' | 'source'>> & {
  readonly action: Action;
  readonly reason: string;
};

/** Creates a change to an entry's token. */
export function makeChange(
  desired: Pick<Desired, 'address' | 'kind' | 'source'>,
  outcome: ChangeDetails,
): Change {
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

/** Creates an error for an entry. Its token is left alone, and the plan shows the problem. */
export function errorChange(desired: Desired, error: Problem, id: string | null = null): Change {
  return makeChange(desired, {
    action: 'error',
    reason: error.message,
    id,
    error: error.source ? error : { ...error, source: desired.source },
  });
}

/** Creates the error for an entry that several tokens match. */
export function ambiguousMatch(desired: Desired, tokens: readonly Observed[]): Change {
  return errorChange(desired, {
    code: 'AMBIGUOUS',
    message: `${tokens.length} live tokens in ${desired.place} are named ${desired.name ?? desired.existing}: ${tokens.map(describeToken).join('; ')}`,
    hint: `delete all but one, or set ${desired.idField} to the ID of the intended one`,
  });
}

/** Returns the names of the sinks that a new secret goes to; `null` if it is discarded. */
export function sinkNames({ secret }: Desired): readonly string[] | null {
  return Array.isArray(secret) ? secret.map(sinkName) : null;
}

/** Describes a matching token by the data that distinguishes it from others of its name. */
function describeToken({ id, origin: { created, lastUsed } }: Observed): string {
  const more = [
    ...(created === null ? [] : [`created ${formatInstant(created)}`]),
    ...(lastUsed === undefined
      ? []
      : [lastUsed === null ? 'never used' : `last used ${formatInstant(lastUsed)}`]),
  ];
  return more.length > 0 ? `${id} (${more.join(', ')})` : id;
}

/** Formats the IDs of tokens for messages. */
export function formatIds(tokens: readonly Observed[]): string {
  return tokens.map((token) => token.id).join(', ');
}
