import { toProblem } from '../../core/model/errors.ts';
import { failedCheck, type HealthCheck } from '../../core/model/health-check.ts';
import { counted } from '../../core/util/counted.ts';
import type { State } from '../../custody/state/state.ts';

/** Checks the state: whether it can be read and written, is free, has a key that fits, and has an empty spool. */
export async function checkState(state: State): Promise<readonly HealthCheck[]> {
  return [
    checkContent(state),
    ...(state.store.sealing ? [checkKey(state)] : []),
    ...(await checkLock(state)),
  ];
}

function checkContent({ store: { label, folder }, problems, spool }: State): HealthCheck {
  const name = 'state';
  const [problem] = problems;
  if (problem) return failedCheck(name, problem);
  const waiting = spool.entries().length;
  if (waiting > 0) {
    return {
      name,
      state: 'failed',
      message: `${label}: ${counted(waiting, 'entry', 'entries')} of an interrupted run in the spool`,
      fix: 'reconcile apply finishes it; reconcile spool list shows it',
    };
  }
  const limit =
    folder === undefined
      ? '; a dry-run push succeeds, but rules of the Git server show only in a real one'
      : '';
  return { name, state: 'ok', message: `${label}${limit}` };
}

/** Checks the key of the secrets in a branch. Nothing is decrypted. */
function checkKey({ store, spool }: State): HealthCheck {
  const name = 'state key';
  const own = store.sealing?.recipient;
  const other = [...spool.recipients].find((recipient) => recipient !== own);
  if (other !== undefined) {
    return {
      name,
      state: 'failed',
      message: `the spool holds a secret that is encrypted to ${other}, ${own === undefined ? 'and there is no key' : `but the key is that of ${own}`}`,
      fix: 'set RECONCILE_STATE_KEY to that key, or pass it to --state-key',
    };
  }
  if (own !== undefined) return { name, state: 'ok', message: `secrets are encrypted to ${own}` };
  return {
    name,
    state: 'skipped',
    message: 'not set; plan needs none, but apply needs one to create a token',
  };
}

/** Checks whether another run holds the state; nothing is reported if none does. */
async function checkLock({ store }: State): Promise<readonly HealthCheck[]> {
  const name = 'state lock';
  try {
    const holder = await store.holder();
    if (holder === undefined) return [];
    return [
      {
        name,
        state: 'failed',
        message: `held by ${holder}`,
        fix: 'wait for that run; if it is surely dead: reconcile state unlock',
      },
    ];
  } catch (error) {
    return [failedCheck(name, toProblem(error))];
  }
}
