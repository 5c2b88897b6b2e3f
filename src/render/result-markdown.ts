import type { Problem } from '../core/model/errors.ts';
import type { Result, Status } from '../core/model/plan.ts';
import { nameOf } from './change-lines.ts';
import {
  code,
  createEscaper,
  type Escaper,
  placeCode,
  problemLine,
  sinkLine,
  symbolCode,
  warningLine,
} from './markdown.ts';
import { type ReportItem, renderDocument } from './markdown-document.ts';
import { isPartial, partialNote, resultSummary, statusText } from './result-text.ts';

/** Order of importance: failures come first, and are left out last. */
const ranks: readonly Status[] = ['failed', 'not_run', 'applied', 'unchanged'];

/** Renders the result of each change as Markdown for reviewers, of at most 60,000 bytes. */
export function renderResultMarkdown(
  results: readonly Result[],
  guards: readonly Problem[],
  mask: (text: string) => string,
): string {
  const show = createEscaper(mask);
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

function itemOf(result: Result, show: Escaper): ReportItem {
  const { action, kind, source, deliveredTo, error, warnings } = result;
  return {
    what: `${symbolCode(action, show)}${statusText(result)}`,
    token: `${kind} ${code(show(nameOf(result)))}`,
    place: placeCode(source, show),
    details: [
      ...(error ? [problemLine(error, show)] : []),
      ...(isPartial(result) ? [partialNote] : []),
      ...(deliveredTo ?? []).map((sink) => sinkLine(sink, show)),
      ...warnings.map((warning) => warningLine(warning, show)),
    ],
  };
}
