import { expect, test } from 'vitest';
import { resolveRef, subschemas } from '../../../src/manifest/policy/refs.ts';

const schema = {
  $defs: { short: { maxLength: 5 }, 'a/b~c': { minLength: 1 }, loop: { items: { $ref: '#/$defs/loop' } } },
  allOf: [{ $ref: '#/$defs/short' }],
};

test.each([
  { reference: '#', part: schema },
  { reference: '#/$defs/short', part: { maxLength: 5 } },
  { reference: '#/$defs/a~1b~0c', part: { minLength: 1 } },
  { reference: '#/allOf/0', part: { $ref: '#/$defs/short' } },
])('$reference names a part of the schema', ({ reference, part }) => {
  expect(resolveRef(reference, schema)?.part).toEqual(part);
});

test.each(['#/$defs/missing', '#/allOf/1', '#short', 'other.json#/a', ''])(
  '%j names no part',
  (reference) => {
    expect(resolveRef(reference, schema)).toBeUndefined();
  },
);

test('a reference is found with its path', () => {
  expect(resolveRef('#/allOf/0', schema)?.path).toEqual(['allOf', 0]);
});

test('the parts of a schema include the ones that it refers to, each once', () => {
  expect(subschemas(schema.allOf, schema)).toContain(schema.$defs.short);
  expect(subschemas(schema.$defs.loop, schema).size).toBe(2);
});
