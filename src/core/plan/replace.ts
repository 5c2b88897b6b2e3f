import type { ReplaceOrder } from '../model/desired.ts';
import {
  canonicalizeFields,
  hasField,
  nameFieldOf,
  roundingWarnings,
  valueProblem,
} from '../model/field-rules.ts';
import { isGranted, knownFields } from '../model/granted-values.ts';
import type { Change } from '../model/plan.ts';
import type { Custody, Fields } from '../model/token.ts';
import type { Json } from '../util/json.ts';
import { errorChange, makeChange, sinkNames } from './change.ts';
import { emptyFieldWarnings } from './create.ts';
import type { LiveFacts } from './facts.ts';
import type { DecisionInput } from './input.ts';
import {
  identifiedByIdOnlyProblem,
  missingRequiredFields,
  missingSinkProblem,
  rejectedValueProblem,
  scopeNotReadyProblem,
  unreadableFieldsProblem,
} from './preconditions.ts';

/**
 * Plans the replace of a live token by a new one.
 *
 * @param why a reason other than an immutable field. It makes `allow_replace` unnecessary.
 */
export function planReplace(live: LiveFacts, why?: string): Change {
  const { input, token, differences: fields } = live;
  const { custody } = live.custody;
  const { desired, rules, now } = input;
  const fixed = immutableFields(live);
  if (fixed.length > 0 && !desired.allowReplace && custody !== 'undelivered' && !token.expired)
    return immutable(live);
  const { carried, dropped, hidden } = carriedOver(live);
  const write = canonicalizeFields(rules, { ...carried, ...desired.fields });
  const order = orderOf(input, write[nameFieldOf(rules)] === token.name, custody);
  const error =
    scopeNotReadyProblem(input) ??
    missingRequiredFields(input, write) ??
    rejectedValueProblem(rules, write, now) ??
    missingSinkProblem(desired) ??
    identifiedByIdOnlyProblem(desired, token) ??
    unreadableFieldsProblem(input, token);
  if (error) return errorChange(desired, error, token.id);
  return makeChange(desired, {
    action: 'replace',
    id: token.id,
    reason: why ?? `${fixed.join(', ')} can't be changed in place`,
    fields,
    payload: write,
    secret: sinkNames(desired),
    replaceOrder: order,
    custody,
    hidden,
    warnings: [
      ...emptyFieldWarnings(rules, write),
      ...roundingWarnings(rules, write, input.listedAt),
      ...dropped.map(
        (field) =>
          `the manifest does not set ${field}, and ${formatValue(token.fields[field])} can't be carried over: the new token is created without it`,
      ),
      ...(order === 'delete_first' && custody !== 'undelivered' && !token.expired
        ? ['short outage: the old token is deleted before the new one is created']
        : []),
    ],
  });
}

/**
 * Returns the fields of the old token. Fields that the manifest doesn't state are carried over, as a replace changes only
 * declared fields. Values that an expired token makes invalid are dropped, and hidden fields can't be carried over.
 */
function carriedOver({ input: { desired, rules, now, scope }, token }: LiveFacts): {
  readonly carried: Fields;
  readonly dropped: readonly string[];
  readonly hidden: readonly string[];
} {
  const known = knownFields(token);
  const hidden = Object.keys(rules).filter(
    (field) => hasField(rules, field, scope.level) && !(field in desired.fields || field in known),
  );
  const dropped = Object.entries(known)
    .filter(
      ([field, value]) =>
        token.expired && !(field in desired.fields) && valueProblem(rules[field], value, now) !== undefined,
    )
    .map(([field]) => field);
  const kept = Object.entries(known).filter(([field]) => !dropped.includes(field));
  return { carried: Object.fromEntries(kept), dropped, hidden };
}

/**
 * Returns the order of a replace: create first if both tokens can exist, unless the manifest sets an order. An undelivered
 * token is not in use, so it is deleted first.
 */
function orderOf({ desired, uniqueNames }: DecisionInput, sameName: boolean, custody: Custody): ReplaceOrder {
  if ((sameName && uniqueNames) || custody === 'undelivered') return 'delete_first';
  return desired.replaceOrder ?? 'create_first';
}

/** Creates the error that fields differ which can't be changed, and that the manifest doesn't allow a replace. */
export function immutable(live: LiveFacts): Change {
  const { token, differences } = live;
  const { desired, rules } = live.input;
  const fixed = immutableFields(live);
  const changes = differences.filter(({ field }) => fixed.includes(field));
  // Without a record of the granted value, the service could grant it again after each replace.
  const mayBeGranted = changes.every(({ field, before, after }) => isGranted(rules[field], after, before));
  return errorChange(
    desired,
    {
      code: 'IMMUTABLE',
      message: `${fixed.join(', ')} of ${token.name} can't be changed: ${changes
        .map(({ before, after }) => `${formatValue(before)} → ${formatValue(after)}`)
        .join(', ')} needs a new token, and allow_replace is false`,
      hint: mayBeGranted
        ? `if the service grants no other value, set ${changes.map(({ field, before }) => `${field}: ${formatValue(before)}`).join(', ')}; or set allow_replace: true to create a new token with a new secret and delete this one`
        : 'set allow_replace: true to create a new token with a new secret and delete this one',
    },
    token.id,
  );
}

function immutableFields({ differences, input: { rules } }: LiveFacts): readonly string[] {
  return differences.map(({ field }) => field).filter((field) => rules[field]?.change === 'replace');
}

/** Formats a value for a message. */
function formatValue(value: Json | undefined): string {
  if (value === null || value === undefined) return 'unspecified';
  return Array.isArray(value) ? value.map(String).join(', ') : String(value);
}
