import { omittedText, shownProblems } from './shown-problems.ts';

/** What went wrong, as a word that scripts may rely on. */
export type ErrorCode =
  | 'USAGE'
  | 'MANIFEST_SYNTAX'
  | 'MANIFEST_INVALID'
  | 'MANIFEST_CONFLICT'
  | 'REFERENCE_MISSING'
  | 'AUTH'
  | 'NOT_FOUND'
  | 'AMBIGUOUS'
  | 'IMMUTABLE'
  | 'API_REJECTED'
  | 'API_UNAVAILABLE'
  | 'OUTCOME_UNKNOWN'
  | 'WAIT_TIMEOUT'
  | 'SINK_FAILED'
  | 'LOCKED'
  | 'STATE_BROKEN'
  | 'STATE_UNSAFE'
  | 'PLAN_STALE'
  | 'PLAN_UNSAFE'
  | 'INTERRUPTED'
  | 'INTERNAL';

/** A place in a manifest. Line and column count from one. */
export interface SourceLocation {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** The path in the document, as `tokens[0].scopes[1].name`. */
  readonly path?: string;
  /** The line itself, with a line of markers under it; credentials are blanked out. */
  readonly excerpt?: string;
}

/** A problem as a plain value: what is collected, rendered and written as JSON. */
export interface Problem {
  readonly code: ErrorCode;
  /** What happened, and to what. */
  readonly message: string;
  /** What to do about it. */
  readonly hint?: string;
  readonly source?: SourceLocation;
  /** The status of the answer that caused it. */
  readonly httpStatus?: number;
}

/** Every failure that is not a bug of ours. Anything else that is thrown is a bug. */
export class ReconcileError extends Error implements Problem {
  readonly code: ErrorCode;
  readonly hint?: string;
  readonly source?: SourceLocation;
  readonly httpStatus?: number;

  constructor(problem: Problem, options?: { readonly cause?: unknown }) {
    super(problem.message, options);
    this.name = 'ReconcileError';
    this.code = problem.code;
    if (problem.hint !== undefined) this.hint = problem.hint;
    if (problem.source !== undefined) this.source = problem.source;
    if (problem.httpStatus !== undefined) this.httpStatus = problem.httpStatus;
  }
}

/** Several problems at once: all that is wrong with the input of a run. */
export class ReconcileErrors extends Error {
  readonly problems: readonly Problem[];
  constructor(problems: readonly Problem[]) {
    super(summaryOf(problems));
    this.name = 'ReconcileErrors';
    this.problems = problems;
  }
}

function summaryOf(problems: readonly Problem[]): string {
  const { shown, omitted } = shownProblems(problems);
  const more = omittedText(omitted, 'error');
  return [...shown.map(({ message }) => message), ...(more === undefined ? [] : [more])].join('\n');
}

/** Receives an exception that no code expects, to show its stack to whoever looks for the cause. */
export type ReportBug = (error: unknown) => void;

/**
 * Returns the plain value of any error. An exception that isn't ours is a bug: it fails the token that met it and no
 * other. Its text may quote what it was about, so only the report gets it.
 */
export function containedProblem(error: unknown, report: ReportBug): Problem {
  if (error instanceof ReconcileError) return toProblem(error);
  report(error);
  const name = error instanceof Error ? error.name : typeof error;
  return {
    code: 'INTERNAL',
    message: `reconcile has a bug that stopped its work on this token (${name}); the other tokens are not affected`,
    hint: 'run again with --log-level debug, and report the stack that it prints',
  };
}

/** The plain value of an error, so that it can stand in a plan or a result. Rethrows what isn't ours. */
export function toProblem(error: unknown): Problem {
  if (!(error instanceof ReconcileError)) throw error;
  return {
    code: error.code,
    message: error.message,
    ...(error.hint !== undefined && { hint: error.hint }),
    ...(error.source !== undefined && { source: error.source }),
    ...(error.httpStatus !== undefined && { httpStatus: error.httpStatus }),
  };
}
