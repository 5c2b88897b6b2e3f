import { describe, expect, test } from 'vitest';
import type { Json } from '../../../src/core/util/json.ts';
import type { HttpClient, HttpRequest } from '../../../src/http/client.ts';
import { listByNextPage } from '../../../src/providers/gitlab/pages.ts';

const { signal } = new AbortController();
const origin = 'https://gitlab.example.com';

/** A page of a list, with its headers. */
interface Page {
  readonly body: Json | undefined;
  readonly total?: number;
  /** `x-next-page`; absent unless given. */
  readonly next?: string;
  readonly link?: string;
}

/** A service that responds with these pages, the last one again and again, and keeps the requests. */
function serving(...pages: readonly Page[]) {
  const asked: HttpRequest[] = [];
  const send: HttpClient['send'] = async (request) => {
    asked.push(request);
    const { next, link, body, total } = pages[Math.min(asked.length, pages.length) - 1] ?? { body: [] };
    const headers = new Headers({
      ...(next !== undefined && { 'x-next-page': next }),
      ...(link !== undefined && { link }),
    });
    return { status: 200, body, headers, ...(total !== undefined && { total }) };
  };
  return { send, asked };
}

/** Tokens with the numbers from `first` to `last`. */
function tokens(first: number, last: number): Json {
  return Array.from({ length: last - first + 1 }, (_, index) => ({ id: first + index }));
}

const linkTo = (page: number, at = origin): string =>
  `<${at}/api/v4/x?page=1&per_page=100>; rel="first", <${at}/api/v4/x?id=a%2Cb&page=${page}&per_page=100>; rel="next"`;

const list = async ({ send }: Pick<ReturnType<typeof serving>, 'send'>): Promise<readonly Json[]> =>
  (await listByNextPage(send, { path: '/x', query: { state: 'active' } }, origin, signal)).items;

test('250 tokens are on three pages of 100', async () => {
  const service = serving(
    { body: tokens(1, 100), total: 250, next: '2' },
    { body: tokens(101, 200), total: 250, next: '3' },
    { body: tokens(201, 250), total: 250, next: '' },
  );
  expect(await list(service)).toEqual(tokens(1, 250));
  expect(service.asked.map(({ query }) => query)).toEqual(
    [1, 2, 3].map((page) => ({ state: 'active', page, per_page: 100 })),
  );
});

describe('a list whose first page names the number of pages', () => {
  /** A service with these pages that responds only once all but the first one are asked for. */
  const together = (total: readonly number[]) => {
    const asked: unknown[] = [];
    let open = (): void => undefined;
    const isOpen = new Promise<void>((resolve) => {
      open = resolve;
    });
    const send: HttpClient['send'] = async ({ query }) => {
      const page = Number(query?.['page']);
      asked.push(page);
      if (asked.length >= 3) open();
      if (page > 1) await isOpen;
      const next = page === 3 ? '' : String(page + 1);
      const headers = new Headers({ 'x-next-page': next, 'x-total-pages': '3' });
      const body = tokens(100 * page - 99, Math.min(100 * page, 250));
      return { status: 200, body, headers, total: total[page - 1] ?? 250 };
    };
    return { send, asked };
  };

  test('is read with the other pages together, each of them once', async () => {
    const service = together([]);
    expect(await list(service)).toEqual(tokens(1, 250));
    expect(service.asked).toEqual([1, 2, 3]);
  });

  test('is read again if it changes meanwhile', async () => {
    const service = together([250, 250, 251]);
    await expect(list(service)).rejects.toMatchObject({ code: 'API_UNAVAILABLE' });
    expect(service.asked).toHaveLength(6);
  });

  test.each(['0', '1e9', '-3', 'x', '101'])('is read page by page if that is %s', async (pages) => {
    const asked: unknown[] = [];
    const send: HttpClient['send'] = async ({ query }) => {
      asked.push(query?.['page']);
      const next = asked.length < 3 ? String(asked.length + 1) : '';
      const headers = new Headers({ 'x-next-page': next, 'x-total-pages': pages });
      return { status: 200, body: tokens(asked.length, asked.length), headers };
    };
    expect(await list({ send })).toEqual(tokens(1, 3));
    expect(asked).toEqual([1, 2, 3]);
  });
});

test('without a total, the next page decides', async () => {
  expect(
    await list(serving({ body: tokens(1, 100), next: '2' }, { body: tokens(101, 120), next: '' })),
  ).toHaveLength(120);
});

test('without the number of the next page, the link decides', async () => {
  const last = `<${origin}/api/v4/x?page=1>; rel="first", <${origin}/api/v4/x?page=2>; rel="last"`;
  const service = serving({ body: tokens(1, 100), link: linkTo(2) }, { body: tokens(101, 120), link: last });
  expect(await list(service)).toHaveLength(120);
  expect(service.asked).toHaveLength(2);
});

test('without either, an empty page ends the list', async () => {
  const service = serving({ body: tokens(1, 20) }, { body: [] });
  expect(await list(service)).toHaveLength(20);
  expect(service.asked).toHaveLength(2);
});

test('pages can be smaller than asked for', async () => {
  const service = serving(
    { body: tokens(1, 20), total: 30, next: '2' },
    { body: tokens(21, 30), total: 30, next: '' },
  );
  expect(await list(service)).toHaveLength(30);
});

test.each([{ body: [], total: 0, next: '' }, { body: [], next: '' }, { body: [] }])(
  'a list can be empty: %j',
  async (page) => {
    expect(await list(serving(page))).toEqual([]);
  },
);

describe('a list that changes while it is read is read once more', () => {
  const whole = [
    { body: tokens(1, 100), total: 120, next: '2' },
    { body: tokens(101, 120), total: 120, next: '' },
  ];
  test.each([
    { why: 'its total grows', pages: [{ ...whole[0], total: 119 }, whole[1]] },
    {
      why: 'a token is on two pages, and another on none',
      pages: [whole[0], { body: tokens(100, 119), total: 120, next: '' }],
    },
    { why: 'its last page is gone', pages: [whole[0], { body: [], total: 100, next: '' }] },
  ])('$why', async ({ pages }) => {
    const service = serving(...(pages as Page[]), ...whole);
    expect(await list(service)).toEqual(tokens(1, 120));
    expect(service.asked).toHaveLength(pages.length + whole.length);
  });
});

describe('is an error', () => {
  test.each([
    { why: 'a list that is shorter than its total, twice', page: { body: tokens(1, 2), total: 3, next: '' } },
    { why: 'a server that ignores the page', page: { body: tokens(1, 100), next: '2' } },
    { why: 'the same without headers', page: { body: tokens(1, 100) } },
    {
      why: 'a link to another server',
      page: { body: tokens(1, 100), link: linkTo(2, 'https://evil.example') },
    },
    {
      why: 'a link without a page',
      page: { body: tokens(1, 100), link: `<${origin}/api/v4/x?cursor=a>; rel="next"` },
    },
    {
      why: 'a link that is no address',
      page: { body: tokens(1, 100), link: '</api/v4/x?page=2>; rel="next"' },
    },
    { why: 'a page that is no number', page: { body: tokens(1, 100), next: 'two' } },
    { why: 'an object', page: { body: { tokens: [] } } },
    { why: 'null', page: { body: null } },
    { why: 'no body', page: { body: undefined } },
    { why: 'items without numbers', page: { body: [{ id: '1' }] } },
  ])('$why', async ({ page }) => {
    const service = serving(page);
    await expect(list(service)).rejects.toMatchObject({ code: 'API_UNAVAILABLE' });
    expect(service.asked.length).toBeLessThanOrEqual(4);
  });
});
