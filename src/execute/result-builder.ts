import { type Problem, ReconcileError } from '../core/model/errors.ts';
import type { Change, Result } from '../core/model/model.ts';
import { liveToken, type Target } from '../observe/target.ts';

/** Where an address stands before anything was done. */
export function initialResult(change: Change, target: Target | undefined): Result {
  const live = target && change.action !== 'delete' ? liveToken(target, change.id) : undefined;
  return {
    address: change.address,
    kind: change.kind,
    action: change.action,
    status: change.action === 'noop' ? 'unchanged' : change.action === 'error' ? 'failed' : 'not_run',
    changed: false,
    id: change.id,
    ...(live && { object: live.object }),
    error: change.error,
    warnings: change.warnings,
    source: change.source,
  };
}

/** What is known of a change while it is carried out, so that a failure half-way is told as it is. */
export class ResultBuilder {
  #result: Result;

  constructor(result: Result) {
    this.#result = result;
  }

  wrote(more: Partial<Pick<Result, 'id' | 'object' | 'deliveredTo'>>): void {
    this.#result = { ...this.#result, ...more, changed: true };
  }

  /** Tells what came up while the change was carried out. */
  warn(warnings: readonly string[]): void {
    const { warnings: known, newWarnings = [] } = this.#result;
    const news = warnings.filter((warning) => !known.includes(warning));
    if (news.length === 0) return;
    this.#result = { ...this.#result, warnings: [...known, ...news], newWarnings: [...newWarnings, ...news] };
  }

  /** Tells which fields the service doesn't show. */
  hide(fields: readonly string[]): void {
    const hidden = [...new Set([...(this.#result.hidden ?? []), ...fields])];
    if (hidden.length > 0) this.#result = { ...this.#result, hidden };
  }

  /** The address was planned again, and this came of it. */
  planned(change: Change): void {
    const { action, id, warnings } = change;
    this.#result = { ...this.#result, action, id, warnings };
  }

  applied(): Result {
    return { ...this.#result, status: this.#result.action === 'noop' ? 'unchanged' : 'applied' };
  }

  /** Another run does it: nothing is to be done here, and nothing is left of what was. */
  yielded(why: string): Result {
    const { warnings } = this.#result;
    return { ...this.#result, status: 'unchanged', changed: false, warnings: [...warnings, why] };
  }

  failed(error: Problem): Result {
    return {
      ...this.#result,
      status: 'failed',
      error: { ...error, source: error.source ?? this.#result.source },
    };
  }
}

/** The same failure with more said about it. */
export function withContext(error: ReconcileError, message: string, hint: string): ReconcileError {
  const { code, httpStatus } = error;
  return new ReconcileError(
    { code, message, hint, ...(httpStatus !== undefined && { httpStatus }) },
    { cause: error },
  );
}
