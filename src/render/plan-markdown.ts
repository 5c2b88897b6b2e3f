import type { Action, Change, FieldChange, Plan } from '../core/model/plan.ts';
import { nameOf } from './change-lines.ts';
import { changedText, listChanges } from './field-values.ts';
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
import { driftOf, familyLines, isShown, orderText, planSummary, reasonOf, renamed } from './plan-text.ts';

/** Order of importance to a reviewer: the first is left out last. */
const ranks: readonly Action[] = ['error', 'delete', 'replace', 'patch', 'create', 'deliver', 'noop'];

/** Renders a plan as Markdown for reviewers, of at most 60,000 bytes. */
export function renderPlanMarkdown(plan: Plan, mask: (text: string) => string): string {
  const show = createEscaper(mask);
  const items = plan.changes
    .filter(isShown)
    .sort((a, b) => ranks.indexOf(a.action) - ranks.indexOf(b.action))
    .map((change) => itemOf(change, show));
  return renderDocument(
    { summary: planSummary(plan), guards: plan.guards, items, rest: 'run `reconcile plan` for the rest' },
    show,
  );
}

function itemOf(change: Change, show: Escaper): ReportItem {
  const { action, kind, source, fields, secret, error, warnings } = change;
  const why = reasonOf(change);
  const drift = driftOf(change);
  return {
    what: `${symbolCode(action, show)}${action === 'noop' ? 'unchanged' : action}`,
    token: `${kind} ${code(show(renamed(change) ?? nameOf(change)))}`,
    place: placeCode(source, show),
    details: [
      ...(why === undefined ? [] : [`**reason**: ${show(why)}`]),
      ...(drift === undefined ? [] : [show(drift)]),
      ...familyLines(change).map(show),
      ...fields.flatMap((field) => fieldLines(change, field, show)),
      ...(secret ?? []).map((sink) => sinkLine(sink, show)),
      ...(error ? [problemLine(error, show)] : []),
      ...warnings.map((warning) => warningLine(warning, show)),
    ],
  };
}

/** Returns a line for a field, or a line for each item of a list that is added or removed. */
function fieldLines(
  { action, replaceOrder }: Change,
  { field, before, after, isName }: FieldChange,
  show: Escaper,
): readonly string[] {
  const value = (text: string): string => code(show(text));
  const line = (text: string): string => `${value(field)}: ${text}`;
  const was = action === 'create' ? [] : before;
  if (Array.isArray(was) && Array.isArray(after)) {
    const { removed, added } = listChanges(was, after);
    const items = [
      ...removed.map((item) => line(`− ${value(item)}`)),
      ...added.map((item) => line(`+ ${value(item)}`)),
    ];
    if (items.length > 0) return items;
  }
  const is = value(changedText(field, after));
  if (action === 'create') return [line(is)];
  const how = action === 'replace' && isName ? `, immutable: ${orderText(replaceOrder)}` : '';
  return [line(`${value(changedText(field, before))} → ${is}${how}`)];
}
