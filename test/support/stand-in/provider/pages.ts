import { isObject, type Json } from '../../../../src/core/util/json.ts';
import type { HttpClient, HttpResponse } from '../../../../src/http/client.ts';
import { truncatedList, unexpectedShape } from './decode.ts';

const pageSize = 100;
const maxPages = 10_000;

/** A list, and the response to its first page. */
interface List {
  readonly items: readonly Json[];
  readonly first: HttpResponse;
}

/** Lists all items. A list that changes meanwhile is read again, once. Throws if it is incomplete then, too. */
export async function listAll(http: HttpClient, path: string, signal: AbortSignal): Promise<List> {
  const list = await readPages(http, path, signal);
  if (list.isComplete) return list;
  const again = await readPages(http, path, signal);
  if (!again.isComplete) throw truncatedList(`${again.items.length} items of a list`);
  return again;
}

async function readPages(
  http: HttpClient,
  path: string,
  signal: AbortSignal,
): Promise<List & { readonly isComplete: boolean }> {
  const items = new Map<number, Json>();
  const totals = new Set<number>();
  let first: HttpResponse | undefined;
  for (let page = 1; page <= maxPages; page += 1) {
    const query = { page, page_size: pageSize };
    const response = await http.send({ method: 'GET', path, query, totalHeader: 'x-total-count' }, signal);
    first ??= response;
    if (!Array.isArray(response.body)) throw unexpectedShape('a list');
    for (const item of response.body) items.set(numberOf(item), item);
    if (response.total === undefined) {
      if (response.body.length > 0) continue;
      return { items: [...items.values()], first, isComplete: true };
    }
    totals.add(response.total);
    if (response.body.length === 0 || items.size >= response.total) {
      const isComplete = totals.size === 1 && items.size === response.total;
      return { items: [...items.values()], first, isComplete };
    }
  }
  throw truncatedList(`${maxPages} pages of a list`);
}

function numberOf(item: Json): number {
  const id = isObject(item) ? item['id'] : undefined;
  if (typeof id !== 'number') throw unexpectedShape('a list of objects with numbers');
  return id;
}
