const text = { type: 'string' };
/** Seconds since 1970, up to the year 9999. */
const number = { type: 'number', minimum: 0, maximum: 253_402_300_799 };
const orNull = (schema: { type: string }): object => ({ ...schema, type: [schema.type, 'null'] });

const record = (properties: Readonly<Record<string, object>>): object => ({
  type: 'object',
  required: Object.keys(properties),
  properties,
});

const retired = record({ id: text, name: text, created: orNull(number) });

const texts = { type: 'array', items: text };
const layout = record({ format: { enum: ['raw', 'json', 'env', 'dockerconfigjson', 'kubernetes'] } });

const attempt = {
  nonce: text,
  order: { enum: ['create_first', 'delete_first', null] },
  key: { type: 'string', pattern: '^[0-9a-f]{32}$' },
  kind: text,
  address: text,
  scope: record({ id: text, name: text }),
  name: text,
  id: orNull(text),
  fields: { type: 'object' },
  sinks: {
    type: 'array',
    items: {
      anyOf: [
        record({
          type: { const: 'file' },
          path: text,
          layout,
          mode: number,
          age: texts,
          folder: text,
          within: texts,
        }),
        record({ type: { const: 'command' }, run: texts, layout, timeoutSeconds: number, folder: text }),
        record({ type: { const: 'docker' }, folder: text, within: texts }),
      ],
    },
  },
  seen: { type: 'array', items: text },
  listedAt: number,
  deadline: number,
  old: { anyOf: [{ type: 'null' }, retired] },
};

const recordCreated = {
  id: text,
  username: text,
  registry: text,
  createdAt: orNull(text),
  expiresAt: orNull(text),
  createdBy: orNull(text),
  created: orNull(number),
  madeAt: number,
  secret: orNull(text),
  content: orNull(text),
};

const entry = {
  address: text,
  kind: text,
  name: text,
  id: orNull(text),
  created: orNull(number),
  createdBy: orNull(text),
  delivered: { type: 'object', additionalProperties: text },
  retire: { type: 'array', items: retired },
  doubts: { type: 'array', items: record({ ...attempt, settledAt: orNull(number) }) },
};

const rotation = record({
  base: text,
  every: number,
  lifetime: number,
  beforeExpiry: number,
  overlap: number,
});

const granted = {
  type: 'object',
  additionalProperties: { type: 'object', required: ['asked', 'granted'] },
};

/** The shapes of the records in the state directory. */
export const schemas = {
  attempt: record({
    version: { const: 1 },
    attempt: record(attempt),
    made: {
      anyOf: [{ type: 'null' }, { ...record(recordCreated), properties: { ...recordCreated, granted } }],
    },
  }),
  granted,
  ledger: record({ version: { const: 1 }, tokens: { type: 'object' } }),
  entry: {
    ...record(entry),
    properties: {
      ...entry,
      rotation,
      places: { type: 'object', additionalProperties: texts },
      expires: orNull(number),
    },
  },
};
