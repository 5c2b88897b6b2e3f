import { isObject, type Json, type JsonObject } from '../../core/json.ts';
import type { Http, HttpAnswer } from '../../http/client.ts';
import { decodeItems, decodeTotal, incomplete, misshapen } from './decode.ts';

/** The largest page; what the API takes at most is unknown, 100 is its default (facts §7). */
const pageSize = 100;

/** A list never has this many pages; past it the server is going round in circles. */
const maxPages = 10_000;

/**
 * All items of a list with offset and limit. Items that stand on two pages, because something was deleted or
 * made in between, count once; a total that changes on the way means that something was missed or seen twice,
 * and the list is read again, once. Throws where it is shorter than it says even then: what it lacks would be made again.
 */
export async function listByOffset<T>(
  http: Http,
  path: string,
  decode: (item: Json) => T,
  signal: AbortSignal,
): Promise<OffsetList<T>> {
  const list = await readByOffset(http, path, decode, signal);
  if (list.consistent) return list;
  const again = await readByOffset(http, path, decode, signal);
  const { total, items } = again;
  if (total !== undefined && items.length < total)
    throw incomplete(`${items.length} of ${total} items of a list`);
  return again;
}

/** A list, and the answer that its first page came with. */
export interface OffsetList<T> {
  readonly items: readonly T[];
  readonly first: HttpAnswer | undefined;
}

async function readByOffset<T>(
  http: Http,
  path: string,
  decode: (item: Json) => T,
  signal: AbortSignal,
): Promise<OffsetList<T> & { readonly consistent: boolean; readonly total: number | undefined }> {
  const items = new Map<string, T>();
  let first: HttpAnswer | undefined;
  let offset = 0;
  let total: number | undefined;
  let consistent = true;
  for (let page = 0; ; page += 1) {
    if (page === maxPages) throw incomplete(`${maxPages} pages of a list`);
    const answer = await http.send({ method: 'GET', path, query: { offset, limit: pageSize } }, signal);
    const { body } = answer;
    first ??= answer;
    const found = decodeItems(body);
    const envelope = body as JsonObject;
    const stated = decodeTotal(envelope);
    if (total !== undefined && stated !== undefined && stated !== total) consistent = false;
    total = stated ?? total;
    const before = items.size;
    // Page by page: as they come, items take several times the memory that is needed of them.
    for (const item of found) items.set(idOf(item), decode(item));
    offset += found.length;
    // A page that brings nothing new brings nothing new the next time.
    if (items.size === before) break;
    if (total !== undefined ? offset >= total : !hasNext(envelope)) break;
  }
  if (total !== undefined && items.size !== total) consistent = false;
  return { items: [...items.values()], first, consistent, total };
}

/** All items of a list with a cursor; ends at an empty page, and at a cursor that is empty or repeats. */
export async function listByCursor(http: Http, path: string, signal: AbortSignal): Promise<readonly Json[]> {
  const items = new Map<string, Json>();
  const seen = new Set<string>();
  let cursor: string | undefined;
  for (let page = 0; ; page += 1) {
    if (page === maxPages) throw incomplete(`${maxPages} pages of a list`);
    const query = { limit: pageSize, ...(cursor !== undefined && { 'pagination.token': cursor }) };
    const { body } = await http.send({ method: 'GET', path, query }, signal);
    const found = decodeItems(body);
    for (const item of found) items.set(idOf(item), item);
    const pagination = (body as JsonObject)['pagination'];
    const next = isObject(pagination) ? pagination['token'] : undefined;
    if (found.length === 0 || typeof next !== 'string' || next === '' || seen.has(next)) break;
    seen.add(next);
    cursor = next;
  }
  return [...items.values()];
}

function hasNext(envelope: JsonObject): boolean {
  const links = envelope['_links'];
  const next = isObject(links) ? links['next'] : undefined;
  return typeof next === 'string' && next !== '';
}

function idOf(item: Json): string {
  const id = isObject(item) ? item['id'] : undefined;
  if (typeof id !== 'string') throw misshapen('a list of things with IDs');
  return id;
}
