import type { Action, Result } from '../core/model/plan.ts';
import { errorLines, nameOf, paragraph, sinkText, summaryLines, titleLine } from './change-lines.ts';
import { countsText, sentences } from './counts.ts';
import { printable, wrap, wrapLines } from './sanitize.ts';
import { painter, type Style } from './style.ts';
import { textWidth } from './text-width.ts';

const done: Readonly<Record<Action, string>> = {
  create: 'created',
  patch: 'patched',
  replace: 'replaced',
  delete: 'deleted',
  deliver: 'delivered',
  noop: 'unchanged',
  error: 'failed',
};

/**
 * Returns the line of a change that is done: "team-a/ci-push: created in 0.8 s, secret → file secrets/ci-push.json". On a
 * terminal that is too narrow for it, each sink has a line of its own.
 *
 * @param seconds the duration of the change
 */
export function renderDone(result: Result, seconds: number, style: Style): string {
  const { action, status, deliveredTo = [], source } = result;
  const paint = painter(style);
  const isFailed = status === 'failed';
  const words = `${nameOf(result)}: ${statusText(result)} in ${durationText(seconds)}`;
  const painted = (text: string): string => (isFailed ? paint.error(text) : paint.action(action, text));
  const secrets = deliveredTo.map((sink) => printable(`secret → ${sinkText(sink, source)}`));
  const isTooWide = style.terminal && textWidth([words, ...secrets].join(', ')) > style.width;
  if (!isTooWide) return `${[painted(words), ...secrets].join(', ')}\n`;
  const lines = secrets.map((text) => wrapLines(`    ${text}`, style.width));
  return `${[...wrap(words, style.width).map(painted), ...lines].join('\n')}\n`;
}

function durationText(seconds: number): string {
  if (seconds < 59.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  return `${Math.floor(whole / 60)} min ${whole % 60} s`;
}

/** Renders what is to be said of changes once all are done: errors and warnings, and a summary line. */
export function renderResultText(results: readonly Result[], style: Style): string {
  const paint = painter(style);
  const lines = results
    .filter(hasMoreToSay)
    .flatMap((result) => [
      titleLine(result, statusText(result), style),
      ...(result.error ? errorLines(result.error, style) : []),
      ...(isPartial(result) ? [paragraph(partialNote, style)] : []),
      ...(isCreatedByOtherRun(result) ? result.warnings.map((why) => paragraph(why, style)) : []),
      ...(result.newWarnings ?? []).map((warning) => paragraph(`warning: ${warning}`, style, paint.warning)),
    ]);
  return [
    ...lines,
    ...(lines.length > 0 ? [''] : []),
    ...summaryLines(resultSummary(results), style).map(paint.bold),
    '',
  ].join('\n');
}

/** Tells whether the line of a change doesn't tell all. */
function hasMoreToSay(result: Result): boolean {
  const { status, newWarnings = [] } = result;
  return status === 'failed' || status === 'not_run' || newWarnings.length > 0 || isCreatedByOtherRun(result);
}

/** Tells whether a concurrent run makes the change. */
function isCreatedByOtherRun({ status, action }: Result): boolean {
  return status === 'unchanged' && action !== 'noop';
}

/** Note for a failure that came after something was written. */
export const partialNote = 'changes made before the failure stay in place';

/** Tells whether a change failed after something was written. */
export function isPartial({ status, changed }: Result): boolean {
  return status === 'failed' && changed;
}

/** Returns the result of a change in a word or two. */
export function statusText({ status, action }: Result): string {
  if (status === 'applied') return done[action];
  return status === 'not_run' ? 'not run' : status;
}

/** Returns the results of all changes in one line. */
export function resultSummary(results: readonly Result[]): string {
  const count = (test: (result: Result) => boolean): number => results.filter(test).length;
  const applied = (['create', 'patch', 'replace', 'delete', 'deliver'] as const).map((action) => {
    const number = count((result) => result.status === 'applied' && result.action === action);
    return [done[action], number] as const;
  });
  const [first = 'nothing to do', ...others] = [
    countsText(Object.fromEntries(applied)),
    countsText({ unchanged: count(({ status }) => status === 'unchanged') }),
    countsText({
      failed: count(({ status }) => status === 'failed'),
      'not run': count(({ status }) => status === 'not_run'),
    }),
  ].filter((text) => text !== '');
  return sentences([`Apply: ${first}`, ...others]);
}
