import type { Problem } from '../core/errors.ts';
import type { Result, Status } from '../core/model.ts';
import { nameOf } from './entry.ts';
import {
  code,
  placeCode,
  problemLine,
  type Show,
  shower,
  sinkLine,
  symbolCode,
  warningLine,
} from './markdown.ts';
import { type Item, renderDocument } from './markdown-document.ts';
import { halfDone, resultSummary, statusText, staysDone } from './result-text.ts';

/** What went wrong comes first, and is left out last. */
const ranks: readonly Status[] = ['failed', 'not_run', 'applied', 'unchanged'];

/** What became of each change, as Markdown for reviewers, of at most 60,000 bytes. */
export function renderResultMarkdown(
  results: readonly Result[],
  guards: readonly Problem[],
  mask: (text: string) => string,
): string {
  const show = shower(mask);
  const items = results
    .filter(({ status, warnings }) => status !== 'unchanged' || warnings.length > 0)
    .sort((a, b) => ranks.indexOf(a.status) - ranks.indexOf(b.status))
    .map((result) => itemOf(result, show));
  return renderDocument(
    {
      summary: resultSummary(results),
      guards,
      items,
      rest: 'run `reconcile plan` for the rest, as far as it is still to be done',
    },
    show,
  );
}

function itemOf(result: Result, show: Show): Item {
  const { action, kind, source, deliveredTo, error, warnings } = result;
  return {
    what: `${symbolCode(action, show)}${statusText(result)}`,
    token: `${kind} ${code(show(nameOf(result)))}`,
    place: placeCode(source, show),
    details: [
      ...(error ? [problemLine(error, show)] : []),
      ...(halfDone(result) ? [staysDone] : []),
      ...(deliveredTo ?? []).map((sink) => sinkLine(sink, show)),
      ...warnings.map((warning) => warningLine(warning, show)),
    ],
  };
}
