import manifestSchema from '../../schemas/manifest.schema.json' with { type: 'json' };
import { isObject, type Json, type JsonObject } from '../core/util/json.ts';

/** A field, in the words of the schema. */
export interface FieldDoc {
  readonly name: string;
  /** The type, for example `list of text`, or the allowed values. */
  readonly type: string;
  readonly required: boolean;
  readonly description: string;
  readonly examples: readonly string[];
  /** The fields inside it. */
  readonly fields: readonly FieldDoc[];
}

/** The explanation of a path, or its first unknown part and the names that are known there. */
export type Explanation =
  | { readonly found: FieldDoc }
  | { readonly unknown: string; readonly known: readonly string[] };

const definitions = manifestSchema.$defs as JsonObject;

/** The topics: the kinds of token, and the other parts of a manifest. */
export const topics: readonly string[] = [
  ...(manifestSchema.$defs.kind.enum as readonly string[]),
  ...Object.keys(manifestSchema.properties),
];

/** Explains a kind, or a field of it, for example `KIND.scopes.actions`. */
export function explainPath(path: string): Explanation {
  const [first = '', ...names] = path.split('.');
  const start = definitions[first] ?? (manifestSchema.properties as JsonObject)[first];
  if (!topics.includes(first) || !isObject(start)) return { unknown: first, known: topics };
  let name = first;
  let schema = resolved(start);
  let required = false;
  for (const next of names) {
    const inside = fieldsIn(schema);
    const field = Object.hasOwn(inside, next) ? inside[next] : undefined;
    if (!field) return { unknown: `${name}.${next}`, known: Object.keys(inside) };
    required = isRequired(schema, next);
    schema = resolved(field);
    name = `${name}.${next}`;
  }
  const fields = Object.entries(fieldsIn(schema)).map(([key, field]) => {
    const inner = resolved(field);
    return { ...explained(key, inner, isRequired(schema, key)), fields: [] };
  });
  return { found: { ...explained(name, schema, required), fields } };
}

function explained(name: string, schema: JsonObject, required: boolean): Omit<FieldDoc, 'fields'> {
  const { description, examples } = schema;
  return {
    name,
    type: typeOf(schema),
    required,
    description: typeof description === 'string' ? description : '',
    examples: Array.isArray(examples) ? examples.map(String) : [],
  };
}

/** Resolves a `$ref`; keywords beside it win over those of its target. */
function resolved(schema: Json): JsonObject {
  if (!isObject(schema)) return {};
  const { $ref: ref, ...beside } = schema;
  if (typeof ref !== 'string') return beside;
  return { ...resolved(definitions[ref.replace('#/$defs/', '')] ?? {}), ...beside };
}

/** Returns the forms that a value may take. */
function formsOf(schema: JsonObject): readonly JsonObject[] {
  const { anyOf, oneOf, then, else: otherwise, allOf } = schema;
  const inner = [anyOf, oneOf, then, otherwise, allOf].flat().filter((form) => isObject(form));
  return [schema, ...inner.map(resolved).flatMap(formsOf)];
}

/** Returns the fields of an object, or of the objects of a list. */
function fieldsIn(schema: JsonObject): Readonly<Record<string, Json>> {
  const found: Record<string, Json> = {};
  for (const form of formsOf(schema)) {
    const { properties, items } = form;
    const own = isObject(properties) ? properties : isObject(items) ? fieldsIn(resolved(items)) : {};
    for (const [name, field] of Object.entries(own)) {
      if (field !== false) found[name] ??= field;
    }
  }
  return found;
}

function isRequired(schema: JsonObject, name: string): boolean {
  return formsOf(schema).some(({ required, items }) => {
    if (Array.isArray(required) && (required as readonly Json[]).includes(name)) return true;
    return isObject(items) && isRequired(resolved(items), name);
  });
}

function typeOf(schema: JsonObject): string {
  const types = formsOf(schema).flatMap((form): readonly string[] => {
    if (Array.isArray(form['enum'])) return [form['enum'].map(String).join(', ')];
    if ('const' in form) return [String(form['const'])];
    if (form['type'] === 'array')
      return [`list of ${isObject(form['items']) ? typeOf(resolved(form['items'])) : 'any'}`];
    return [form['type'] ?? []].flat().map(String);
  });
  return [...new Set(types)].join(' or ') || 'any';
}
