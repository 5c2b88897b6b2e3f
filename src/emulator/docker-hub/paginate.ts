import type { Context } from 'hono';
import { BadRequest } from '../api-error.ts';
import { numberQuery } from '../request.ts';
import type { HubQuirks } from './quirks.ts';

/** The items of one page, and the links of its response. */
export interface Page<Token> {
  readonly items: readonly Token[];
  readonly links: { readonly next: string | null; readonly previous: string | null };
}

/**
 * Returns the page that a request asks for. A page after the last is empty. Throws a 400 if the number or the size is
 * below 1.
 */
export function paginateHub<Token>(
  context: Context,
  tokens: readonly Token[],
  { pageCap, foreignLinks }: HubQuirks,
): Page<Token> {
  const page = numberQuery(context.req.query('page'), 1);
  const size = Math.min(numberQuery(context.req.query('page_size'), 10), pageCap);
  if (page < 1 || size < 1)
    throw new BadRequest('page', 'page and page_size must be whole numbers of at least 1');
  const { origin, pathname } = new URL(context.req.url);
  const link = (to: number): string =>
    `${foreignLinks ? 'https://elsewhere.example' : origin}${pathname}?page=${to}&page_size=${size}`;
  return {
    items: tokens.slice((page - 1) * size, page * size),
    links: {
      next: page * size < tokens.length ? link(page + 1) : null,
      previous: page > 1 ? link(page - 1) : null,
    },
  };
}
