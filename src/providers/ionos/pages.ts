import { isObject, type Json, type JsonObject } from '../../core/util/json.ts';
import type { HttpClient, HttpResponse } from '../../http/client.ts';
import { decodeItems, decodeTotal, truncatedList, unexpectedShape } from './decode.ts';

/** Page size of a list. The API's maximum is undocumented; 100 is its default: docs/services/ionos.md, Lists. */
const pageSize = 100;

/** Maximum number of pages, for a server whose list never ends. */
const maxPages = 10_000;

/**
 * Lists all items by offset and limit. Reads the first page, then the others concurrently if the first shows the total. An
 * item can be on two pages if something was deleted or created meanwhile; it counts once. If the total changes, items may be
 * missing, and the list is read again, once, page by page. Throws if it is still shorter than its total: missing tokens
 * would be created again. See docs/services/ionos.md, Lists.
 */
export async function listByOffset<T>(
  http: HttpClient,
  path: string,
  decode: (item: Json) => T,
  signal: AbortSignal,
): Promise<OffsetList<T>> {
  const page = (offset: number): Promise<Page<T>> => readPage(http, path, offset, decode, signal);
  const list = await readAtOnce(page);
  if (list.consistent) return list;
  const again = await readInTurn(page);
  const { total, items } = again;
  if (total !== undefined && items.length < total)
    throw truncatedList(`${items.length} of ${total} items of a list`);
  return again;
}

/** A list, and the response to its first page. */
export interface OffsetList<T> {
  readonly items: readonly T[];
  readonly first: HttpResponse | undefined;
}

interface Page<T> {
  readonly response: HttpResponse;
  /** Items by ID, decoded at once, as their JSON takes several times the memory. */
  readonly items: readonly (readonly [id: string, item: T])[];
  readonly total: number | undefined;
  readonly hasNext: boolean;
}

type Reading<T> = OffsetList<T> & { readonly consistent: boolean; readonly total: number | undefined };

async function readPage<T>(
  http: HttpClient,
  path: string,
  offset: number,
  decode: (item: Json) => T,
  signal: AbortSignal,
): Promise<Page<T>> {
  const response = await http.send({ method: 'GET', path, query: { offset, limit: pageSize } }, signal);
  const items = decodeItems(response.body).map((item) => [idOf(item), decode(item)] as const);
  const envelope = response.body as JsonObject;
  return { response, items, total: decodeTotal(envelope), hasNext: hasNext(envelope) };
}

async function readAtOnce<T>(page: (offset: number) => Promise<Page<T>>): Promise<Reading<T>> {
  const first = await page(0);
  const { total } = first;
  const size = first.items.length;
  if (total === undefined || size === 0) return readInTurn(page, first);
  const count = Math.ceil(total / size);
  if (count > maxPages) throw truncatedList(`${maxPages} pages of a list`);
  const others = await Promise.all(Array.from({ length: count - 1 }, (_, index) => page((index + 1) * size)));
  const pages = [first, ...others];
  const items = new Map(pages.flatMap((one) => one.items));
  const consistent =
    items.size === total && pages.every((one) => one.total === undefined || one.total === total);
  return { items: [...items.values()], first: first.response, consistent, total };
}

async function readInTurn<T>(
  page: (offset: number) => Promise<Page<T>>,
  known?: Page<T>,
): Promise<Reading<T>> {
  const items = new Map<string, T>();
  let current = known ?? (await page(0));
  const first = current.response;
  let offset = 0;
  let total: number | undefined;
  let consistent = true;
  for (let count = 1; ; count += 1) {
    const stated = current.total;
    if (total !== undefined && stated !== undefined && stated !== total) consistent = false;
    total = stated ?? total;
    const before = items.size;
    for (const [id, item] of current.items) items.set(id, item);
    offset += current.items.length;
    // After a page without new items, the next one wouldn't have any either.
    if (items.size === before) break;
    if (total !== undefined ? offset >= total : !current.hasNext) break;
    if (count === maxPages) throw truncatedList(`${maxPages} pages of a list`);
    current = await page(offset);
  }
  if (total !== undefined && items.size !== total) consistent = false;
  return { items: [...items.values()], first, consistent, total };
}

/**
 * Lists all items with a cursor. Ends at an empty page, and at a cursor that is empty or repeats: docs/services/ionos.md,
 * Lists.
 */
export async function listByCursor(
  http: HttpClient,
  path: string,
  signal: AbortSignal,
): Promise<readonly Json[]> {
  const items = new Map<string, Json>();
  const seen = new Set<string>();
  let cursor: string | undefined;
  for (let page = 0; ; page += 1) {
    if (page === maxPages) throw truncatedList(`${maxPages} pages of a list`);
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
  if (typeof id !== 'string') throw unexpectedShape('a list of objects with IDs');
  return id;
}
