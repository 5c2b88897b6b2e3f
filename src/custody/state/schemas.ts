import { number, record, text, texts } from '../../core/model/record-schema.ts';
import { sinkTypes } from '../../core/model/sinks/registry.ts';

const orNull = (schema: { readonly type: string }): object => ({ ...schema, type: [schema.type, 'null'] });

const retired = record({ id: text, name: text, created: orNull(number) });

const attempt = {
  // A part of the name of its file.
  nonce: { type: 'string', pattern: '^[0-9A-Za-z-]{1,64}$' },
  replaceOrder: { enum: ['create_first', 'delete_first', null] },
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
      anyOf: sinkTypes.map(({ type, recordSchema }) => record({ type: { const: type }, ...recordSchema })),
    },
  },
  knownIds: { type: 'array', items: text },
  listedAt: number,
  deadline: number,
  replaces: { anyOf: [{ type: 'null' }, retired] },
};

const recordCreated = {
  id: text,
  username: text,
  registry: text,
  createdAt: orNull(text),
  expiresAt: orNull(text),
  createdBy: orNull(text),
  created: orNull(number),
  respondedAt: number,
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
  superseded: { type: 'array', items: retired },
  unresolved: { type: 'array', items: record({ ...attempt, resolvedAt: orNull(number) }) },
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
export const recordSchemas = {
  attempt: record({
    version: { const: 2 },
    attempt: {
      ...record(attempt),
      properties: {
        ...attempt,
        account: text,
        chosenSecret: text,
        repairId: text,
        renews: { const: true },
        sendBy: number,
        createdBy: text,
      },
    },
    made: {
      anyOf: [{ type: 'null' }, { ...record(recordCreated), properties: { ...recordCreated, granted } }],
    },
  }),
  granted,
  ledger: record({ version: { const: 2 }, tokens: { type: 'object' } }),
  entry: {
    ...record(entry),
    properties: {
      ...entry,
      account: text,
      rotation,
      places: { type: 'object', additionalProperties: texts },
      expires: orNull(number),
      renewedAt: number,
    },
  },
};
