import { omittedText, shownProblems } from './shown-problems.ts';

/** The code of an error. Scripts may rely on it. */
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
  | 'STATE_UNAVAILABLE'
  | 'STATE_LOST'
  | 'STATE_KEY'
  | 'PLAN_STALE'
  | 'PLAN_UNSAFE'
  | 'INTERRUPTED'
  | 'INTERNAL';

/** A place in a manifest. Line and column count from 1. */
export interface SourceLocation {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** The path in the document, for example `tokens[0].scopes[1].name`. */
  readonly path?: string;
  /** The line itself, with a line of markers under it; credentials are masked. */
  readonly excerpt?: string;
}

/** A problem as a plain value, to be collected, rendered and written as JSON. */
export interface Problem {
  readonly code: ErrorCode;
  /** The description of the problem, with the thing that it concerns. */
  readonly message: string;
  /** The advice for fixing it. */
  readonly hint?: string;
  readonly source?: SourceLocation;
  /** The status of the response that caused it. */
  readonly httpStatus?: number;
}

/** An expected failure. Any other exception is a bug. */
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

/** Several problems at once: everything that is wrong with the input of a run. */
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

/** A function that receives unexpected exceptions, to show their stack for debugging. */
export type ReportBug = (error: unknown) => void;

/**
 * Returns the plain value of any error. An unexpected exception is a bug: it fails the token that it concerns and no other.
 * Its text may quote input, so only the report gets it.
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

/** Returns the plain value of an error, for a plan or a result. Rethrows unexpected exceptions. */
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
