import { describe, expect, test } from 'vitest';
import {
  canonicalizeFields,
  defaultFields,
  expiryField,
  expiryOf,
  type FieldRules,
  filterFields,
  managedFields,
  nameFieldOf,
} from '../../../src/core/model/field-rules.ts';

const rules = {
  label: { change: 'patch', identity: true, text: true, canonical: (value) => value },
  scopes: {
    change: 'replace',
    requiredOnCreate: true,
    canonical: (value) => [...(value as string[])].sort(),
  },
  ends: { change: 'replace', expiry: true, defaultValue: 'never', canonical: (value) => value },
  active: { change: 'patch', activeValue: true, defaultValue: true, canonical: (value) => value },
} satisfies FieldRules;

test('the rules tell which fields hold the name and the expiry', () => {
  expect(nameFieldOf(rules)).toBe('label');
  expect(expiryField(rules)).toBe('ends');
});

test('a kind without a name or an expiry is a bug', () => {
  const { active } = rules;
  expect(() => nameFieldOf({ active })).toThrow(TypeError);
  expect(() => expiryField({ active })).toThrow(TypeError);
});

test('managed are the stated fields that have a rule', () => {
  expect(managedFields({ kind: 'x', active: false, label: 'ci' }, rules)).toEqual({
    label: 'ci',
    active: false,
  });
});

test('fields can be filtered by their rules', () => {
  const fields = { label: 'ci', scopes: ['a'], other: 1 };
  expect(filterFields(fields, rules, ({ change }) => change === 'replace')).toEqual({ scopes: ['a'] });
});

test('a new token has the default values', () => {
  expect(defaultFields(rules)).toEqual({ ends: 'never', active: true });
});

describe('the expiry of a token', () => {
  test.each([
    { fields: { ends: '2027-06-30T00:00:00Z' }, expiry: '2027-06-30T00:00:00Z' },
    { fields: { ends: 'never' }, expiry: null },
    { fields: {}, expiry: null },
  ])('of $fields is $expiry', ({ fields, expiry }) => {
    expect(expiryOf(rules, fields)).toBe(expiry);
  });
});

test('values are spelled as their rules say', () => {
  expect(canonicalizeFields(rules, { scopes: ['b', 'a'], label: 'ci' })).toEqual({
    scopes: ['a', 'b'],
    label: 'ci',
  });
  expect(() => canonicalizeFields(rules, { other: 1 })).toThrow(TypeError);
});
