import { describe, expect, test } from 'vitest';
import type { Json } from '../../../src/core/util/json.ts';
import type { HttpClient } from '../../../src/http/client.ts';
import { listByCursor, listByOffset } from '../../../src/providers/ionos/pages.ts';

const signal = new AbortController().signal;

/** A service that answers with these pages, the last again and again, and counts them. */
function serving(...pages: readonly Json[]): HttpClient & { readonly asked: () => number } {
  let asked = 0;
  return {
    timeoutSeconds: 30,
    asked: () => asked,
    send: async () => {
      asked += 1;
      return { status: 200, body: pages[Math.min(asked, pages.length) - 1], headers: new Headers() };
    },
  };
}

const items = (...ids: readonly number[]): Json => ids.map((id) => ({ id: String(id) }));
const list = async (http: HttpClient): Promise<readonly unknown[]> =>
  (await listByOffset(http, '/tokens', (item) => item, signal)).items;

describe('an incomplete list is an error', () => {
  test.each([
    {
      why: 'it is shorter than it says, twice',
      pages: [
        { items: items(1, 2), total: 3 },
        { items: items(), total: 3 },
      ],
    },
    { why: 'the offset is ignored', pages: [{ items: items(1, 2), total: 4 }] },
    { why: 'its length is a text', pages: [{ items: items(1), total: '1' }] },
    { why: 'its length is negative', pages: [{ items: items(1), total: -1 }] },
    { why: 'its items are null, and it says that it has some', pages: [{ items: null, total: 3 }] },
    { why: 'it has no items, and is another thing', pages: [{ message: 'maintenance' }] },
  ])('$why', async ({ pages }) => {
    await expect(list(serving(...pages))).rejects.toMatchObject({ code: 'API_UNAVAILABLE' });
  });
});

test.each([
  { why: 'null', pages: [{ items: null }] },
  { why: 'left out, and their number is 0', pages: [{ total: 0 }] },
])('a list may be empty: its items are $why', async ({ pages }) => {
  expect(await list(serving(...pages))).toEqual([]);
});

test('a list shorter than its total is accepted if it is complete the second time', async () => {
  const http = serving(
    { items: items(1, 2), total: 3 },
    { items: items(), total: 3 },
    { items: items(1, 2, 3), total: 3 },
  );
  expect(await list(http)).toHaveLength(3);
  expect(http.asked()).toBe(3);
});

test('a list with more items than its total is accepted the second time', async () => {
  expect(await list(serving({ items: items(1, 2, 3), total: 2 }))).toHaveLength(3);
});

test('a list without a total ends with a page without new items', async () => {
  const http = serving({ items: items(1), _links: { next: '/more' } });
  expect(await list(http)).toHaveLength(1);
  expect(http.asked()).toBe(2);
});

test('a list with a cursor ends where that repeats, and goes on for so many pages at most', async () => {
  const http = serving({ items: items(1), pagination: { token: 'same' } });
  expect(await listByCursor(http, '/registries', signal)).toHaveLength(1);
  expect(http.asked()).toBe(2);
  let page = 0;
  const endless: HttpClient = {
    timeoutSeconds: 30,
    send: async () => {
      page += 1;
      const body = { items: items(page), pagination: { token: String(page) } };
      return { status: 200, body, headers: new Headers() };
    },
  };
  await expect(listByCursor(endless, '/registries', signal)).rejects.toMatchObject({
    code: 'API_UNAVAILABLE',
  });
});
