import { failedCheck, type HealthCheck } from '../../core/model/health-check.ts';
import { counted } from '../../core/util/counted.ts';
import type { State } from '../../custody/state/state.ts';

/** Checks the state directory, and whether the spool is empty. */
export function checkState({ store: { label }, problems, spool }: State): HealthCheck {
  const name = 'state directory';
  const [problem] = problems;
  if (problem) return failedCheck(name, problem);
  const waiting = spool.entries().length;
  if (waiting === 0) return { name, state: 'ok', message: label };
  return {
    name,
    state: 'failed',
    message: `${label}: ${counted(waiting, 'entry', 'entries')} of an interrupted run in the spool`,
    fix: 'reconcile apply finishes it; reconcile spool list shows it',
  };
}
