import { describe, expect, test } from 'vitest';
import { listByPage } from '../../../src/providers/docker-hub/pages.ts';
import { baseUrl, httpThrough, signal, stub } from './fixtures.ts';

const path = '/v2/access-tokens';

/** A page of a list, by default the last of one that says no more than that. */
interface Page {
  readonly ids: readonly number[];
  readonly count?: number;
  readonly total?: number;
  readonly next?: string | null;
}

const more = `${baseUrl}${path}?page=2`;

/** Reads a list of which each request gets the next of these pages, the last again and again. */
async function read(...pages: readonly [Page, ...Page[]]) {
  const service = stub((_, count) => {
    const { ids, ...envelope } = pages[Math.min(count, pages.length) - 1] ?? pages[0];
    return { ...envelope, results: ids.map((id) => ({ id: `id-${id}` })) };
  });
  const { items } = await listByPage(httpThrough(service.fetch), path, 'id', (item) => item, signal);
  return {
    ids: items.map((item) => Number(String((item as { id: string }).id).slice(3))),
    pages: service.asked.map(({ query }) => Number(query['page'])),
    asked: service.asked,
  };
}

describe('a list', () => {
  test('is asked for in the largest pages, by their numbers from 1', async () => {
    const { asked } = await read({ ids: [1], count: 2, next: more }, { ids: [2], count: 2, next: null });
    expect(asked.map(({ query }) => query)).toEqual([
      { page: '1', page_size: '100' },
      { page: '2', page_size: '100' },
    ]);
  });

  test('continues if the service returns smaller pages than requested', async () => {
    const { ids, pages } = await read(
      { ids: [1, 2], count: 5, next: more },
      { ids: [3, 4], count: 5, next: more },
      { ids: [5], count: 5, next: null },
    );
    expect(ids).toEqual([1, 2, 3, 4, 5]);
    expect(pages).toEqual([1, 2, 3]);
  });

  test('is read again where a page is gone by the time that it is asked for', async () => {
    const answers = [
      { count: 2, next: more, results: [{ id: 'id-1' }] },
      undefined,
      { count: 1, next: null, results: [{ id: 'id-1' }] },
    ];
    const service = stub((_, count) => answers[count - 1] ?? new Response(null, { status: 404 }));
    const { items } = await listByPage(httpThrough(service.fetch), path, 'id', (item) => item, signal);
    expect(items).toEqual([{ id: 'id-1' }]);
    expect(service.asked.map(({ query }) => query['page'])).toEqual(['1', '2', '1']);
  });

  test('never follows a link, wherever that leads', async () => {
    const { ids, asked } = await read(
      { ids: [1], count: 2, next: 'https://elsewhere.example/v2/access-tokens?page=2' },
      { ids: [2], count: 2, next: null },
    );
    expect(ids).toEqual([1, 2]);
    // The stub refuses what is sent to another origin.
    expect(asked.map((request) => request.path)).toEqual([path, path]);
  });

  test.each<{ why: string; pages: readonly [Page, ...Page[]]; ids: readonly number[]; asked: number }>([
    { why: 'says that nothing comes next', pages: [{ ids: [1], next: null }], ids: [1], asked: 1 },
    { why: 'says so with an empty text', pages: [{ ids: [1], next: '' }], ids: [1], asked: 1 },
    { why: 'says neither how many there are nor what comes next', pages: [{ ids: [1] }], ids: [1], asked: 1 },
    {
      why: 'has brought as many as were announced, whatever comes next',
      pages: [{ ids: [1, 2], count: 2, next: more }],
      ids: [1, 2],
      asked: 1,
    },
    {
      why: 'has brought as many as an organization announces',
      pages: [
        { ids: [1], total: 2, next: more },
        { ids: [2], total: 2, next: more },
      ],
      ids: [1, 2],
      asked: 2,
    },
    {
      why: 'is empty, whatever comes next',
      pages: [
        { ids: [1], next: more },
        { ids: [], next: more },
      ],
      ids: [1],
      asked: 2,
    },
    { why: 'goes round in circles', pages: [{ ids: [1, 2], next: more }], ids: [1, 2], asked: 2 },
  ])('ends with a page that $why', async ({ pages, ids, asked }) => {
    const list = await read(...pages);
    expect(list.ids).toEqual(ids);
    expect(list.asked).toHaveLength(asked);
  });
});

describe('a list that changes while it is read', () => {
  const whole: Page = { ids: [1, 2, 3, 4], count: 4, next: null };

  test.each<{ why: string; pages: readonly [Page, ...Page[]]; first: number }>([
    {
      why: 'an item stands on two pages, so that another is missing',
      pages: [
        { ids: [1, 2], count: 4, next: more },
        { ids: [2, 3], count: 4, next: null },
      ],
      first: 2,
    },
    {
      why: 'a page brings nothing new',
      pages: [
        { ids: [1, 2], count: 4, next: more },
        { ids: [1, 2], count: 4, next: more },
      ],
      first: 2,
    },
    {
      why: 'an item was deleted, so that another slipped to a page that was read already',
      pages: [
        { ids: [9, 1], count: 5, next: more },
        { ids: [3, 4], count: 4, next: null },
      ],
      first: 2,
    },
    {
      why: 'an item was made, and the last page ends before its number is reached',
      pages: [
        { ids: [1, 2], count: 3, next: more },
        { ids: [2, 3], count: 4, next: null },
      ],
      first: 2,
    },
  ])('is read again, once: $why', async ({ pages, first }) => {
    const list = await read(...pages, whole);
    expect(list.ids).toEqual([1, 2, 3, 4]);
    expect(list.asked).toHaveLength(first + 1);
    expect(list.pages.at(-1)).toBe(1);
  });

  test('is taken as it is after the second time where nothing is to come: the number may be wrong', async () => {
    const { ids, pages } = await read({ ids: [1, 2], count: 3, next: null });
    expect(ids).toEqual([1, 2]);
    expect(pages).toEqual([1, 1]);
  });

  test('fails after the second time if announced items never come', async () => {
    await expect(read({ ids: [1, 2], count: 3, next: '/more' })).rejects.toMatchObject({
      code: 'API_UNAVAILABLE',
    });
  });
});

test.each([
  ['no object', []],
  ['results that are no list', { results: {} }],
  ['an item without an ID', { results: [{}] }],
  ['an item that is none', { results: [null] }],
])('a response that is not a list of tokens fails with API_UNAVAILABLE: %s', async (_, body) => {
  const list = listByPage(httpThrough(stub(() => body).fetch), path, 'id', (item) => item, signal);
  await expect(list).rejects.toMatchObject({ code: 'API_UNAVAILABLE', hint: expect.stringMatching(/proxy/) });
});

test('the first answer comes with the list, for its clock', async () => {
  const date = 'Tue, 01 Jan 2030 00:00:07 GMT';
  const service = stub((_, count) =>
    Response.json(
      { count: 2, next: count === 1 ? more : null, results: [{ id: `id-${count}` }] },
      { headers: count === 1 ? { date } : {} },
    ),
  );
  const { first } = await listByPage(httpThrough(service.fetch), path, 'id', (item) => item, signal);
  expect(first).toMatchObject({ date: Date.parse(date) / 1000, ahead: { atLeast: 7, atMost: 7 } });
});
