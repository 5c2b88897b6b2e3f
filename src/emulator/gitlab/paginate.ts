import type { Context } from 'hono';
import { badParameter } from './errors.ts';
import { integerQuery } from './query.ts';
import type { GitlabQuirks } from './quirks.ts';

const defaultSize = 20;
const maxSize = 100;

/** Maximum number of items whose total is shown. */
const maxTotal = 10_000;

/** A function that returns the page of a list that a request asks for, and sets the headers of the response. */
export type Paginate = <Item>(context: Context, items: readonly Item[]) => readonly Item[];

/**
 * Creates the pagination of one GitLab: docs/services/gitlab.md, Lists. It counts the lists, as a quirk gives the
 * first ones a wrong total.
 */
export function createPaginate({ totals, nextPage, movingTotals, linkOrigin }: GitlabQuirks): Paginate {
  let lists = 0;
  return (context, items) => {
    const page = Math.max(1, integerQuery(context, 'page', 1));
    const asked = integerQuery(context, 'per_page', defaultSize);
    if (asked === 0) throw badParameter('per_page has a value not allowed');
    const size = asked < 0 ? defaultSize : Math.min(asked, maxSize);
    lists += 1;
    const total = items.length + (lists <= movingTotals ? 1 : 0);
    const showsTotal = totals && total <= maxTotal;
    const last = Math.max(1, Math.ceil(total / size));
    const next = page < last ? String(page + 1) : '';

    context.header('x-page', String(page));
    context.header('x-per-page', String(size));
    context.header('x-prev-page', page > 1 ? String(page - 1) : '');
    if (nextPage) context.header('x-next-page', next);
    if (showsTotal) {
      context.header('x-total', String(total));
      context.header('x-total-pages', String(last));
    }

    const link = (to: number | string, rel: string): string => {
      const url = new URL(context.req.url);
      url.searchParams.set('page', String(to));
      url.searchParams.set('per_page', String(size));
      const origin = linkOrigin === 'same' ? url.origin : linkOrigin;
      return `<${origin}${url.pathname}${url.search}>; rel="${rel}"`;
    };
    context.header(
      'link',
      [
        ...(page > 1 ? [link(page - 1, 'prev')] : []),
        ...(next === '' ? [] : [link(next, 'next')]),
        link(1, 'first'),
        ...(showsTotal ? [link(last, 'last')] : []),
      ].join(', '),
    );
    return items.slice((page - 1) * size, page * size);
  };
}
