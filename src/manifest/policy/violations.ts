import type { ErrorObject } from 'ajv/dist/2020.js';
import { formatInstant } from '../../core/util/instant.ts';
import { isObject, type JsonObject } from '../../core/util/json.ts';
import { describeFound, parsePointer, toViolation } from '../schema.ts';
import type { Violation } from '../violation.ts';
import { instantAfterDays } from './compile.ts';
import { resolveRef, subschemas } from './refs.ts';

/** The source of a policy, for describing its violations. */
export interface PolicySource {
  readonly file: string;
  readonly schema: JsonObject;
  /** Seconds since 1970. */
  readonly now: number;
}

/** Converts the validator's errors to violations in the words of a policy, whose descriptions tell the fix. */
export function violationsOf(errors: readonly ErrorObject[], policy: PolicySource): readonly Violation[] {
  const name = lineOf(policy.schema['title']) ?? policy.file;
  return withoutBranches(errors, policy.schema)
    .filter(({ keyword }) => keyword !== 'if')
    .map((error) => {
      const { path, key, message, hint } = faultOf(error, policy);
      const advice = adviceOf(error) ?? lineOf(policy.schema['description']) ?? hint;
      return {
        path,
        key,
        message: `${message} (policy: ${name})`,
        ...(advice !== undefined && { hint: advice }),
      };
    });
}

/** Keywords that accept alternatives: an error in one of the branches is not a fault by itself. */
const choices = new Set(['anyOf', 'oneOf', 'contains', 'propertyNames']);

/** Leaves out the errors of the branches of a choice, which come right before its own. */
function withoutBranches(errors: readonly ErrorObject[], schema: JsonObject): readonly ErrorObject[] {
  const kept: ErrorObject[] = [];
  for (const error of errors) {
    if (choices.has(error.keyword)) {
      const branches = subschemas(error.schema, schema);
      const isWithin = ({ schemaPath, parentSchema }: ErrorObject): boolean =>
        schemaPath.startsWith(`${error.schemaPath}/`) || branches.has(parentSchema);
      for (let last = kept.at(-1); last && isWithin(last); last = kept.at(-1)) kept.pop();
    }
    kept.push(error);
  }
  return kept;
}

function faultOf(error: ErrorObject, { schema, now }: PolicySource): Violation {
  const path = parsePointer(error.instancePath);
  const found = typeof error.data === 'object' ? '' : describeFound(path, error.data);
  const value = (message: string): Violation => ({ path, key: false, message });
  switch (error.keyword) {
    case 'additionalProperties':
    case 'unevaluatedProperties':
    case 'propertyNames': {
      const { additionalProperty, unevaluatedProperty, propertyName } = error.params;
      const key = String(additionalProperty ?? unevaluatedProperty ?? propertyName);
      return { path: [...path, key], key: true, message: `${key} is not allowed` };
    }
    case 'false schema': {
      const field = path.at(-1);
      return { path, key: true, message: `${typeof field === 'string' ? field : 'this'} is not allowed` };
    }
    case 'maxDaysFromNow':
    case 'minDaysFromNow': {
      const days = Number(error.schema);
      const bound = `${formatInstant(instantAfterDays(now, days))}, ${days === 1 ? 'a day' : `${days} days`} from now`;
      return value(
        error.keyword === 'maxDaysFromNow'
          ? `expected an instant no later than ${bound}${found}`
          : `expected an instant no earlier than ${bound}, or never${found}`,
      );
    }
    case 'not':
      return value(`expected anything but ${inWords(error.schema, schema)}${found}`);
    case 'contains':
      return value(`expected a list with ${inWords(error.schema, schema)}`);
    case 'anyOf':
    case 'oneOf': {
      const branches = Array.isArray(error.schema) ? error.schema : [];
      const words = branches.map((branch) => inWords(branch, schema)).join(' or ');
      return value(`expected ${error.keyword === 'oneOf' ? 'exactly one of ' : ''}${words}${found}`);
    }
    case 'required':
    case 'enum':
    case 'const':
    case 'type':
    case 'pattern':
    case 'minimum':
    case 'maximum':
      return toViolation(error, path);
    default:
      return value(`${error.message ?? error.keyword}${found}`);
  }
}

/** Describes in words the values that a schema accepts. */
function inWords(part: unknown, schema: JsonObject): string {
  if (!isObject(part)) return JSON.stringify(part);
  const { title, description: _, $ref: ref, ...rules } = part;
  const target = typeof ref === 'string' ? resolveRef(ref, schema)?.part : undefined;
  const [[rule, value] = [], ...more] = Object.entries(rules);
  if (typeof title === 'string') return title;
  if (isObject(target) && rule === undefined && !('$ref' in target)) return inWords(target, schema);
  if (rule === 'const' && more.length === 0) return JSON.stringify(value);
  if (rule === 'enum' && Array.isArray(value) && more.length === 0) {
    return value.map((word) => JSON.stringify(word)).join(' or ');
  }
  if (rule === 'pattern' && more.length === 0) return `a string that matches ${String(value)}`;
  return `a value that satisfies ${JSON.stringify(rules)}`;
}

/** Returns the description of the failing part of a schema, or that of the missing field. */
function adviceOf({ params, parentSchema }: ErrorObject): string | undefined {
  if (!isObject(parentSchema)) return undefined;
  const { properties, description } = parentSchema;
  const missing = isObject(properties) ? properties[String(params['missingProperty'])] : undefined;
  return (isObject(missing) ? lineOf(missing['description']) : undefined) ?? lineOf(description);
}

/** Returns a text on one line. */
function lineOf(text: unknown): string | undefined {
  return typeof text === 'string' ? text.replace(/\s+/g, ' ').trim() : undefined;
}
