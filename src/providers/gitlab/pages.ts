import { isObject, type Json } from '../../core/util/json.ts';
import type { HttpClient, HttpRequest, HttpResponse } from '../../http/client.ts';
import { read } from './read.ts';

/** Page size of lists, which is the maximum of the API: docs/services/gitlab.md, Lists. */
const pageSize = 100;
const maxPages = 10_000;

/** A list to read. */
export interface ListRequest {
  readonly path: string;
  readonly query?: NonNullable<HttpRequest['query']>;
}

/** A list, and the response to its first page. */
export interface List {
  /** Sorted by their numbers. */
  readonly items: readonly Json[];
  readonly first: HttpResponse;
}

/**
 * Lists all items. A list that changes meanwhile is read again, once. Throws if it is incomplete then, too: missing tokens
 * would be created again.
 *
 * @param origin the origin of the API, which links to the next page must have
 */
export async function listByNextPage(
  send: HttpClient['send'],
  request: ListRequest,
  origin: string,
  signal: AbortSignal,
): Promise<List> {
  const list = await readPages(send, request, origin, signal);
  if (list.isComplete) return list;
  const again = await readPages(send, request, origin, signal);
  if (!again.isComplete) throw read.truncatedList(`${again.items.length} items of a list`);
  return again;
}

async function readPages(
  send: HttpClient['send'],
  { path, query }: ListRequest,
  origin: string,
  signal: AbortSignal,
): Promise<List & { readonly isComplete: boolean }> {
  const items = new Map<number, Json>();
  const totals = new Set<number>();
  const ask = (page: number): Promise<HttpResponse> =>
    send(
      { method: 'GET', path, query: { ...query, page, per_page: pageSize }, totalHeader: 'x-total' },
      signal,
    );
  const first = await ask(1);
  const ahead = await pagesAhead(first, ask);
  let response = first;
  for (let page = 1, pages = 0; pages < maxPages; pages += 1) {
    const before = items.size;
    const { body, total } = response;
    if (!Array.isArray(body)) throw read.unexpectedShape('a list');
    for (const item of body) items.set(idOf(item), item);
    if (total !== undefined) totals.add(total);
    const next = nextPage(response, page, origin);
    // A page that adds nothing ends the list: the server may ignore the number of the page.
    if (next === undefined || items.size === before) {
      const isOver = next === undefined || body.length === 0;
      const isComplete = isOver && totals.size <= 1 && (total === undefined || items.size === total);
      const sorted = [...items].sort(([one], [other]) => one - other);
      return { items: sorted.map(([, item]) => item), first, isComplete };
    }
    response = ahead.get(next) ?? (await ask(next));
    page = next;
  }
  throw read.truncatedList(`${maxPages} pages of a list`);
}

/** Above 10,000 items GitLab leaves their number out, so that a larger number of pages is wrong. */
const maxPagesAhead = 100;

/** Returns the pages after the first one, which are read together if their number is known. */
async function pagesAhead(
  { headers }: HttpResponse,
  ask: (page: number) => Promise<HttpResponse>,
): Promise<ReadonlyMap<number, HttpResponse>> {
  const pages = Number(headers.get('x-total-pages') ?? 0);
  if (headers.get('x-next-page')?.trim() !== '2' || !(pages > 2 && pages <= maxPagesAhead)) return new Map();
  const numbers = Array.from({ length: pages - 1 }, (_, index) => index + 2);
  return new Map(await Promise.all(numbers.map(async (page) => [page, await ask(page)] as const)));
}

/**
 * Returns the number of the next page; `undefined` after the last one. Without a header for it, the page after an empty one
 * is none. Throws for a link to another origin, as credentials would go there.
 */
function nextPage({ headers }: HttpResponse, page: number, origin: string): number | undefined {
  const header = headers.get('x-next-page')?.trim();
  if (header !== undefined) return header === '' ? undefined : numberOf(header);
  const link = headers.get('link');
  if (link === null) return page + 1;
  const [, target] = /<([^<>]*)>\s*;[^,<]*\brel="?next\b/i.exec(link) ?? [];
  if (target === undefined) return undefined;
  if (!URL.canParse(target) || new URL(target).origin !== origin) {
    throw read.unexpectedShape('a link to the next page of the same server');
  }
  return numberOf(new URL(target).searchParams.get('page') ?? '');
}

function numberOf(page: string): number {
  if (!/^[1-9]\d*$/.test(page)) throw read.unexpectedShape('the number of a page');
  return Number(page);
}

function idOf(item: Json): number {
  const id = isObject(item) ? item['id'] : undefined;
  if (typeof id !== 'number') throw read.unexpectedShape('a list of objects with numbers');
  return id;
}
