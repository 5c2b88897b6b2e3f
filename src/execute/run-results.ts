import type { Problem } from '../core/model/errors.ts';
import { hiddenWarning } from '../core/model/granted-values.ts';
import type { Change, Plan, Result } from '../core/model/plan.ts';
import type { Target } from '../observe/target.ts';
import { initialResult } from './result-builder.ts';

/** The results of a run by address. Every address of the plan has one, which is `not_run` until its change has an outcome. */
export class RunResults {
  readonly #changes: readonly Change[];
  readonly #targets: ReadonlyMap<string, Target>;
  readonly #results: Map<string, Result>;

  constructor({ changes }: Plan, targets: ReadonlyMap<string, Target>) {
    this.#changes = changes;
    this.#targets = targets;
    this.#results = new Map(changes.map((change) => [change.address, this.#initial(change)]));
  }

  /** Returns the result of each address, without the warnings that `all` adds. */
  get byAddress(): ReadonlyMap<string, Result> {
    return this.#results;
  }

  /** Sets the result of a change that was carried out. */
  set(result: Result): void {
    this.#results.set(result.address, result);
  }

  /** Fails a change before anything was done for it. */
  fail(change: Change, problem: Problem): void {
    this.set({ ...this.#initial(change), status: 'failed', error: { ...problem, source: change.source } });
  }

  /** Fails all changes of an entry before anything was done for them. */
  failEntry(entryAddress: string, problem: Problem): void {
    for (const change of this.#changes) if (change.entryAddress === entryAddress) this.fail(change, problem);
  }

  /**
   * Returns the results in the order of the plan. Adds one warning for each field of a kind that the service turned out not
   * to show, unless the plan already has it.
   */
  all(): readonly Result[] {
    const reported = new Set(this.#changes.flatMap(({ warnings }) => warnings));
    return [...this.#results.values()].map((result) => {
      const news = (result.hidden ?? [])
        .map((field) => hiddenWarning(result.kind, field))
        .filter((warning) => !reported.has(warning));
      for (const warning of news) reported.add(warning);
      if (news.length === 0) return result;
      const { warnings, newWarnings = [] } = result;
      return { ...result, warnings: [...warnings, ...news], newWarnings: [...newWarnings, ...news] };
    });
  }

  #initial(change: Change): Result {
    return initialResult(change, this.#targets.get(change.entryAddress));
  }
}
