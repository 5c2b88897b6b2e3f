import { describe, expect, it, test } from 'vitest';
import { hasPath, listPaths, matches, parseFilter } from '../../../src/core/model/token-filter.ts';
import type { JsonObject } from '../../../src/core/util/json.ts';

const token: JsonObject = {
  id: 'id-1',
  is_active: false,
  last_used: null,
  count: 3,
  metadata: { created_date: '2026-01-01T12:00:00' },
  properties: {
    status: 'enabled',
    note: 'a=b',
    empty: '',
    scopes: [
      { type: 'repository', name: 'app', actions: ['pull', 'push'] },
      { type: 'registry', name: '*', actions: ['list'] },
    ],
    none: [],
  },
};

describe('a filter', () => {
  test.each([
    { filter: 'properties.status=enabled', fits: true, why: 'the text is that of the field' },
    { filter: 'properties.status=Enabled', fits: false, why: 'case counts' },
    { filter: 'properties.status=enable', fits: false, why: 'a part of the text is not enough' },
    { filter: 'properties.note=a=b', fits: true, why: 'the path ends at the first equals sign' },
    { filter: 'properties.empty=', fits: true, why: 'an empty text is a value' },
    { filter: 'is_active=false', fits: true, why: 'a flag is written as in JSON' },
    { filter: 'is_active=true', fits: false, why: 'it is off' },
    { filter: 'count=3', fits: true, why: 'and so is a number' },
    { filter: 'last_used=null', fits: true, why: 'null is' },
    { filter: 'properties.expiry_date=null', fits: true, why: 'and so is what is left out' },
    { filter: 'properties.expiry_date=', fits: false, why: 'what is left out is no empty text' },
    { filter: 'properties.scopes.actions=push', fits: true, why: 'any item of any list will do' },
    { filter: 'properties.scopes.actions=delete', fits: false, why: 'none has it' },
    { filter: 'properties.scopes.actions=["list"]', fits: true, why: 'a list may be written whole' },
    { filter: 'properties.none=[]', fits: true, why: 'also one without items' },
    { filter: 'metadata.createdDate=2026-01-01T12:00:00', fits: true, why: 'the API spells keys otherwise' },
    { filter: 'metadata.created_date=2026-01-01T13:00:00+01:00', fits: true, why: 'it is the same instant' },
    { filter: 'metadata.created_date=2026-01-01T12:00:01Z', fits: false, why: 'it is another instant' },
    { filter: 'properties.status.length=7', fits: false, why: 'a text has no fields' },
    { filter: 'constructor.name=Object', fits: false, why: 'nor has an object others than its own' },
  ])('$filter: $fits, as $why', ({ filter, fits }) => {
    expect(matches(parseFilter(filter), token)).toBe(fits);
  });

  test.each(['', '=', '=enabled', 'status', 'properties.=enabled', '.status=enabled', 'a..b=c'])(
    'is not %j',
    (filter) => {
      expect(() => parseFilter(filter)).toThrow(/expected FIELD=VALUE/);
    },
  );

  it('reports whether a token has the field at all', () => {
    expect(hasPath(parseFilter('properties.scopes.name=none'), token)).toBe(true);
    expect(hasPath(parseFilter('last_used=2026'), token)).toBe(true);
    expect(hasPath(parseFilter('properties.none.name=x'), token)).toBe(false);
    expect(hasPath(parseFilter('toString=x'), token)).toBe(false);
  });

  it('can ask for each path of a token', () => {
    const paths = listPaths(token);
    expect(paths).toContain('properties.scopes.actions');
    for (const path of paths) expect(hasPath(parseFilter(`${path}=x`), token)).toBe(true);
  });
});
