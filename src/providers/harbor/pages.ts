import { isObject, type Json } from '../../core/util/json.ts';
import type { HttpClient, HttpRequest, HttpResponse } from '../../http/client.ts';
import { truncatedList, unexpectedShape } from './decode.ts';

/** Page size of lists, which is the maximum of the API: docs/services/harbor.md, Lists. */
const pageSize = 100;
const maxPages = 10_000;

/** A list, and the response to its first page. */
interface List {
  readonly items: readonly Json[];
  readonly first: HttpResponse;
}

/**
 * Lists all items. A list that changes meanwhile is read again, once. Throws if it is incomplete then, too: missing robots
 * would be created again.
 *
 * @param idKey the member that holds the ID of an item
 */
export async function listByTotal(
  http: HttpClient,
  path: string,
  query: NonNullable<HttpRequest['query']>,
  idKey: string,
  signal: AbortSignal,
): Promise<List> {
  const list = await readPages(http, path, query, idKey, signal);
  if (list.isComplete) return list;
  const again = await readPages(http, path, query, idKey, signal);
  if (!again.isComplete) throw truncatedList(`${again.items.length} items of a list`);
  return again;
}

async function readPages(
  http: HttpClient,
  path: string,
  query: NonNullable<HttpRequest['query']>,
  idKey: string,
  signal: AbortSignal,
): Promise<List & { readonly isComplete: boolean }> {
  const items = new Map<number, Json>();
  const totals = new Set<number>();
  const ask = (page: number): Promise<HttpResponse> => {
    const asked = { ...query, page, page_size: pageSize };
    return http.send({ method: 'GET', path, query: asked, totalHeader: 'x-total-count' }, signal);
  };
  const first = await ask(1);
  const ahead = await pagesAhead(first, ask);
  for (let page = 1; page <= maxPages; page += 1) {
    const before = items.size;
    const response = page === 1 ? first : (ahead.get(page) ?? (await ask(page)));
    const { total } = response;
    // An empty list may be null.
    const body = response.body === null && total !== undefined ? [] : response.body;
    if (!Array.isArray(body)) throw unexpectedShape('a list');
    for (const item of body) items.set(idOf(item, idKey), item);
    if (total !== undefined) totals.add(total);
    // A page that adds nothing ends the list: the server may ignore the number of the page.
    const isOver = total === undefined ? body.length < pageSize : items.size >= total;
    if (isOver || items.size === before) {
      const isComplete = isOver && totals.size <= 1 && (total === undefined || items.size === total);
      return { items: [...items.values()], first, isComplete };
    }
  }
  throw truncatedList(`${maxPages} pages of a list`);
}

/** Maximum number of pages that are read together: a total can be wrong. */
const maxPagesAhead = 100;

/** Returns the pages after the first one, which are read together if the number of all items is known. */
async function pagesAhead(
  { body, total = 0 }: HttpResponse,
  ask: (page: number) => Promise<HttpResponse>,
): Promise<ReadonlyMap<number, HttpResponse>> {
  // A server that returns smaller pages than asked for has more of them.
  const pages = Array.isArray(body) && body.length === pageSize ? Math.ceil(total / pageSize) : 1;
  const numbers = Array.from({ length: Math.min(pages, maxPagesAhead) - 1 }, (_, index) => index + 2);
  return new Map(await Promise.all(numbers.map(async (page) => [page, await ask(page)] as const)));
}

function idOf(item: Json, key: string): number {
  const id = isObject(item) ? item[key] : undefined;
  if (typeof id !== 'number') throw unexpectedShape('a list of objects with numbers');
  return id;
}
