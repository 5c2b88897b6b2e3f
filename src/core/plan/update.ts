import type { CreateAttempt } from '../model/custody-record.ts';
import type { Desired, ReplaceOrder } from '../model/desired.ts';
import type { Problem } from '../model/errors.ts';
import { canonicalizeFields, type FieldRules, nameFieldOf } from '../model/field-rules.ts';
import {
  grantWarnings,
  hiddenFields,
  isAsWanted,
  isGranted,
  knownFields,
  valueBefore,
} from '../model/granted-values.ts';
import { nearNameWarning } from '../model/near-name.ts';
import type { Change, FieldChange } from '../model/plan.ts';
import { holdsDockerLogin, sinkName } from '../model/sink.ts';
import type { Custody, Fields, Observed } from '../model/token.ts';
import type { Json } from '../util/json.ts';
import { errorChange, makeChange, sinkNames } from './change.ts';
import { type CustodyAssessment, sinksOf } from './custody.ts';
import type { DecisionInput } from './input.ts';

/**
 * Plans a create.
 *
 * @param begun a replace that has already deleted the old token. Fields that the manifest doesn't state are carried over.
 */
export function planCreate(situation: DecisionInput, begun?: CreateAttempt): Change {
  const { desired, rules } = situation;
  const write = canonicalizeFields(rules, { ...begun?.fields, ...desired.fields });
  const error =
    scopeNotReadyProblem(situation) ??
    missingRequiredFields(rules, write) ??
    rejectedValueProblem(rules, write, situation.now) ??
    missingSinkProblem(desired);
  if (error) return errorChange(desired, error);
  return makeChange(desired, {
    action: 'create',
    reason: begun
      ? 'an earlier run has deleted the old token, and not yet made the new one'
      : 'no token of this name',
    fields: Object.entries(write)
      .filter(([field]) => !rules[field]?.identity)
      .map(([field, after]) => ({ field, before: null, after })),
    payload: write,
    secret: sinkNames(desired),
    warnings: [...emptyFieldWarnings(rules, write), ...nearNames(situation)],
  });
}

/** Warns about live tokens with a name that differs only by easily overlooked characters. */
function nearNames({ desired, live }: DecisionInput): readonly string[] {
  const near = desired.name === undefined || desired.rotation ? undefined : live.nearly(desired.name);
  return near && desired.name !== undefined ? [nearNameWarning(desired.name, near)] : [];
}

/** Plans the change of a live token: nothing, a patch, a replace, or the delivery to a sink. */
export function planUpdate(situation: DecisionInput, token: Observed, assessment: CustodyAssessment): Change {
  const { desired, rules, now } = situation;
  const fields = diffAgainstLive(desired, token);
  const { custody, backfill } = assessment;
  if (fields.some(({ field }) => rules[field]?.change === 'replace')) {
    return desired.allowReplace
      ? planReplace(situation, token, assessment)
      : immutable(desired, token, fields, rules);
  }
  const write = Object.fromEntries(fields.map(({ field, after }) => [field, after]));
  const error = rejectedValueProblem(rules, write, now);
  if (error) return errorChange(desired, error, token.id);
  const warnings = [...assessment.warnings, ...grantWarnings(desired.fields, token)];
  const hidden = hiddenFields(desired.fields, token);
  const common = { id: token.id, fields, payload: write, custody, warnings, hidden };
  if (backfill) {
    return makeChange(desired, {
      ...common,
      action: 'deliver',
      reason: `its secret is in ${sinkName(backfill.from)}, and not everywhere that it belongs`,
      secret: backfill.sinks.map(sinkName),
    });
  }
  if (fields.length === 0) return makeChange(desired, { ...common, action: 'noop', reason: 'as declared' });
  return makeChange(desired, {
    ...common,
    action: 'patch',
    reason: `${fields.map(({ field }) => field).join(', ')} ${fields.length > 1 ? 'differ' : 'differs'}`,
  });
}

/**
 * Plans the replace of a live token by a new one.
 *
 * @param why a reason other than an immutable field. It makes `allow_replace` unnecessary.
 */
export function planReplace(
  situation: DecisionInput,
  token: Observed,
  { custody }: Pick<CustodyAssessment, 'custody'>,
  why?: string,
): Change {
  const { desired, rules, now } = situation;
  const fields = diffAgainstLive(desired, token);
  const fixed = immutableFields(fields, rules);
  if (fixed.length > 0 && !desired.allowReplace && custody !== 'undelivered' && !token.expired)
    return immutable(desired, token, fields, rules);
  const { carried, dropped, hidden } = carriedOver(situation, token);
  const write = canonicalizeFields(rules, { ...carried, ...desired.fields });
  const order = orderOf(situation, write[nameFieldOf(rules)] === token.name, custody);
  const error =
    scopeNotReadyProblem(situation) ??
    missingRequiredFields(rules, write) ??
    rejectedValueProblem(rules, write, now) ??
    missingSinkProblem(desired) ??
    identifiedByIdOnlyProblem(desired, token) ??
    unreadableFieldsProblem(situation, token);
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
      ...dropped.map(
        (field) =>
          `${field} is not stated, and ${formatValue(token.fields[field])} can't be carried over: the new token is made without`,
      ),
      ...(order === 'delete_first' && custody !== 'undelivered' && !token.expired
        ? ['short outage: the old token is deleted before the new one is made']
        : []),
    ],
  });
}

/**
 * Returns the fields of the old token. Fields that the manifest doesn't state are carried over, as a replace changes only
 * declared fields. Values that an expired token makes invalid are dropped, and hidden fields can't be carried over.
 */
