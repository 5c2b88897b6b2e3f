import { unresolvedAttempts } from '../model/custody-record.ts';
import type { Problem } from '../model/errors.ts';
import { nameFieldOf } from '../model/field-rules.ts';
import type { Change } from '../model/plan.ts';
import type { Observed } from '../model/token.ts';
import { formatInstant } from '../util/instant.ts';
import { ownershipOpenUntil, ownershipUnknownProblem } from './custody.ts';
import type { DecisionInput } from './input.ts';
import { ownershipOfUnrecorded } from './ownership.ts';

/** A live token that may come from an earlier request for a name, and the problem that this is for a create. */
export interface UncertainNamesake {
  readonly token: Observed;
  readonly problem: Problem;
}

/**
 * Returns a live token because of which an apply would not send a create: it may come from an earlier request whose response
 * was lost. The entry itself doesn't find it, because it names its token by an ID, or because the service changed the name.
 *
 * @param isOthers tells whether another entry declares a token
 */
export function uncertainNamesake(
  { payload }: Change,
  input: DecisionInput,
  isOthers: (token: Observed) => boolean,
): UncertainNamesake | undefined {
  const { desired, rules, live, evidence } = input;
  const name = payload[nameFieldOf(rules)] ?? desired.name;
  if (desired.rotation || typeof name !== 'string') return undefined;
  const record = input.recordFor(name);
  if (unresolvedAttempts(record).length === 0) return undefined;
  const until = ownershipOpenUntil(record, input);
  if (until === undefined) return undefined;
  const token = live
    .alike(name)
    .find((one) => !isOthers(one) && ownershipOfUnrecorded(one, record, input) === 'unknown');
  if (!token) return undefined;
  const unneeded = 'if the token is not needed, delete it and run again';
  const hint = evidence.proofOnly
    ? unneeded
    : `run again after ${formatInstant(Math.ceil(until))}; or, ${unneeded}`;
  return { token, problem: { ...ownershipUnknownProblem(token, input, until), hint } };
}
