import { describe, expect, test } from 'vitest';
import { createResponseReader, lazyObject, leftOut } from '../../src/providers/response-reader.ts';

const reader = createResponseReader('IONOS');

describe('a field of a response', () => {
  test.each([undefined, null])('that is %s is missing', (value) => {
    expect(reader.text(value, 'a name')).toBeUndefined();
    expect(reader.boolean(value, 'a flag')).toBeUndefined();
    expect(reader.list(value, 'a list')).toBeUndefined();
    expect(reader.strings(value, 'a list')).toBeUndefined();
  });

  test('of the expected type is returned', () => {
    expect(reader.text('', 'a name')).toBe('');
    expect(reader.boolean(false, 'a flag')).toBe(false);
    expect(reader.list([1], 'a list')).toEqual([1]);
    expect(reader.strings(['a'], 'a list')).toEqual(['a']);
  });

  test('of another type is an error: ignoring it would show a change', () => {
    const failure = expect.objectContaining({ code: 'API_UNAVAILABLE' });
    expect(() => reader.text(1, 'a name')).toThrow(failure);
    expect(() => reader.boolean('true', 'a flag')).toThrow(failure);
    expect(() => reader.list({}, 'a list')).toThrow(failure);
    expect(() => reader.strings(['a', 1], 'a list')).toThrow(failure);
  });
});

test('a response leaves out a field that is missing, or null without that being a value', () => {
  const keys = {
    name: { key: 'name' },
    expiry_date: { key: 'expiryDate', nullable: true },
    status: { key: 'status' },
  } as const;
  expect(leftOut({ name: 'ci', expiryDate: null, status: null }, keys)).toEqual(['status']);
  expect(leftOut({}, keys)).toEqual(['name', 'expiry_date', 'status']);
});

test('an object is a copy of the body', () => {
  const body = { a: [1] };
  const object = lazyObject(body);
  expect(object()).toEqual(body);
  expect(object()).not.toBe(object());
});
