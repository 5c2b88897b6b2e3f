import { describe, expect, test } from 'vitest';
import type { Json } from '../../../src/core/util/json.ts';
import type { HttpClient, HttpRequest } from '../../../src/http/client.ts';
import { listByTotal } from '../../../src/providers/harbor/pages.ts';

const { signal } = new AbortController();

/** A page of a list, with the total that its header states. */
interface Page {
  readonly body: Json | undefined;
  readonly total?: number;
}

/** A service that responds with these pages, the last one again and again, and keeps the requests. */
function serving(...pages: readonly Page[]): HttpClient & { readonly asked: HttpRequest[] } {
  const asked: HttpRequest[] = [];
  return {
    timeoutSeconds: 30,
    asked,
    send: async (request) => {
      asked.push(request);
      const page = pages[Math.min(asked.length, pages.length) - 1];
      return { status: 200, ...page } as never;
    },
  };
}

/** Robots with the numbers from `first` to `last`. */
function robots(first: number, last: number): Json {
  return Array.from({ length: last - first + 1 }, (_, index) => ({ id: first + index }));
}

const list = async (http: HttpClient): Promise<readonly Json[]> =>
  (await listByTotal(http, '/robots', { q: 'Level=project,ProjectID=1', sort: 'id' }, 'id', signal)).items;

test('250 robots are on three pages of 100', async () => {
  const http = serving(
    { body: robots(1, 100), total: 250 },
    { body: robots(101, 200), total: 250 },
    { body: robots(201, 250), total: 250 },
  );
  expect(await list(http)).toEqual(robots(1, 250));
  expect(http.asked.map(({ query }) => query)).toEqual(
    [1, 2, 3].map((page) => ({ q: 'Level=project,ProjectID=1', sort: 'id', page, page_size: 100 })),
  );
  expect(http.asked.every(({ totalHeader }) => totalHeader === 'x-total-count')).toBe(true);
});

test('a full last page ends the list by the total', async () => {
  const http = serving({ body: robots(1, 100), total: 200 }, { body: robots(101, 200), total: 200 });
  expect(await list(http)).toHaveLength(200);
  expect(http.asked).toHaveLength(2);
});

test('pages can be smaller than asked for', async () => {
  const http = serving({ body: robots(1, 10), total: 15 }, { body: robots(11, 15), total: 15 });
  expect(await list(http)).toHaveLength(15);
});

test.each([
  ['an empty list', { body: [], total: 0 }],
  ['null', { body: null, total: 0 }],
  ['an empty list without a total', { body: [] }],
])('a list can be empty: %s', async (_, page) => {
  expect(await list(serving(page))).toEqual([]);
});

describe('without a total', () => {
  test('a list ends with a page that is not full', async () => {
    const http = serving({ body: robots(1, 100) }, { body: robots(101, 120) });
    expect(await list(http)).toHaveLength(120);
  });

  test('a full last page is followed by an empty one', async () => {
    const http = serving({ body: robots(1, 100) }, { body: [] });
    expect(await list(http)).toHaveLength(100);
    expect(http.asked).toHaveLength(2);
  });
});

describe('a list that changes while it is read is read once more', () => {
  const whole = [
    { body: robots(1, 100), total: 120 },
    { body: robots(101, 120), total: 120 },
  ];
  test.each([
    {
      why: 'its total grows',
      pages: [
        { body: robots(1, 100), total: 119 },
        { body: robots(101, 120), total: 120 },
      ],
    },
    {
      why: 'its total shrinks, as a robot was deleted between the pages',
      pages: [
        { body: robots(0, 99), total: 121 },
        { body: robots(101, 120), total: 120 },
      ],
    },
    {
      why: 'a robot is on two pages, and another on none',
      pages: [
        { body: robots(1, 100), total: 120 },
        { body: robots(100, 119), total: 120 },
        { body: [], total: 120 },
      ],
    },
    {
      why: 'it has more robots than its total',
      pages: [{ body: robots(1, 100), total: 99 }],
    },
  ])('$why', async ({ pages }) => {
    const http = serving(...pages, ...whole);
    expect(await list(http)).toEqual(robots(1, 120));
    expect(http.asked).toHaveLength(pages.length + whole.length);
  });
});

describe('an incomplete list is an error', () => {
  test.each([
    { why: 'it is shorter than its total, twice', pages: [{ body: robots(1, 2), total: 3 }] },
    { why: 'the number of the page is ignored', pages: [{ body: robots(1, 100), total: 250 }] },
    { why: 'the number of the page is ignored, and there is no total', pages: [{ body: robots(1, 100) }] },
    { why: 'it is empty, and its total says that it is not', pages: [{ body: [], total: 3 }] },
    { why: 'it is null, and its total says that it is not empty', pages: [{ body: null, total: 3 }] },
    { why: 'it is null without a total', pages: [{ body: null }] },
    { why: 'the response has no body', pages: [{ body: undefined }] },
    { why: 'it is an object', pages: [{ body: { robots: [] }, total: 0 }] },
    { why: 'its items have no numbers', pages: [{ body: [{ id: 'a' }], total: 1 }] },
  ])('$why', async ({ pages }) => {
    const http = serving(...pages);
    await expect(list(http)).rejects.toMatchObject({ code: 'API_UNAVAILABLE' });
    // Twice three pages: those after the first are read together.
    expect(http.asked.length).toBeLessThanOrEqual(6);
  });
});

test('a total that is far too high costs at most a hundred pages each time', async () => {
  const http = serving({ body: robots(1, 100), total: 1_000_000 });
  await expect(list(http)).rejects.toMatchObject({ code: 'API_UNAVAILABLE' });
  expect(http.asked.length).toBeLessThanOrEqual(200);
});

test('projects are identified by their own number', async () => {
  const http = serving({ body: [{ project_id: 1 }, { project_id: 2 }], total: 2 });
  const { items } = await listByTotal(http, '/projects', {}, 'project_id', signal);
  expect(items).toHaveLength(2);
});
