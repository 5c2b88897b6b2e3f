import { diff } from '../core/diff.ts';
import { ReconcileError } from '../core/errors.ts';
import type { FieldRules } from '../core/fields.ts';
import type { Fields, Observed } from '../core/model.ts';
import type { Target } from './target.ts';
import type { Tools } from './tools.ts';
import { poll } from './wait.ts';

/** How long a field that the service may not let us patch can lag behind before it counts as ignored. */
const doubtMilliseconds = 10_000;

/**
 * The token once the API shows the wanted fields. Asks nothing where the write's own answer shows them.
 * Throws `API_REJECTED` where the service ignored a change, `WAIT_TIMEOUT` where the time is over.
 *
 * @param answer the token as the write's answer showed it
 */
export async function untilShown(
  target: Target,
  answer: Observed,
  wanted: Fields,
  rules: FieldRules,
  { clock, stop, watcher }: Tools,
): Promise<Observed> {
  const { desired, client, scope } = target;
  let latest = answer;
  const differing = (): readonly string[] => diff(wanted, latest.fields).map(({ field }) => field);
  if (differing().length === 0) return answer;

  const look = async (signal: AbortSignal): Promise<boolean> => {
    latest = (await client.read(scope, answer.id, signal)) ?? latest;
    return differing().length === 0;
  };
  const wait = async (milliseconds: number, done: () => boolean): Promise<void> => {
    await poll(async (over) => ((await look(AbortSignal.any([over, stop]))) || done() ? true : undefined), {
      clock,
      signal: stop,
      timeoutMilliseconds: milliseconds,
      waits: () => watcher.waits(desired.address, 'to show as written'),
    });
  };

  const timeout = desired.wait ? desired.waitTimeoutSeconds * 1000 : 0;
  // What else was asked for is there, and only doubtful fields are not: they were not lagging, but ignored.
  const onlyDoubtful = (): boolean => differing().every((field) => rules[field]?.doubtful);
  const othersShown = (): boolean => onlyDoubtful() && differing().length < Object.keys(wanted).length;
  await wait(onlyDoubtful() ? Math.min(timeout, doubtMilliseconds) : timeout, othersShown);
  if (differing().length > 0 && !onlyDoubtful() && desired.wait) {
    throw new ReconcileError({
      code: 'WAIT_TIMEOUT',
      message: `${latest.name} (${latest.id}): the API doesn't show ${differing().join(', ')} as written after ${desired.waitTimeoutSeconds} s`,
      hint: 'run reconcile plan to see what it shows now; raise wait_timeout if it is only slow',
    });
  }
  if (differing().length > 0) {
    const lists = diff(wanted, latest.fields).map(
      ({ field, before, after }) =>
        `${field}: asked for ${JSON.stringify(after)}, is ${JSON.stringify(before)}`,
    );
    throw new ReconcileError({
      code: 'API_REJECTED',
      message: `${latest.name} (${latest.id}): the server ignored the change to ${differing().join(', ')} (${lists.join('; ')})`,
      hint: 'make a new token with this setting under another name, and declare the old one state: absent',
    });
  }
  return latest;
}

/** Returns once a deleted token is gone. Throws `WAIT_TIMEOUT`. */
export async function untilGone(target: Target, id: string, { clock, stop, watcher }: Tools): Promise<void> {
  const { desired, client, scope } = target;
  if (!desired.wait) return;
  const gone = await poll(
    async (over) => ((await client.read(scope, id, AbortSignal.any([over, stop]))) ? undefined : true),
    {
      clock,
      signal: stop,
      timeoutMilliseconds: desired.waitTimeoutSeconds * 1000,
      waits: () => watcher.waits(desired.address, 'to be gone'),
    },
  );
  if (!gone) {
    throw new ReconcileError({
      code: 'WAIT_TIMEOUT',
      message: `the token ${id} in ${desired.place} was deleted, and the API still shows it after ${desired.waitTimeoutSeconds} s`,
      hint: 'run again later; raise wait_timeout if the service is only slow',
    });
  }
}
