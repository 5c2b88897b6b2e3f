import { describe, expect, it, test } from 'vitest';
import { compareIds, idKey, isSameToken } from '../../../src/core/model/token-id.ts';

const uuid = '6a7a5ef2-8889-43a0-8cc7-f2a94268e861';
const harbor = { kind: 'harbor_robot', account: 'https://a.example/api/v2.0' };
const otherHarbor = { ...harbor, account: 'https://b.example/api/v2.0' };

describe('an ID', () => {
  it.each([
    {
      what: 'a number at the same address',
      a: { ...harbor, id: '7' },
      b: { ...harbor, id: '7' },
      same: true,
    },
    { what: 'a number at another address', a: { ...harbor, id: '7' }, b: { ...otherHarbor, id: '7' } },
    { what: 'a number of another kind', a: { ...harbor, id: '7' }, b: { ...harbor, kind: 'other', id: '7' } },
    { what: 'another number', a: { ...harbor, id: '7' }, b: { ...harbor, id: '8' } },
    {
      what: 'a number on an old record, which names no address',
      a: { kind: harbor.kind, id: '7' },
      b: { ...harbor, id: '7' },
      same: true,
    },
    {
      what: 'a UUID in another case, at another address',
      a: { ...harbor, id: uuid },
      b: { ...otherHarbor, id: uuid.toUpperCase() },
      same: true,
    },
  ])('means the same token or not: $what', ({ a, b, same = false }) => {
    expect([isSameToken(a, b), isSameToken(b, a)]).toEqual([same, same]);
  });

  test('that is a number is ordered by its size, any other by its characters', () => {
    expect(['10', '9', '100'].sort(compareIds)).toEqual(['9', '10', '100']);
    expect(['b', 'a-10', 'a-9'].sort(compareIds)).toEqual(['a-10', 'a-9', 'b']);
  });

  test('has one key for each token', () => {
    expect(idKey(harbor, '7')).toBe(idKey(harbor, '7'));
    expect(idKey(harbor, '7')).not.toBe(idKey(otherHarbor, '7'));
    expect(idKey(harbor, uuid)).toBe(idKey(otherHarbor, uuid.toUpperCase()));
  });
});
