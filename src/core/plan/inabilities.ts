import type { PendingSecret } from '../model/custody-record.ts';
import type { Problem } from '../model/errors.ts';
import { defaultFields, type FieldRule, filterFields } from '../model/field-rules.ts';
import type { Inability } from '../model/inability.ts';
import type { Change } from '../model/plan.ts';
import { errorChange } from './change.ts';
import { diffFields } from './diff.ts';
import type { EntryPlan } from './entry-plan.ts';
import type { DecisionInput } from './input.ts';

/** Rejects the changes that need something that the signed-in credential can't do. */
export function rejectUnable(entries: readonly EntryPlan[]): readonly EntryPlan[] {
  return entries.map((entry) => {
    const { input, change, related = [] } = entry;
    if ('problem' in input) return entry;
    const problem = unableProblem(change, input);
    if (problem) return { input, change: errorChange(input.desired, problem, change.id) };
    return { ...entry, related: related.map((other) => unlessUnable(other, input)) };
  });
}

/** Returns why the signed-in credential can't repair a token, which then stays as it is; `undefined` if it can. */
export function unableToRepairProblem(
  { id, attempt: { name } }: Pick<PendingSecret, 'id' | 'attempt'>,
  { desired, inabilities }: Pick<DecisionInput, 'desired' | 'inabilities'>,
): Problem | undefined {
  const inability = inabilityFor({ desired, inabilities }, ['set_secret']);
  if (!inability) return undefined;
  return {
    code: 'OUTCOME_UNKNOWN',
    message: `the response to creating ${name} in ${desired.place} was lost, and the signed-in credential can't set the secret of the token (${id}): ${inability.reason}; nothing was deleted or changed`,
    hint: `run again with a credential that can set the secrets of tokens; or recreate the token with reconcile apply --replace ${desired.address}`,
  };
}

/** Returns what the credential can't do of these actions; `undefined` if it can do all. */
export function inabilityFor(
  { desired: { scope }, inabilities }: Pick<DecisionInput, 'desired' | 'inabilities'>,
  actions: readonly Inability['action'][],
): Inability | undefined {
  const isHere = ({ levelPrefix = '' }: Inability): boolean => scope.startsWith(levelPrefix);
  return inabilities.find((one) => actions.includes(one.action) && isHere(one));
}

/** Returns the change of a related token, as an error if the credential can't carry it out. */
function unlessUnable(change: Change, input: DecisionInput): Change {
  const problem = unableProblem(change, input);
  if (!problem) return change;
  const { address, supersededToken, id } = change;
  return { ...errorChange(input.desired, problem, id), address, supersededToken };
}

/** Returns why the signed-in credential can't carry out a change; `undefined` if it can. */
export function unableProblem(change: Change, input: DecisionInput): Problem | undefined {
  const inability = inabilityFor(input, actionsOf(change, input));
  if (!inability) return undefined;
  const action = actionText[inability.action];
  return {
    code: 'AUTH',
    message: `the signed-in credential can't ${action} in ${input.desired.place}: ${inability.reason}`,
    hint: `sign in with another credential, one that can ${action}`,
  };
}

const actionText: Readonly<Record<Inability['action'], string>> = {
  create: 'create tokens',
  patch: 'change tokens',
  delete: 'delete tokens',
  set_secret: 'set the secrets of tokens',
};

/** Returns the actions that a change needs. */
function actionsOf(
  { action, payload, secret }: Change,
  { rules }: DecisionInput,
): readonly Inability['action'][] {
  const isLater = ({ patchAfterCreate }: FieldRule): boolean => patchAfterCreate === true;
  switch (action) {
    case 'create':
    case 'replace': {
      const later = diffFields(filterFields(payload, rules, isLater), defaultFields(rules));
      const patch = later.length > 0 ? (['patch'] as const) : [];
      return action === 'create' ? ['create', ...patch] : ['create', 'delete', ...patch];
    }
    case 'deliver':
      return Object.keys(payload).length > 0 ? ['patch'] : [];
    case 'patch':
      return secret === null ? ['patch'] : ['set_secret', 'patch'];
    case 'delete':
      return ['delete'];
    case 'noop':
    case 'error':
      return [];
  }
}
