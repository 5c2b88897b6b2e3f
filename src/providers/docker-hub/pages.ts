import { isObject, type Json } from '../../core/util/json.ts';
import type { HttpClient, HttpResponse } from '../../http/client.ts';
import { decodeResults, truncatedList, unexpectedShape } from './decode.ts';

/** The largest page; what the API takes at most is unknown, 100 has worked (facts §2.3). */
const pageSize = 100;

/** A list never has this many pages; past it the server is going round in circles. */
const maxPages = 10_000;

/** A whole list, and the answer that its first page came with. */
export interface PagedList<T> {
  readonly items: readonly T[];
  readonly first: HttpResponse | undefined;
}

/**
 * All items of a list by page number. `next` is not followed: it may lead anywhere. The list ends with a page that
 * says that nothing comes next, one that brings nothing new, or when as many are there as were announced. Items that
 * stand on two pages count once; if fewer are there than announced, or another number is announced on the way,
 * something was skipped, and the list is read again, once. Throws where fewer are there even then, and the service
 * doesn't say that nothing comes next: what is lacking would be made again.
 *
 * @param key where an item has its ID
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
  /** Whether nothing is lacking, going by what the service says. */
  let ended = false;
  for (let page = 1; page <= maxPages; page += 1) {
    const query = { page, page_size: pageSize };
    const answer = await http.send({ method: 'GET', path, query }, signal, page > 1 ? [404] : []);
    if (answer.status === 404) {
      // There was such a page a moment ago: something was deleted on the way.
      steady = false;
      break;
    }
    first ??= answer;
    const before = items.size;
    for (const item of decodeResults(answer.body)) items.set(idOf(item, key), decode(item));
    const envelope = isObject(answer.body) ? answer.body : {};
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
