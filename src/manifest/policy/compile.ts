import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js';
import { didYouMean } from '../../core/util/did-you-mean.ts';
import { parseInstant } from '../../core/util/instant.ts';
import { isObject, type JsonObject } from '../../core/util/json.ts';
import { parsePointer, toViolation } from '../schema.ts';
import type { Path } from '../yaml/path.ts';

/** The reason why a schema is not a policy. */
export interface PolicyError {
  readonly message: string;
  readonly hint?: string | undefined;
  /** Its path in the schema, if known. */
  readonly path?: Path;
  /** Set if the key is wrong, not its value. */
  readonly key?: true;
}

const draft = 'https://json-schema.org/draft/2020-12/schema';

/** Range of days: at most a hundred years, so that every bound can be written as an instant. */
const days = { type: 'number', minimum: 0, maximum: 36_525 };

/** Checks schemas. A separate instance compiles them, so that no policy can refer to another one. */
const isSchema = new Ajv2020({ strict: false, verbose: true, logger: false }).compile({
  $id: 'urn:reconcile:schema:policy:v1',
  $dynamicAnchor: 'meta',
  allOf: [{ $ref: draft }],
  properties: {
    $schema: { const: draft },
    states: { type: 'array', minItems: 1, items: { enum: ['present', 'update', 'absent'] } },
    maxDaysFromNow: days,
    minDaysFromNow: days,
  },
});

/**
 * Compiles the schema of a policy. A rule that would have no effect is a fault: unknown keywords and formats, and
 * references that can't be resolved. Nothing is loaded.
 *
 * @param now seconds since 1970
 */
export function compileSchema(
  schema: JsonObject,
  now: number,
): { readonly validate: ValidateFunction } | { readonly fault: PolicyError } {
  if (!isSchema(schema)) return { fault: invalid(isSchema.errors ?? []) };
  const ajv = policyAjv(schema, now);
  try {
    return { validate: ajv.compile(schema) };
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return { fault: schemaRejection(error.message, schema, Object.keys(ajv.RULES.keywords)) };
  }
}

/** Returns the instant that is this many days from now, in seconds since 1970. */
export function instantAfterDays(now: number, count: number): number {
  return now + count * 86_400;
}

/** Creates the compiler of one policy, with the keywords that JSON Schema lacks. */
function policyAjv(schema: JsonObject, now: number): Ajv2020 {
  const ajv = new Ajv2020({
    allErrors: true,
    verbose: true,
    logger: false,
    strict: true,
    strictTypes: false,
    strictTuples: false,
    strictRequired: false,
    // `isSchema` has already checked the schema, and reports the path to a fault.
    validateSchema: false,
  });
  // An asynchronous result would count as true.
  ajv.removeKeyword('$async');
  ajv.addKeyword({
    keyword: 'states',
    compile: (_, parent) => {
      if (parent !== schema) throw new Error('states is allowed only at the top level of a policy');
      return () => true;
    },
  });
  const addDays = (keyword: string, isRight: (text: string, bound: number) => boolean): void => {
    ajv.addKeyword({
      keyword,
      type: 'string',
      errors: false,
      compile: (count: number) => (text: string) => isRight(text, instantAfterDays(now, count)),
    });
  };
  // A text that is not an instant satisfies neither keyword, as the rule is then on the wrong field.
  addDays('maxDaysFromNow', (text, last) => (parseInstant(text, 'refuse') ?? Infinity) <= last);
  addDays(
    'minDaysFromNow',
    (text, first) => text === 'never' || (parseInstant(text, 'refuse') ?? 0) >= first,
  );
  return ajv;
}

function invalid([error]: readonly ErrorObject[]): PolicyError {
  if (!error) throw new TypeError('a schema that is refused without a reason');
  const { path, message, hint } = toViolation(error, parsePointer(error.instancePath));
  return { path, message, hint };
}

/** Returns the compiler's error; for an unknown keyword, with its path. */
function schemaRejection(message: string, schema: JsonObject, known: readonly string[]): PolicyError {
  const [, keyword] = /unknown keyword: "(.*)"$/.exec(message) ?? [];
  if (keyword === undefined) return { message: message.replace(/^strict mode: /, '') };
  const path = pathTo(keyword, schema, []);
  return {
    message: `${keyword} is not a keyword`,
    hint: didYouMean(keyword, known),
    ...(path && { path, key: true }),
  };
}

/** Returns the first path that ends in a key. */
function pathTo(key: string, value: unknown, path: Path): Path | undefined {
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) {
      const found = pathTo(key, item, [...path, index]);
      if (found) return found;
    }
  }
  if (!isObject(value)) return undefined;
  if (key in value) return [...path, key];
  for (const [step, member] of Object.entries(value)) {
    const found = pathTo(key, member, [...path, step]);
    if (found) return found;
  }
  return undefined;
}