function carriedOver(
  { desired, rules, now }: DecisionInput,
  token: Observed,
): {
  readonly carried: Fields;
  readonly dropped: readonly string[];
  readonly hidden: readonly string[];
} {
  const known = knownFields(token);
  const hidden = Object.keys(rules).filter((field) => !(field in desired.fields || field in known));
  const dropped = Object.entries(known)
    .filter(
      ([field, value]) => token.expired && !(field in desired.fields) && rules[field]?.validate?.(value, now),
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

function immutable(
  desired: Desired,
  token: Observed,
  fields: readonly FieldChange[],
  rules: FieldRules,
): Change {
  const fixed = immutableFields(fields, rules);
  const changes = fields.filter(({ field }) => fixed.includes(field));
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
        ? `if the service grants nothing else, state ${changes.map(({ field, before }) => `${field}: ${formatValue(before)}`).join(', ')}; or set allow_replace: true to make a new token and delete this one: its secret changes`
        : 'set allow_replace: true to make a new token and delete this one; its secret changes',
    },
    token.id,
  );
}

function immutableFields(fields: readonly FieldChange[], rules: FieldRules): readonly string[] {
  return fields.map(({ field }) => field).filter((field) => rules[field]?.change === 'replace');
}

/** Returns the wanted fields that differ from the live token, as far as it shows them. */
export function diffAgainstLive(
  { fields }: Pick<Desired, 'fields'>,
  token: Observed,
): readonly FieldChange[] {
  return Object.entries(fields)
    .filter(([field]) => !token.partial || field in token.fields)
    .filter(([field, after]) => !isAsWanted(token, field, after))
    .map(([field, after]) => ({ field, before: valueBefore(token, field), after }));
}

/** Returns the changes that a PATCH can make. */
export function patchableChanges(fields: readonly FieldChange[], rules: FieldRules): readonly FieldChange[] {
  return fields.filter(({ field }) => rules[field]?.change === 'patch');
}

/** Reports fields that are required on create but missing. */
function missingRequiredFields(rules: FieldRules, write: Fields): Problem | undefined {
  const missing = Object.keys(rules).filter(
    (field) => rules[field]?.requiredOnCreate && (write[field] ?? null) === null,
  );
  if (missing.length === 0) return undefined;
  return {
    code: 'MANIFEST_INVALID',
    message: `${missing.join(', ')} ${missing.length > 1 ? 'are' : 'is'} needed to make a new token`,
    hint: `state ${missing.join(' and ')}`,
  };
}

/** Reports a manifest that names a token by its ID only. It would not find the successor. */
function identifiedByIdOnlyProblem(desired: Desired, token: Observed): Problem | undefined {
  if (desired.id === undefined || desired.name !== undefined) return undefined;
  return {
    code: 'MANIFEST_INVALID',
    message: `${token.name} needs a new token, and the manifest knows it by its ID alone, which would change`,
    hint: `name the token beside its ${desired.idField}`,
  };
}

/** Reports fields that the manifest doesn't state and the token doesn't show. They can't be carried over. */
export function unreadableFieldsProblem(
  { desired, rules }: DecisionInput,
  token: Observed,
): Problem | undefined {
  const fields = Object.keys(rules).filter((field) => !(field in desired.fields || field in token.fields));
  if (!token.partial || fields.length === 0) return undefined;
  return {
    code: 'API_UNAVAILABLE',
    message: `${token.name} (${token.id}) is listed and can't be read, so its ${fields.join(', ')} can't be carried over`,
    hint: 'run again later',
  };
}

/** Formats a value for a message. */
function formatValue(value: Json | undefined): string {
  if (value === null || value === undefined) return 'unspecified';
  return Array.isArray(value) ? value.map(String).join(', ') : String(value);
}

function scopeNotReadyProblem({ desired, scope }: DecisionInput): Problem | undefined {
  if (scope.missingUsernameHint !== undefined && sinksOf(desired).some(holdsDockerLogin)) {
    return {
      code: 'AUTH',
      message: `a login can't be written down: it is not known whose tokens those in ${desired.place} are`,
      hint: scope.missingUsernameHint,
    };
  }
  if (scope.notReady === undefined) return undefined;
  return {
    code: 'API_REJECTED',
    message: `no token can be made in ${desired.place} now: ${scope.notReady}`,
    hint: 'wait until one can, and run again',
  };
}

function rejectedValueProblem(rules: FieldRules, write: Fields, now: number): Problem | undefined {
  for (const [field, value] of Object.entries(write)) {
    const why = rules[field]?.validate?.(value, now);
    if (why !== undefined) {
      return { code: 'MANIFEST_INVALID', message: `${field}: ${why}`, hint: `state another ${field}` };
    }
  }
  return undefined;
}

/** Reports that a new secret would be lost; `undefined` if the manifest sets `secret`. */
export function missingSinkProblem(desired: Desired): Problem | undefined {
  if (desired.secret !== undefined) return undefined;
  return {
    code: 'MANIFEST_INVALID',
    message: 'the secret would be lost: a new token is to be made, and no secret says where its secret goes',
    hint: 'add secret: [{ file: { path: … } }], or secret: discard if that is meant',
  };
}

/** Returns warnings for fields that a new token leaves empty. */
function emptyFieldWarnings(rules: FieldRules, write: Fields): readonly string[] {
  return Object.entries(rules).flatMap(([field, { warningIfEmpty }]) => {
    const value = write[field];
    const none = value === undefined || (Array.isArray(value) && value.length === 0);
    return warningIfEmpty !== undefined && none ? [warningIfEmpty] : [];
  });
}
