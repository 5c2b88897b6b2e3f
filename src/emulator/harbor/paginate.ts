import type { Context } from 'hono';
import { harborError } from './errors.ts';

/**
 * Returns the page that a request asks for, and sets the headers of the response: docs/services/harbor.md, Lists.
 * Throws a 422 for a number or a size out of range.
 *
 * @param total the number of items to show, which may be wrong on purpose
 */
export function paginateHarbor<Item>(
  context: Context,
  items: readonly Item[],
  total: number,
): readonly Item[] {
  const page = whole(context, 'page', 1, Number.MAX_SAFE_INTEGER);
  const size = whole(context, 'page_size', 10, 100);
  const link = (to: number, rel: string): string => {
    const { pathname, searchParams } = new URL(context.req.url);
    searchParams.set('page', String(to));
    searchParams.set('page_size', String(size));
    return `<${pathname}?${searchParams}>; rel="${rel}"`;
  };
  const links = [
    ...(page > 1 ? [link(page - 1, 'prev')] : []),
    ...(page * size < total ? [link(page + 1, 'next')] : []),
  ];
  context.header('x-total-count', String(total));
  if (links.length > 0) context.header('link', links.join(' , '));
  return items.slice((page - 1) * size, page * size);
}

function whole(context: Context, name: string, otherwise: number, most: number): number {
  const text = context.req.query(name);
  if (text === undefined) return otherwise;
  const value = /^\d+$/.test(text) ? Number(text) : 0;
  if (value < 1 || value > most) {
    const range = value > most ? `less than or equal to ${most}` : 'greater than or equal to 1';
    throw harborError(422, `${name} in query should be ${range}`);
  }
  return value;
}
