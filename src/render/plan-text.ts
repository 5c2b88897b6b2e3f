import { countActions } from '../core/model/action-counts.ts';
import type { Change, FieldChange, Plan } from '../core/model/plan.ts';
import { counted } from '../core/util/counted.ts';
import { compareCodeUnits } from '../core/util/json.ts';
import {
  detail,
  errorLines,
  paragraph,
  placeText,
  sinkText,
  summaryLines,
  titleLine,
} from './change-lines.ts';
import { countsText, sentences } from './counts.ts';
import { changedText, listChanges } from './field-values.ts';
import { printable } from './sanitize.ts';
import { painter, type Style } from './style.ts';

/** Renders a plan as text: the changes, their reasons and places, and a summary line. */
export function renderPlanText(plan: Plan, style: Style): string {
  const shown = plan.changes.filter(isShown);
  const paint = painter(style);
  const lines = shown.flatMap((change, index) =>
    changeLines(change, style, sameError(change, shown[index + 1])),
  );
  const guards = plan.guards.flatMap(({ message, hint }) => [
    paragraph(`refused: ${message}`, style, paint.error),
    ...(hint === undefined ? [] : [paragraph(`→ ${hint}`, style)]),
  ]);
  return [
    ...lines,
    ...guards,
    ...(lines.length + guards.length > 0 ? [''] : []),
    ...summaryLines(planSummary(plan), style).map(paint.bold),
    ...nextRotation(plan).flatMap((line) => summaryLines(line, style).map(paint.dim)),
    '',
  ].join('\n');
}

/** Tells whether a change is shown: one that does nothing is only counted, unless it has a warning. */
export function isShown({ action, warnings }: Change): boolean {
  return action !== 'noop' || warnings.length > 0;
}

/** Returns a plan in one line. */
export function planSummary({ changes, manifestChangesOmitted: omitted }: Plan): string {
  const { create, patch, replace, delete: deleted, deliver, noop, error } = countActions(changes);
  const changing = countsText({
    'to create': create,
    'to patch': patch,
    'to replace': replace,
    'to delete': deleted,
    'to deliver': deliver,
  });
  const unchanged = countsText({ unchanged: noop });
  const errors = error === 0 ? '' : counted(error, 'error');
  const notShown = omitted ? `${counted(omitted, 'manifest change')} not shown` : '';
  if (changing === '' && errors === '') {
    const nothing = omitted === undefined ? ['No changes', 'Tokens match the manifests'] : ['No drift'];
    return sentences([...nothing, unchanged, notShown]);
  }
  const [first = '', ...others] = [changing, unchanged, errors, notShown].filter((text) => text !== '');
  return sentences([`Plan: ${first}`, ...others]);
}

/** Returns the earliest next rotation among the families that aren't shown already. */
function nextRotation({ changes }: Plan): readonly string[] {
  const due = changes
    .filter((change) => !isShown(change))
    .flatMap(({ address, family }) => (family?.rotationDue ? [{ address, at: family.rotationDue }] : []))
    .sort((a, b) => compareCodeUnits(a.at, b.at) || compareCodeUnits(a.address, b.address));
  const [first, ...more] = due;
  if (!first) return [];
  const others = more.length === 0 ? '' : `, ${more.length} more later`;
  return [printable(`Next rotation due: ${first.address} on ${first.at}${others}.`)];
}

/** Returns notes about a family besides its current change, a sentence each. */
export function familyLines({ family }: Change): readonly string[] {
  if (!family) return [];
  const { next, rotationDue, retained } = family;
  return [
    ...(next
      ? [`generation ${next.name}${rotationDue === null ? '' : `; the next one is due on ${rotationDue}`}`]
      : []),
    ...(!next && rotationDue !== null ? [`the next generation is due on ${rotationDue}`] : []),
    ...retained.map(({ name, until }) =>
      until === null ? `${name} stays for the overlap` : `${name} stays until ${until}`,
    ),
  ];
}

