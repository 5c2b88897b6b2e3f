import type { Desired } from '../model/desired.ts';
import { sinksOf } from '../model/entry-sinks.ts';
import type { Problem } from '../model/errors.ts';
import { type FieldRules, hasField, valueProblem } from '../model/field-rules.ts';
import { holdsDockerLogin } from '../model/sink.ts';
import type { Fields, Observed } from '../model/token.ts';
import type { DecisionInput } from './input.ts';

/** Reports a scope in which no token can be created now. */
export function scopeNotReadyProblem({ desired, scope }: DecisionInput): Problem | undefined {
  if (scope.missingUsernameHint !== undefined && sinksOf(desired).some(holdsDockerLogin)) {
    return {
      code: 'AUTH',
      message: `can't write a docker login: the user name for the tokens in ${desired.place} is unknown`,
      hint: scope.missingUsernameHint,
    };
  }
  if (scope.notReady === undefined) return undefined;
  return {
    code: 'API_REJECTED',
    message: `tokens can't be created in ${desired.place} now: ${scope.notReady}`,
    hint: 'wait until they can, then run again',
  };
}

/** Reports fields that are required on create but missing. */
export function missingRequiredFields({ rules, scope }: DecisionInput, write: Fields): Problem | undefined {
  const missing = Object.keys(rules).filter(
    (field) =>
      rules[field]?.requiredOnCreate &&
      hasField(rules, field, scope.level) &&
      (write[field] ?? null) === null,
  );
  if (missing.length === 0) return undefined;
  return {
    code: 'MANIFEST_INVALID',
    message: `${missing.join(', ')} ${missing.length > 1 ? 'are' : 'is'} required to create a token`,
    hint: `set ${missing.join(' and ')}`,
  };
}

/** Reports a value that can't be written at this time. */
export function rejectedValueProblem(rules: FieldRules, write: Fields, now: number): Problem | undefined {
  for (const [field, value] of Object.entries(write)) {
    const why = valueProblem(rules[field], value, now);
    if (why !== undefined) {
      return { code: 'MANIFEST_INVALID', message: `${field}: ${why}`, hint: `set another ${field}` };
    }
  }
  return undefined;
}

/** Reports that a new secret would be lost; `undefined` if the manifest sets `secret`. */
export function missingSinkProblem(desired: Desired): Problem | undefined {
  if (desired.secret !== undefined) return undefined;
  return {
    code: 'MANIFEST_INVALID',
    message: 'the secret of the new token would be lost: the manifest does not set secret',
    hint: 'set secret to say where the new secret goes, for example secret: [{ file: { path: … } }]; or set secret: discard if this is intended',
  };
}

/** Reports a manifest that names a token by its ID only. It would not find the successor. */
export function identifiedByIdOnlyProblem(desired: Desired, token: Observed): Problem | undefined {
  if (desired.id === undefined || desired.name !== undefined) return undefined;
  return {
    code: 'MANIFEST_INVALID',
    message: `${token.name} needs a new token, but the manifest identifies it only by its ID, which would change`,
    hint: `set the name of the token beside its ${desired.idField}`,
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
    message: `${token.name} (${token.id}) is listed but can't be read, so its ${fields.join(', ')} can't be carried over`,
    hint: 'run again later',
  };
}
