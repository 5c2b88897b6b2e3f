import { countActions } from '../core/model/action-counts.ts';
import type { Problem, SourceLocation } from '../core/model/errors.ts';
import type { Plan, Result, RotationStatus } from '../core/model/plan.ts';
import { shownProblems } from '../core/model/shown-problems.ts';
import type { JsonObject } from '../core/util/json.ts';

/** Returns a plan as its JSON document: `schemas/plan.schema.json`. */
export function planJson(plan: Plan): JsonObject {
  return {
    version: 1,
    summary: { ...countActions(plan.changes) },
    changes: plan.changes.map((change) => ({
      address: change.address,
      kind: change.kind,
      action: change.action,
      id: change.id,
      reason: change.reason,
      fields: change.fields.map(({ field, before, after }) => ({ field, before, after })),
      secret: change.secret,
      order: change.replaceOrder,
      custody: change.custody,
      cause: change.cause,
      family: change.family && familyJson(change.family),
      error: change.error === null ? null : problemJson(change.error),
      warnings: change.warnings,
      source: { file: change.source.file, line: change.source.line, column: change.source.column },
    })),
    guards: plan.guards.map(problemJson),
    digest: plan.digest,
  };
}

function familyJson({ next, rotationDue, retained }: RotationStatus): JsonObject {
  return { makes: next && { ...next }, due: rotationDue, kept: retained.map((old) => ({ ...old })) };
}

/** Returns the results of an apply as its JSON document: `schemas/result.schema.json`. */
export function resultJson(results: readonly Result[], guards: readonly Problem[]): JsonObject {
  return {
    version: 1,
    changed: results.some(({ changed }) => changed),
    failed: guards.length > 0 || results.some(({ status }) => status === 'failed'),
    summary: summarizeResults(results),
    results: results.map((result) => ({
      address: result.address,
      kind: result.kind,
      action: result.action,
      status: result.status,
      changed: result.changed,
      failed: result.status === 'failed',
      id: result.id,
      ...(result.object && { [result.kind]: result.object }),
      ...(result.deliveredTo && { secret: { delivered_to: result.deliveredTo } }),
      ...(result.error && { error: problemJson(result.error) }),
      warnings: result.warnings,
    })),
    guards: guards.map(problemJson),
  };
}

/** Counts results by planned action, and those of them that failed or were not run. */
export function summarizeResults(results: readonly Result[]): Readonly<Record<string, number>> {
  const { error: _, ...actions } = countActions(results);
  return {
    ...actions,
    failed: results.filter(({ status }) => status === 'failed').length,
    not_run: results.filter(({ status }) => status === 'not_run').length,
  };
}

/** Returns the document that replaces any other if there is nothing but errors. */
export function errorsJson(problems: readonly Problem[]): JsonObject {
  return { version: 1, ...problemsJson('errors', problems) };
}

/** Returns the first problems, and in a field of its own the number of the others, if there are any. */
export function problemsJson(name: 'errors' | 'warnings', problems: readonly Problem[]): JsonObject {
  const { shown, omitted } = shownProblems(problems);
  return { [name]: shown.map(problemJson), ...(omitted > 0 && { [`${name}_omitted`]: omitted }) };
}

/** Returns a problem as JSON. */
function problemJson(problem: Problem): JsonObject {
  return {
    code: problem.code,
    message: problem.message,
    ...(problem.hint !== undefined && { hint: problem.hint }),
    ...(problem.httpStatus !== undefined && { http_status: problem.httpStatus }),
    ...(problem.source && { source: sourceJson(problem.source) }),
  };
}

function sourceJson({ file, line, column, path, excerpt }: SourceLocation): JsonObject {
  return {
    file,
    line,
    column,
    ...(path !== undefined && { path }),
    ...(excerpt !== undefined && { excerpt }),
  };
}
