import type { Action, Result } from '../core/model/plan.ts';
import { detail, errorLines, paragraph, titleLine } from './change-lines.ts';
import { printable } from './sanitize.ts';
import { painter, type Style } from './style.ts';

const done: Readonly<Record<Action, string>> = {
  create: 'created',
  patch: 'patched',
  replace: 'replaced',
  delete: 'deleted',
  deliver: 'delivered',
  noop: 'unchanged',
  error: 'failed',
};

/** Renders the result of each change as text, and a summary line. */
export function renderResultText(results: readonly Result[], style: Style): string {
  const paint = painter(style);
  const lines = results
    .filter((result) => result.status !== 'unchanged' || isLeftToOthers(result))
    .flatMap((result) => [
      titleLine(result, statusText(result), style),
      ...(result.deliveredTo ?? []).map((sink) =>
        detail('secret', printable(`→ ${sink.replace(':', ' ')}`), style),
      ),
      ...(result.error ? errorLines(result.error, style) : []),
      ...(isPartial(result) ? [paragraph(partialNote, style)] : []),
      ...(isLeftToOthers(result) ? result.warnings.map((why) => paragraph(why, style)) : []),
      ...(result.newWarnings ?? []).map((warning) => paragraph(`warning: ${warning}`, style, paint.warning)),
    ]);
  return [...lines, ...(lines.length > 0 ? [''] : []), paint.bold(resultSummary(results)), ''].join('\n');
}

/** Tells whether a concurrent run makes the change. */
function isLeftToOthers({ status, action }: Result): boolean {
  return status === 'unchanged' && action !== 'noop';
}

/** Note for a failure that came after something was written. */
export const partialNote = 'what was done before that stays done';

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
  const parts = (['create', 'patch', 'replace', 'delete', 'deliver'] as const)
    .map((action) => ({
      action,
      number: count((result) => result.status === 'applied' && result.action === action),
    }))
    .filter(({ action, number }) => number > 0 || action !== 'deliver')
    .map(({ action, number }) => `${number} ${done[action]}`);
  const unchanged = count(({ status }) => status === 'unchanged');
  const failed = count(({ status }) => status === 'failed');
  const notRun = count(({ status }) => status === 'not_run');
  const bad = [...(failed > 0 ? [`${failed} failed`] : []), ...(notRun > 0 ? [`${notRun} not run`] : [])];
  return `Apply: ${parts.join(', ')}. ${unchanged} unchanged.${bad.length > 0 ? ` ${bad.join(', ')}.` : ''}`;
}
