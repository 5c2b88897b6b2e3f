import type { Problem } from '../core/model/errors.ts';
import type { Change, Result } from '../core/model/plan.ts';
import { liveToken, type Target } from '../observe/target.ts';

/** Returns the result of an address before anything is done. */
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

/** The result of a change while it is carried out, so that a partial failure is reported correctly. */
export class ResultBuilder {
  #result: Result;

  constructor(result: Result) {
    this.#result = result;
  }

  wrote(more: Partial<Pick<Result, 'id' | 'object' | 'deliveredTo'>>): void {
    this.#result = { ...this.#result, ...more, changed: true };
  }

  /** Adds warnings that came up while the change was carried out. */
  warn(warnings: readonly string[]): void {
    const { warnings: known, newWarnings = [] } = this.#result;
    const news = warnings.filter((warning) => !known.includes(warning));
    if (news.length === 0) return;
    this.#result = { ...this.#result, warnings: [...known, ...news], newWarnings: [...newWarnings, ...news] };
  }

  /** Records which fields the service doesn't show. */
  hide(fields: readonly string[]): void {
    const hidden = [...new Set([...(this.#result.hidden ?? []), ...fields])];
    if (hidden.length > 0) this.#result = { ...this.#result, hidden };
  }

  /** Updates the result after the address was planned again. */
  planned(change: Change): void {
    const { action, id, warnings } = change;
    this.#result = { ...this.#result, action, id, warnings };
  }

  applied(): Result {
    return { ...this.#result, status: this.#result.action === 'noop' ? 'unchanged' : 'applied' };
  }

  /** Returns the result of a change that a concurrent run carries out, so that nothing remains to be done here. */
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
