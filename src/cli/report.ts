import { countActions } from '../core/model/action-counts.ts';
import type { Problem } from '../core/model/errors.ts';
import type { Change, Plan, Result } from '../core/model/plan.ts';
import { planJson, resultJson, summarizeResults } from '../render/json.ts';
import { renderPlanMarkdown } from '../render/plan-markdown.ts';
import { renderPlanText } from '../render/plan-text.ts';
import { renderResultMarkdown } from '../render/result-markdown.ts';
import { renderResultText } from '../render/result-text.ts';
import { appendOutputs, appendStepSummary } from './github-outputs.ts';
import type { Format } from './options.ts';
import type { Session } from './session.ts';

/** Shows a plan: on stdout, and to GitHub Actions. */
export async function showPlan(session: Session, plan: Plan, format: Format): Promise<void> {
  const document = (): string => renderPlanMarkdown(plan, session.runtime.masker.maskOwn);
  noteAboutMarkdown(session, format);
  if (format === 'json') session.printJson(planJson(plan));
  else session.print(format === 'markdown' ? document() : renderPlanText(plan, session.stdoutStyle));
  annotate(session, plan.changes, plan.guards);
  await appendStepSummary(session, document);
  const summary = countActions(plan.changes);
  const changed = summary.noop + summary.error < plan.changes.length;
  await appendOutputs(session, { changed, ...summary, digest: plan.digest });
}

/**
 * Shows the results of an apply: on stdout, and to GitHub Actions.
 *
 * @param executed whether there were any changes; text then reports their results
 */
export async function showResults(
  session: Session,
  results: readonly Result[],
  guards: readonly Problem[],
  { format, executed }: { readonly format: Format; readonly executed: boolean },
): Promise<void> {
  const document = (): string => renderResultMarkdown(results, guards, session.runtime.masker.maskOwn);
  noteAboutMarkdown(session, format);
  if (format === 'json') session.printJson(resultJson(results, guards));
  else if (format === 'markdown') session.print(document());
  else if (executed) session.print(`\n${renderResultText(results, session.stdoutStyle)}`);
  annotate(session, results, guards);
  await appendStepSummary(session, document);
  const changed = results.some((result) => result.changed);
  await appendOutputs(session, { changed, ...summarizeResults(results) });
}

/** Tells a person at a terminal where Markdown belongs. */
function noteAboutMarkdown(session: Session, format: Format): void {
  if (format !== 'markdown' || !session.io.stdout.isTTY) return;
  session.info('Markdown is for comments and job summaries: write it to a file, for example with > plan.md.');
}

/**
 * Annotates the errors of a plan or an apply, and the warnings of changes without an error, which `--strict` may have
 * caused.
 */
function annotate(
  { annotations }: Session,
  entries: readonly Pick<Change | Result, 'address' | 'error' | 'warnings' | 'source'>[],
  guards: readonly Problem[],
): void {
  for (const guard of guards) annotations.add(guard, 'error', guard.code);
  for (const { address, error, warnings, source } of entries) {
    if (error) annotations.add({ source, ...error }, 'error', `${error.code}: ${address}`);
    else for (const message of warnings) annotations.add({ message, source }, 'warning', address);
  }
}
