import equal from 'fast-deep-equal';
import { ReconcileError } from '../core/model/errors.ts';
import { fitFields } from '../core/model/field-rules.ts';
import { isAnsweredGrant, isGranted, shownValue } from '../core/model/granted-values.ts';
import type { Grants } from '../core/model/grants.ts';
import type { FieldChange } from '../core/model/plan.ts';
import type { Fields, Observed } from '../core/model/token.ts';
import type { Target } from '../observe/target.ts';
import type { ExecutionContext } from './context.ts';
import { poll } from './poll.ts';

/** Wait for a field that the service may ignore, before it counts as ignored. */
const ignoredPatchTimeoutMs = 10_000;

/** A token that was written. */
export interface Written {
  /** The token as the response to the write showed it. */
  readonly response: Observed;
  readonly wanted: Fields;
  /** The token before a PATCH; `undefined` for a new token, or if it isn't known. */
  readonly before: Observed | undefined;
}

/** A token as the service shows it after a write, with the granted values that differ from the requested ones. */
export interface Shown {
  readonly token: Observed;
  readonly grants: Grants;
}

/**
 * Returns the token once the API shows the wanted fields, or the values granted instead. Sends no request if the response to
 * the write shows all of them. Throws `API_REJECTED` if the service ignored a change, `WAIT_TIMEOUT` if the time is over.
 */
export async function waitUntilApplied(
  target: Target,
  { response, wanted, before }: Written,
  { clock, stop, listener }: ExecutionContext,
): Promise<Shown> {
  const { desired, client, scope, rules } = target;
  let latest = response;
  // A response to a write may leave out fields that a read shows.
  let isWhole = false;
  // Until the token is read, a value that the response leaves out is only assumed.
  const isUnseen = (field: string): boolean => !isWhole && latest.assumed?.includes(field) === true;
  const differing = (): readonly FieldChange[] =>
    Object.entries(fitFields(rules, wanted, latest.origin.created, latest.fields))
      .map(([field, after]) => ({ field, before: latest.fields[field] ?? null, after }))
      .filter(({ field, before: shown, after }) => isUnseen(field) || !equal(shown, after));
  if (differing().length === 0) return { token: response, grants: {} };

  const isUnchanged = (field: string): boolean =>
    before !== undefined && equal(shownValue(latest, field), shownValue(before, field));
  const isSettled = ({ field, after }: FieldChange): boolean => {
    const shown = shownValue(latest, field);
    if (shown === null) return isWhole;
    return !isUnchanged(field) && isAnsweredGrant(rules[field], after, shown);
  };
  const late = (): readonly FieldChange[] => differing().filter((change) => !isSettled(change));
  // The service may have been asked for a value other than the one it grants, and have granted that value before.
  const mayStay = ({ field, before: shown, after }: FieldChange): boolean =>
    isGranted(rules[field], after, shown);
  const mayBeLeft = (change: FieldChange): boolean =>
    rules[change.field]?.patchMayBeIgnored === true ||
    isUnseen(change.field) ||
    (isUnchanged(change.field) && (mayStay(change) || rules[change.field]?.expiry !== undefined));

  const look = async (signal: AbortSignal): Promise<boolean> => {
    const shown = await client.read(scope, response.id, signal);
    if (shown) {
      latest = shown;
      isWhole = true;
    }
    return late().length === 0;
  };
  const wait = async (milliseconds: number, done: () => boolean): Promise<void> => {
    await poll(async (over) => ((await look(AbortSignal.any([over, stop]))) || done() ? true : undefined), {
      clock,
      signal: stop,
      timeoutMilliseconds: milliseconds,
      onWait: () => listener.onWait(desired.address, 'to show the change'),
    });
  };

  const timeout = desired.wait ? desired.waitTimeoutSeconds * 1000 : 0;
  // The other requested fields show, and only these don't. So they were not lagging, but ignored.
  const onlyLeft = (): boolean => late().every(mayBeLeft);
  const othersShown = (): boolean => isWhole && onlyLeft() && late().length < Object.keys(wanted).length;
  // A name that is neither the old one nor the new one isn't caused by a lag.
  const otherName = (): FieldChange | undefined =>
    before && late().find(({ field }) => rules[field]?.identity && !isUnchanged(field));
  await wait(
    onlyLeft() && late().length > 0 ? Math.min(timeout, ignoredPatchTimeoutMs) : timeout,
    () => othersShown() || otherName() !== undefined,
  );
  rejectOtherName(latest, otherName());
  const missing = late().filter(
    (change) =>
      !(isUnchanged(change.field) && mayStay(change)) &&
      !(isUnseen(change.field) && equal(change.before, change.after)),
  );
  // With `wait: false` a new token need not show as written yet.
  if (before || desired.wait) rejectMissing(target, latest, missing);
  const settled = differing().filter(({ field }) => !missing.some((change) => change.field === field));
  return {
    token: latest,
    grants: Object.fromEntries(
      settled.map(({ field, after }) => [field, { asked: after, granted: shownValue(latest, field) }]),
    ),
  };
}

/** Throws if the service has given a token a completely different name. */
function rejectOtherName({ id }: Observed, change: FieldChange | undefined): void {
  if (!change) return;
  throw new ReconcileError({
    code: 'API_REJECTED',
    message: `${id}: requested the ${change.field} ${JSON.stringify(change.after)}, but the service set ${JSON.stringify(change.before)}`,
    hint: 'run reconcile plan to see the current values',
  });
}

/** Throws if fields are not as they were written. */
function rejectMissing({ desired, rules }: Target, token: Observed, missing: readonly FieldChange[]): void {
  if (missing.length === 0) return;
  const fields = missing.map(({ field }) => field).join(', ');
  if (
    desired.wait &&
    missing.some(({ field }) => !rules[field]?.patchMayBeIgnored && !rules[field]?.expiry)
  ) {
    throw new ReconcileError({
      code: 'WAIT_TIMEOUT',
      message: `${token.name} (${token.id}): the API doesn't show ${fields} as written after ${desired.waitTimeoutSeconds} s`,
      hint: 'run reconcile plan to see the current values; if the service is slow, raise wait_timeout',
    });
  }
  const lists = missing.map(
    ({ field, before, after }) =>
      `${field}: requested ${JSON.stringify(after)}, got ${JSON.stringify(before)}`,
  );
  throw new ReconcileError({
    code: 'API_REJECTED',
    message: `${token.name} (${token.id}): the server ignored the change to ${fields} (${lists.join('; ')})`,
    hint: 'declare a new token with this setting under another name, and set state: absent on the old one',
  });
}

/** Returns once a deleted token is gone. Throws `WAIT_TIMEOUT`. */
export async function waitUntilDeleted(
  target: Target,
  id: string,
  { clock, stop, listener }: ExecutionContext,
): Promise<void> {
  const { desired, client, scope } = target;
  if (!desired.wait) return;
  const gone = await poll(
    async (over) => ((await client.read(scope, id, AbortSignal.any([over, stop]))) ? undefined : true),
    {
      clock,
      signal: stop,
      timeoutMilliseconds: desired.waitTimeoutSeconds * 1000,
      onWait: () => listener.onWait(desired.address, 'to be deleted'),
    },
  );
  if (!gone) {
    throw new ReconcileError({
      code: 'WAIT_TIMEOUT',
      message: `the token ${id} in ${desired.place} was deleted, but the API still shows it after ${desired.waitTimeoutSeconds} s`,
      hint: 'run again later; if the service is slow, raise wait_timeout',
    });
  }
}
