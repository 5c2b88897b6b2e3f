/** Creates Markdown tables from JSON Schemas. */

/**
 * Returns a table of the fields of an object. Fields of nested objects and lists are listed by their paths.
 *
 * @param {object} schema of the object
 * @param {(ref: string) => { schema: object, link?: string }} lookUp resolves a `$ref`; a link leads to the
 * description of its fields
 */
export function fieldTable(schema, lookUp) {
  const rows = fieldsOf(schema, '', lookUp).map(
    ({ path, type, description }) => `| \`${path}\` | ${type} | ${description} |`,
  );
  return ['| field | type | meaning |', '|---|---|---|', ...rows].join('\n');
}

function fieldsOf(schema, prefix, lookUp) {
  return Object.entries(schema.properties ?? {}).flatMap(([name, stated]) => {
    if (stated === false) return [];
    const { field, link } = resolved(stated, lookUp);
    const path = `${prefix}${name}`;
    const own = { path, type: link ?? typeOf(field, lookUp), description: cell(field.description ?? '') };
    return link ? [own] : [own, ...innerFields(field, path, lookUp)];
  });
}

function innerFields(field, path, lookUp) {
  const alternatives = [field, ...(field.anyOf ?? []), ...(field.oneOf ?? [])];
  return alternatives.flatMap((stated) => {
    const { field: one, link } = resolved(stated, lookUp);
    if (link) return [];
    if (one.properties) return fieldsOf(one, `${path}.`, lookUp);
    if (!one.items) return [];
    const { field: item, link: itemLink } = resolved(one.items, lookUp);
    return itemLink ? [] : innerFields(item, `${path}[]`, lookUp);
  });
}

/** Resolves a `$ref`. Keywords beside it take precedence over those of its target. */
function resolved(stated, lookUp) {
  if (!stated.$ref) return { field: stated };
  const { schema, link } = lookUp(stated.$ref);
  const { field } = resolved(schema, lookUp);
  const { $ref: _, ...beside } = stated;
  return { field: { ...field, ...beside }, link };
}

function typeOf(field, lookUp) {
  const alternatives = field.anyOf ?? field.oneOf;
  if (alternatives && !field.type) {
    const names = alternatives.map((one) => {
      const { field: inner, link } = resolved(one, lookUp);
      return link ?? typeOf(inner, lookUp);
    });
    return [...new Set(names)].join(' or ');
  }
  if (field.enum) return field.enum.map(value).join(', ');
  if ('const' in field) return value(field.const);
  if (field.type === 'array' && field.items) {
    const { field: item, link } = resolved(field.items, lookUp);
    return `list${limit(field.maxItems)} of ${link ?? typeOf(item, lookUp)}`;
  }
  return `${[field.type ?? 'any'].flat().join(' or ')}${limit(field.maxLength)}`;
}

/** Returns a note on the maximum number of items or characters. */
const limit = (count) => (count === undefined ? '' : ` (max ${count.toLocaleString('en')})`);

const value = (literal) => `\`${literal}\``;

const cell = (text) => text.replaceAll('|', '\\|').replaceAll('\n', ' ');
