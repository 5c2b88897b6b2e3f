import { type GitFaultKind, gitFaultKind } from './fault.ts';
import type { GitResult } from './run-git.ts';

/**
 * The outcome of `git push --porcelain` for its only ref. `rejected`: the remote or the comparison with its ref refused it,
 * or it couldn't be sent. `unknown`: no clear response arrived, and the push may have been accepted.
 */
export type PushStatus =
  | { readonly kind: 'accepted' }
  | { readonly kind: 'rejected'; readonly cause: 'changed' | 'protected' | Refusal }
  | { readonly kind: 'rejected'; readonly cause: 'other'; readonly summary: string }
  | { readonly kind: 'unknown'; readonly fault: GitFaultKind };

/** Summaries without a clear response: the server has failed, perhaps after it had moved the ref. */
const unclear =
  /remote failure|failed to report|internal error|server error|timed? ?out|unavailable|try again/i;

/** Summaries of a ref that isn't the expected one, before the push or at the moment of it. */
const changed =
  /stale info|fetch first|non-fast-forward|already exists|remote ref updated|failed to update ref|cannot lock ref|failed to lock|incorrect old value/i;

const protection = /protected|hook declined|\brules?(ets?)?\b|GH\d{3}|not allowed|prohibited|policy/i;

/** Kinds of faults after which the push surely hasn't taken effect, and wouldn't if it was sent again. */
const refusals = [
  'denied',
  'no_credentials',
  'not_found',
  'other_format',
  'host_key',
  'certificate',
  'not_started',
] as const;

type Refusal = (typeof refusals)[number];

/** Returns the outcome of a push. The status line decides before the messages. */
export function pushStatus(result: GitResult): PushStatus {
  // The flag of a ref that was updated, created or already up to date. It is printed after the remote's report.
  const [, flag, summary = ''] = /^([ +*=!])\t[^\t\n]*\t(.*)$/m.exec(result.stdout.toString('utf8')) ?? [];
  if (result.succeeded || (flag !== undefined && flag !== '!')) return { kind: 'accepted' };
  if (flag === '!' && !unclear.test(summary)) return { kind: 'rejected', ...causeOf(summary, result.stderr) };
  const fault = gitFaultKind(result);
  return isRefusal(fault) ? { kind: 'rejected', cause: fault } : { kind: 'unknown', fault };
}

function causeOf(
  summary: string,
  stderr: string,
): { cause: 'changed' | 'protected' | 'denied' } | { cause: 'other'; summary: string } {
  if (changed.test(summary)) return { cause: 'changed' };
  if (protection.test(summary) || protection.test(stderr)) return { cause: 'protected' };
  if (/permission|denied|authori[sz]ed/i.test(summary)) return { cause: 'denied' };
  return { cause: 'other', summary };
}

function isRefusal(kind: GitFaultKind): kind is Refusal {
  return (refusals as readonly GitFaultKind[]).includes(kind);
}
