import { isObject, type Json } from '../../core/util/json.ts';
import type { HttpClient, HttpResponse } from '../../http/client.ts';
import { decodeResults, truncatedList, unexpectedShape } from './decode.ts';

/** Page size of a list. The API's maximum is undocumented, but 100 is known to work: docs/services/docker-hub.md, Lists. */
const pageSize = 100;

/** Maximum number of pages, for a server whose list never ends. */
const maxPages = 10_000;

/** A whole list, and the response to its first page. */
export interface PagedList<T> {
  readonly items: readonly T[];
  readonly first: HttpResponse | undefined;
}

/**
 * Lists all items by page number. `next` is not followed, as it may lead anywhere. The list ends with a page without a next
 * one, with a page without new items, or with the announced number of items. Items on two pages count once. If items are
 * missing or the announced number changes, something was skipped, and the list is read again, once. Throws if items are
 * still missing and the service doesn't mark the last page as the end: missing tokens would be created again. See
 * docs/services/docker-hub.md, Lists.
 * @param key the field with an item's ID
 */
export async function listByPage<T>(
  http: HttpClient,
  path: string,
  key: 'uuid' | 'id',
  decode: (item: Json) => T,
  signal: AbortSignal,
): Promise<PagedList<T>> {
  const list = await readPages(http, path, key, decode, signal);
  if (list.consistent) return list;
  const again = await readPages(http, path, key, decode, signal);
  if (again.ended || again.consistent) return again;
  throw truncatedList(`${again.items.length} items of a list that has more`);
}

async function readPages<T>(
  http: HttpClient,
  path: string,
  key: 'uuid' | 'id',
  decode: (item: Json) => T,
  signal: AbortSignal,
): Promise<PagedList<T> & { readonly consistent: boolean; readonly ended: boolean }> {
  const items = new Map<string, T>();
  let first: HttpResponse | undefined;
  let announced: number | undefined;
  let steady = true;
  /** True if nothing is missing according to the service. */
  let ended = false;
  for (let page = 1; page <= maxPages; page += 1) {
    const query = { page, page_size: pageSize };
    const response = await http.send({ method: 'GET', path, query }, signal, page > 1 ? [404] : []);
    if (response.status === 404) {
      // This page existed a moment ago, so something was deleted meanwhile.
      steady = false;
      break;
    }
    first ??= response;
    const before = items.size;
    for (const item of decodeResults(response.body)) items.set(idOf(item, key), decode(item));
    const envelope = isObject(response.body) ? response.body : {};
    const total = envelope['count'] ?? envelope['total'];
    if (typeof total === 'number') {
      if (announced !== undefined && announced !== total) steady = false;
      announced = total;
    }
    const next = envelope['next'];
    ended = next === null || next === '' || (announced !== undefined && items.size >= announced);
    if (items.size === before || next === null || next === '') break;
    if (announced !== undefined ? items.size >= announced : next === undefined) break;
  }
  const consistent = steady && (announced === undefined || items.size === announced);
  return { items: [...items.values()], first, consistent, ended };
}

function idOf(item: Json, key: 'uuid' | 'id'): string {
  const id = isObject(item) ? item[key] : undefined;
  if (typeof id !== 'string') throw unexpectedShape('a list of tokens');
  return id;
}
