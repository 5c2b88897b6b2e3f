import manifestSchema from '../../../schemas/manifest.schema.json' with { type: 'json' };
import { didYouMean } from '../../core/util/did-you-mean.ts';
import { isObject, type Json, type JsonObject } from '../../core/util/json.ts';
import type { Path } from '../yaml/path.ts';
import type { PolicyError } from './compile.ts';
import { resolveRef } from './refs.ts';

/** The fields that some kind of token has. */
const fields: ReadonlySet<string> = new Set(
  manifestSchema.$defs.kind.enum.flatMap((kind) => Object.keys(propertiesOf(kind))),
);

function propertiesOf(kind: string): JsonObject {
  const definition = (manifestSchema.$defs as JsonObject)[kind];
  return isObject(definition) && isObject(definition['properties']) ? definition['properties'] : {};
}

/** Finds a field that the rules name and no kind of token has: such a rule would have no effect. */
export function findUnknownField(schema: JsonObject): PolicyError | undefined {
  const wrong = fieldsNamed(schema, schema, [], new Set()).find(({ field }) => !fields.has(field));
  return (
    wrong && {
      message: `no token has a field ${wrong.field}`,
      hint: didYouMean(wrong.field, [...fields]),
      path: wrong.path,
      key: true,
    }
  );
}

interface NamedField {
  readonly field: string;
  readonly path: Path;
}

/** Returns the fields that a schema names, itself and through the schemas that it applies to the same value. */
function fieldsNamed(
  schema: Json | undefined,
  root: JsonObject,
  path: Path,
  seen: Set<JsonObject>,
): readonly NamedField[] {
  if (!isObject(schema) || seen.has(schema)) return [];
  seen.add(schema);
  const inner = (part: Json | undefined, ...steps: Path): readonly NamedField[] =>
    fieldsNamed(part, root, [...path, ...steps], seen);
  const { required, dependentSchemas, $ref: ref } = schema;
  const target = typeof ref === 'string' ? resolveRef(ref, root) : undefined;
  return [
    ...['properties', 'dependentRequired', 'dependentSchemas'].flatMap((keyword) =>
      Object.keys(schema[keyword] ?? {}).map((field) => ({ field, path: [...path, keyword, field] })),
    ),
    ...(Array.isArray(required) ? required : []).map((field, index) => ({
      field: String(field),
      path: [...path, 'required', index],
    })),
    ...['if', 'then', 'else', 'not'].flatMap((keyword) => inner(schema[keyword], keyword)),
    ...['allOf', 'anyOf', 'oneOf'].flatMap((keyword) => {
      const parts = schema[keyword];
      return Array.isArray(parts) ? parts.flatMap((part, index) => inner(part, keyword, index)) : [];
    }),
    ...Object.entries(dependentSchemas ?? {}).flatMap(([field, part]) =>
      inner(part, 'dependentSchemas', field),
    ),
    ...(target ? fieldsNamed(target.part, root, target.path, seen) : []),
  ];
}