/** Tells whether the next change fails for the very same reason: then it is shown once, under the last of them. */
function sameError({ error }: Change, next: Change | undefined): boolean {
  return error !== null && next?.error?.code === error.code && next.error.message === error.message;
}

function changeLines(change: Change, style: Style, errorFollows: boolean): readonly string[] {
  const paint = painter(style);
  const why = reasonOf(change);
  const drift = driftOf(change);
  return [
    titleLine(change, placeText(change.source), style, renamed(change)),
    ...(why === undefined ? [] : [paragraph(why, style, paint.dim)]),
    ...(drift === undefined ? [] : [paragraph(drift, style, paint.warning)]),
    ...familyLines(change).map((line) => paragraph(line, style, paint.dim)),
    ...change.fields.flatMap((field) => fieldLines(change, field, style)),
    ...(change.secret ?? []).map((sink) =>
      detail('secret', printable(`→ ${sinkText(sink, change.source)}`), style),
    ),
    ...(change.error && !errorFollows ? errorLines(change.error, style) : []),
    ...change.warnings.map((warning) => paragraph(`warning: ${warning}`, style, paint.warning)),
  ];
}

/** Returns the cause of a change in a sentence; `undefined` if it was the manifest alone. */
export function driftOf({ cause, action }: Change): string | undefined {
  if (cause === 'both')
    return 'drift: the live token and the manifest have both changed since the last apply';
  if (cause !== 'drift') return undefined;
  switch (action) {
    case 'create':
      return 'drift: the token has been deleted since the last apply';
    case 'delete':
      return 'drift: the token was created outside this manifest';
    case 'deliver':
      return 'drift: a sink no longer has the secret';
    default:
      return 'drift: the live token has changed since the last apply, and the manifest has not';
  }
}

/** Returns the reason and the manner of a change, unless the fields show them. */
export function reasonOf({
  action,
  custody,
  fields,
  replaceOrder,
  reason,
  secret,
}: Change): string | undefined {
  if (action === 'patch' && secret !== null) return reason;
  if (action === 'patch' || action === 'noop' || action === 'error') return undefined;
  if (action !== 'replace' || custody === 'undelivered') return reason;
  return fields.some(({ isName }) => isName) ? undefined : `${reason}: ${orderText(replaceOrder)}`;
}

/** Returns in words which token of a replacement goes first. */
export function orderText(order: Change['replaceOrder']): string {
  return order === 'delete_first'
    ? 'the old token is deleted first'
    : 'new token first, then the old one is deleted';
}

/** Returns `team-a/old-name → new-name`, printable, if the token changes its name. */
export function renamed({ action, kind, address, fields }: Change): string | undefined {
  const name = action === 'replace' ? fields.find(({ isName }) => isName) : undefined;
  if (!name) return undefined;
  const scope = address.slice(kind.length + 1, address.lastIndexOf('/'));
  return `${printable(scope)}/${changedText(name.field, name.before)} → ${changedText(name.field, name.after)}`;
}

function fieldLines(
  { action, replaceOrder }: Change,
  { field, before, after, isName }: FieldChange,
  style: Style,
): readonly string[] {
  const label = printable(field);
  if (action === 'create') return [detail(label, changedText(field, after), style)];
  if (action === 'replace' && isName) {
    return [
      detail(
        label,
        `${changedText(field, before)} → ${changedText(field, after)}   immutable: ${orderText(replaceOrder)}`,
        style,
      ),
    ];
  }
  const line = `${changedText(field, before)} → ${changedText(field, after)}`;
  if (Array.isArray(before) && Array.isArray(after) && line.length > style.width - 22) {
    const { removed, added } = listChanges(before, after);
    return [...removed.map((item) => `- ${item}`), ...added.map((item) => `+ ${item}`)].map((item, index) =>
      detail(index === 0 ? label : '', item, style),
    );
  }
  return [detail(label, line, style)];
}
