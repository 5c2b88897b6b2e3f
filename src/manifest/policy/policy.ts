import { type Problem, ReconcileErrors } from '../../core/model/errors.ts';
import {
  canonicalizeFields,
  expiryField,
  type FieldRules,
  filterFields,
} from '../../core/model/field-rules.ts';
import { formatInstant } from '../../core/util/instant.ts';
import { isObject, type Json, type JsonObject } from '../../core/util/json.ts';
import { parseRenewal, parseRotation } from '../rotation.ts';
import type { Violation } from '../violation.ts';
import { parseDocuments } from '../yaml/document.ts';
import type { ManifestDocument } from '../yaml/manifest-document.ts';
import { compileSchema, type PolicyError } from './compile.ts';
import { findUnknownField } from './unknown-fields.ts';
import { violationsOf } from './violations.ts';

/** A policy that the entries of manifests must satisfy. */
export interface Policy {
  /**
   * Returns the violations of an entry: its values merged over the defaults of its kind, with variables resolved, and
   * the expiry that its rotation sets. Paths lead from the entry.
   */
  check(values: JsonObject, rules: FieldRules): readonly Violation[];
}

/**
 * Reads a policy: a JSON Schema (2020-12) as YAML or JSON.
 *
 * @param now seconds since 1970
 * @throws ReconcileErrors if it is not a policy
 */
export function readPolicy(file: string, text: string, now: number): Policy {
  const documents = parseDocuments(file, text);
  const syntax = documents.flatMap((one) => one.syntax);
  if (syntax.length > 0) throw new ReconcileErrors(syntax.map((problem) => unusable(file, problem)));
  const [document] = documents;
  if (!document || document.empty || documents.length > 1) {
    throw new ReconcileErrors([unusable(file, { message: 'expected one document with a schema' })]);
  }
  const reject = ({ message, hint, path, key }: PolicyError): ReconcileErrors =>
    new ReconcileErrors([
      unusable(file, {
        message,
        ...(hint !== undefined && { hint }),
        ...(path && { source: document.at(path, key ? 'key' : 'value') }),
      }),
    ]);

  const schema = contentOf(document);
  if (!isObject(schema)) throw reject({ message: 'expected a mapping with a schema', path: [] });
  const compiled = compileSchema(schema, now);
  if ('fault' in compiled) throw reject(compiled.fault);
  const misspelt = findUnknownField(schema);
  if (misspelt) throw reject(misspelt);

  const { validate } = compiled;
  if (isEndless(validate)) throw reject({ message: 'it refers to itself endlessly', path: [] });
  const states = statesOf(schema);
  return {
    check: (values, rules) => {
      const derived = derivedExpiry(values, rules, now);
      const entry = { ...entryOf(values, rules), ...derived };
      if (!states.includes(entry['state'] ?? null) || validate(entry)) return [];
      return violationsOf(validate.errors ?? [], { file, schema, now }).map((violation) =>
        atRotation(violation, derived),
      );
    },
  };
}

/** Tells whether a schema refers back to itself at the same value: validation would never end. */
function isEndless(validate: (value: unknown) => unknown): boolean {
  try {
    validate({});
    return false;
  } catch (error) {
    if (error instanceof RangeError) return true;
    throw error;
  }
}

/** Returns the content of a document; `undefined` if its aliases are invalid. */
function contentOf(document: ManifestDocument): unknown {
  try {
    return document.value();
  } catch {
    return undefined;
  }
}

function unusable(
  file: string,
  { message, hint, source }: Pick<Problem, 'message' | 'hint' | 'source'>,
): Problem {
  return {
    code: 'USAGE',
    message: `the policy ${file} can't be used: ${message}`,
    hint: hint ?? 'a policy is a JSON Schema (2020-12) for one entry of a manifest',
    ...(source && { source }),
  };
}

/** Returns the states of the entries that a policy applies to; by default all except those of absent tokens. */
function statesOf({ states }: JsonObject): readonly Json[] {
  return Array.isArray(states) ? states : ['present', 'update'];
}

/** Returns an entry as policies see it: as stated, but always with its state, and with its expiry in UTC. */
function entryOf(values: JsonObject, rules: FieldRules): JsonObject {
  const expiry = filterFields(values, rules, (rule) => rule.expiry !== undefined);
  return { state: 'present', ...values, ...canonicalizeFields(rules, expiry) };
}

/**
 * Returns the expiry of a generation that is created now. Empty if the entry has no `rotate`, or states an expiry
 * beside it.
 */
function derivedExpiry(values: JsonObject, rules: FieldRules, now: number): JsonObject {
  const rotation =
    values['state'] === 'absent' ? undefined : (parseRotation(values, '') ?? parseRenewal(values));
  const field = expiryField(rules);
  return rotation && !(field in values) ? { [field]: formatInstant(now + rotation.lifetime) } : {};
}

/** Moves a violation of a derived expiry, which no manifest states, to the duration that sets it. */
function atRotation(violation: Violation, derived: JsonObject): Violation {
  const [field] = violation.path;
  if (typeof field !== 'string' || !(field in derived)) return violation;
  return {
    ...violation,
    path: ['rotate', 'lifetime'],
    key: false,
    message: `${field}, which rotate sets: ${violation.message}`,
  };
}
