import { interruptedReplace } from '../core/model/custody-record.ts';
import { ReconcileError } from '../core/model/errors.ts';
import { expiryOf, type FieldRule, filterFields, nameFieldOf } from '../core/model/field-rules.ts';
import { nextGenerationName, timestampOf } from '../core/model/generation-name.ts';
import { asRecorded, bears, grantWarnings, hiddenFields } from '../core/model/granted-values.ts';
import type { Change, RetiredToken } from '../core/model/plan.ts';
import { type FileSink, type Sink, sinkName } from '../core/model/sink.ts';
import type { Fields, Observed } from '../core/model/token.ts';
import { sinkCoverage, sinksOf } from '../core/plan/custody.ts';
import { diffFields } from '../core/plan/diff.ts';
import { sameId } from '../core/plan/ownership.ts';
import { formatInstant } from '../core/util/instant.ts';
import { neverAborted } from '../core/util/never-aborted.ts';
import type { SpoolEntry } from '../custody/state/spool.ts';
import { hostIfKnown, requireHost } from '../observe/registry-host.ts';
import { liveToken, type Snapshot, type Target } from '../observe/target.ts';
import { completed } from './completed.ts';
import { canRace, DeferredToOtherRun, deferToOlder } from './concurrent-run.ts';
import { confirmCreated, deleteSuperseded, isLive, removeFromLedger } from './confirm.ts';
import { type ExecutionContext, serverNow } from './context.ts';
import { type CreateRequest, createToken } from './create.ts';
import { type ResultBuilder, withContext } from './result-builder.ts';
import { forgetToken, ledgerKey, markPreexisting, renameRecord } from './unresolved.ts';
import { type Written, waitUntilApplied, waitUntilDeleted } from './wait-until.ts';

/** The work that remains for a change after its writes are sent. */
export interface FollowUp {
  /** Looks for the written token in the final listing of its scope, and reads it by ID if the listing lacks it. */
  readonly confirm?: (closing: Snapshot | undefined) => Promise<void>;
  run(): Promise<void>;
}

/** A change that is being carried out. */
export interface ChangeContext {
  readonly change: Change;
  readonly target: Target;
  readonly report: ResultBuilder;
  readonly context: ExecutionContext;
}

/** Thrown if the token of a change is gone. Its address is then planned again. */
export class TokenGoneError extends Error {
  readonly id: string;
  constructor(id: string) {
    super(`${id} is gone`);
    this.id = id;
  }
}

/** The function that sends the writes of each action. */
export const actions = { create, patch, replace, delete: remove, deliver };

async function create(work: ChangeContext): Promise<FollowUp> {
  const { change, target, report, context } = work;
  const revokes = change.family?.next?.revokes === true;
  const order = { target, fields: named(work), ...interruptedReplaceOf(work), revokes };
  const made = await createToken(order, context);
  report.wrote({ id: made.token.id, object: made.token.object });
  return deliverAndConfirm(work, made.entry, made.token);
}

/**
 * Returns the fields to send for a new token. If a generation had to wait, its name gets the minute in which it is created.
 * Later runs recognise a generation by its name and creation time.
 */
function named({ change: { payload }, target, context }: ChangeContext): Fields {
  const { desired, rules, snapshot } = target;
  const field = nameFieldOf(rules);
  const marked = timestampOf(String(payload[field]));
  const now = serverNow(context.clock, snapshot);
  if (!desired.rotation || marked === undefined || now < marked + 2 * minute) return payload;
  const taken = new Set(snapshot.tokens.generationsOf(desired.rotation.base).map(({ name }) => name));
  return { ...payload, [field]: nextGenerationName(desired.rotation.base, now, taken) };
}

const minute = 60;

async function replace(work: ChangeContext): Promise<FollowUp> {
  const { change, target, report, context } = work;
  const old = retired(work);
  // An undelivered token is deleted as a leftover of our attempt, if it still qualifies as one. A token created under
  // another name is not looked for under this one.
  const isOurs = change.custody === 'undelivered' && old.name === change.payload[nameFieldOf(target.rules)];
  const made = await createToken(
    {
      target,
      fields: change.payload,
      old: isOurs ? null : old,
      order: isOurs ? null : change.replaceOrder,
      ...(change.replaceOrder === 'delete_first' &&
        !isOurs && {
          deleteFirst: async () => {
            await target.client.delete(target.scope, old.id, neverAborted);
            report.wrote({});
            await forgetToken(target, old, context);
            await waitUntilDeleted(target, old.id, context);
          },
        }),
    },
    context,
  );
  report.wrote({ id: made.token.id, object: made.token.object });
  return deliverAndConfirm(work, made.entry, made.token);
}

/** Returns the interrupted replace that this create finishes, so that the create is recorded as part of it. */
function interruptedReplaceOf({ change, target }: ChangeContext): Pick<CreateRequest, 'old' | 'order'> {
  const name = String(change.payload[nameFieldOf(target.rules)] ?? '');
  const begun = interruptedReplace(target.recordFor(name), target.desired.address);
  return { old: begun?.old ?? null, order: begun?.order ?? null };
}

/**
 * Delivers the secret after patching the fields that the create doesn't accept, and returns the work that waits for the
 * final listing: docs/create-protocol.md, steps 6 to 10.
 */
async function deliverAndConfirm(
  work: ChangeContext,
  entry: SpoolEntry,
  response: Observed | undefined,
): Promise<FollowUp> {
  const { change, target, report, context } = work;
  const { secretStore, stop } = context;
  const { desired } = target;
  const later = laterFields(work, entry, response);
  const patched = later && (await patchKept(work, later));
  const { delivered, failures } = await secretStore.deliver(entry, sinksOf(desired), desired.address);
  report.wrote({ deliveredTo: delivered });
  const [failure] = failures;
  if (failure) {
    throw withContext(
      failure,
      `${failures.map(({ message }) => message).join('; ')}; the secret is kept in the spool`,
      `${failure.hint ?? 'fix the sink'}; the next reconcile apply delivers it and creates no second token`,
    );
  }
  const placed = { name: entry.attempt.name, host: entry.made?.registry };
  const places = await secretStore.places(sinksOf(desired), placed);
  return {
    async confirm(closing) {
      const whole = await completed(target, entry);
      // An earlier listing may have lagged, so a concurrent run's token may only show now. A secret that waited in the spool
      // may already be in use. A generation beside another one is resolved by the next run.
      if (response && !target.uniqueNames && !desired.rotation) {
        await deferToOlder(target, whole, context, { closing, delivered });
      }
      const token = await confirmCreated(target, whole, places, closing, context);
      report.wrote({ object: (patched ?? response ?? token).object });
    },
    async run() {
      const { old, order, name, fields } = entry.attempt;
      if (old && order === 'create_first') await retireOld(work, name, old);
      if (stop.aborted) return;
      if (response) await show(work, { response: patched ?? response, wanted: fields, before: undefined });
      else if (patched) await show(work, { response: patched, wanted: later.write, before: undefined });
      if (change.action === 'deliver') await patchRest(work, idOf(change));
    },
  };
}

/**
 * Patches the fields that the create doesn't accept, once the secret is in the spool and before it is delivered. A token
 * declared inactive is thus never delivered active. Until then only the attempt holds the values that are carried over.
 */
async function patchKept(
  work: ChangeContext,
  { id, write }: { readonly id: string; readonly write: Fields },
): Promise<Observed> {
  try {
    return await sendPatch(work, id, write);
  } catch (error) {
    if (!(error instanceof ReconcileError)) throw error;
    throw withContext(
      error,
      `${error.message}; the secret is kept in the spool`,
      `${error.hint ?? 'run again'}; the next reconcile apply continues from there and creates no second token`,
    );
  }
}

/** Returns the ID of a new token and the fields still to be patched, or `undefined` if there are none. */
function laterFields(
  { change, target: { rules } }: ChangeContext,
  { attempt, made }: SpoolEntry,
  response: Observed | undefined,
): { readonly id: string; readonly write: Fields } | undefined {
  if (!made) return undefined;
  const wanted = filterFields(response ? attempt.fields : change.payload, rules, isLater);
  const left = response
    ? diffFields(wanted, response.fields)
    : Object.entries(wanted).map(([field, after]) => ({ field, after }));
  if (left.length === 0) return undefined;
  return { id: made.id, write: Object.fromEntries(left.map(({ field, after }) => [field, after])) };
}

function isLater({ patchAfterCreate }: FieldRule): boolean {
  return patchAfterCreate === true;
}

async function retireOld(
  { target, report, context }: ChangeContext,
  name: string,
  old: RetiredToken,
): Promise<void> {
  try {
    context.stop.throwIfAborted();
    const kept = await deleteSuperseded(target, name, old, context);
    if (kept === undefined) await waitUntilDeleted(target, old.id, context);
    else report.warn([kept]);
  } catch (error) {
    if (!(error instanceof ReconcileError)) throw error;
    throw withContext(
      error,
      `the new token was created and its secret is safe, but the old one (${old.id}) may still exist: ${error.message}`,
      'run again: the next reconcile apply deletes it',
    );
  }
}

/** Delivers a secret that an earlier run left in the spool, or one that one sink has and another lacks. */
async function deliver(work: ChangeContext): Promise<FollowUp> {
  const { change, target, report, context } = work;
  const { secretStore, clock } = context;
  const { spool, ledger } = secretStore.state;
  const id = idOf(change);
  const entry = spool.entries().find(({ made }) => made?.id === id);
  if (entry) {
    if (!(await isLive(target, entry, context))) {
      await spool.remove(entry.attempt);
      throw new TokenGoneError(id);
    }
    const confirmed = ledger.entry(entry.attempt.key)?.id === id;
    // A run that has begun to deliver has already looked for concurrent runs, and has overwritten the sinks' old content.
    const begun = target
      .recordFor(entry.attempt.name)
      .sinkContents.some(({ holding }) => typeof holding === 'object' && sameId(holding.id, id));
    if (canRace(target) && !confirmed && !begun) await deferToOlder(target, entry, context);
    report.wrote({});
    return deliverAndConfirm(work, entry, undefined);
  }
  const token = liveToken(target, id);
  const refill = token && sinkCoverage(token, target.recordFor(token.name), sinksOf(target.desired)).backfill;
  if (!token || !refill) throw new TypeError(`nothing to deliver for ${change.address}`);
  await backfill(work, token, refill);
  const now = formatInstant(Math.floor(clock.now() / 1000));
  const filled = [refill.from, ...refill.sinks];
  const host = await hostIfKnown(target, filled);
  const places = await secretStore.places(filled, { name: token.name, host });
  await ledger.update(
    ledgerKey(target, token.name),
    (known) =>
      known && {
        ...known,
        delivered: {
          ...known.delivered,
          ...Object.fromEntries(filled.map((sink) => [sinkName(sink), now])),
        },
        places: { ...known.places, ...places },
      },
  );
  return { run: () => patchRest(work, id) };
}

async function backfill(
  { target, report, context }: ChangeContext,
  token: Observed,
  { from, sinks }: { readonly from: FileSink; readonly sinks: readonly Sink[] },
): Promise<void> {
  const { kind, address } = target.desired;
  const { created } = token.origin;
  const { delivered, failures } = await context.secretStore.refill(from, sinks, {
    kind,
    address,
    name: token.name,
    // The host as the service names it: the file that the secret is read from may name any host.
    registry: await requireHost(target, sinks, context.stop),
    expiresAt: expiryOf(target.rules, token.fields),
    createdAt: created === null ? null : formatInstant(created),
  });
  if (delivered.length > 0) report.wrote({ deliveredTo: delivered });
  const [failure] = failures;
  if (failure) throw failure;
}

async function patch(work: ChangeContext): Promise<FollowUp> {
  const { payload } = work.change;
  const before = liveToken(work.target, work.change.id);
  const response = await sendPatch(work, idOf(work.change), payload);
  return { run: () => show(work, { response, wanted: payload, before }) };
}

/** Patches the remaining differences after a delivery. */
async function patchRest(work: ChangeContext, id: string): Promise<void> {
  const isWaiting = work.change.custody === 'undelivered';
  const { payload } = work.change;
  // For a secret that waited in the spool, the fields that the create doesn't accept are already patched.
  const rest = isWaiting ? filterFields(payload, work.target.rules, (rule) => !isLater(rule)) : payload;
  if (Object.keys(rest).length === 0) return;
  const before = liveToken(work.target, id);
  await show(work, { response: await sendPatch(work, id, rest), wanted: rest, before });
}

async function sendPatch(
  { target, report, context }: ChangeContext,
  id: string,
  write: Fields,
): Promise<Observed> {
  const identity = nameFieldOf(target.rules);
  const live = liveToken(target, id);
  const names = [live?.name, live?.fields[identity], write[identity]];
  await markPreexisting(
    target,
    { id },
    names.filter((name) => typeof name === 'string'),
    context,
  );
  try {
    const responded = await target.client
      .patch(target.scope, id, write, neverAborted)
      .catch(async (error) => {
        // The PATCH succeeded, but its response doesn't show the result.
        const shown = isUnreadable(error)
          ? await target.client.read(target.scope, id, neverAborted)
          : undefined;
        if (!shown) throw error;
        return shown;
      });
    const response = await aboutToken(responded, id, target);
    report.wrote({ object: response.object });
    await renameRecord(
      target,
      { id: response.id, name: recordedAs(target, response, write, context) },
      context,
    );
    return response;
  } catch (error) {
    if (error instanceof ReconcileError && error.code === 'NOT_FOUND') throw new TokenGoneError(id);
    throw error;
  }
}

/** Returns the response to a PATCH if it is about the patched token, else reads that token. */
async function aboutToken(response: Observed, id: string, { client, scope }: Target): Promise<Observed> {
  if (sameId(response.id, id)) return response;
  const shown = await client.read(scope, id, neverAborted);
  if (!shown) throw new TokenGoneError(id);
  return shown;
}

/** Returns the name under which a patched token is recorded: the requested name, if the service changed it. */
function recordedAs(
  target: Target,
  response: Observed,
  write: Fields,
  { secretStore }: ExecutionContext,
): string {
  const { ledger, spool } = secretStore.state;
  const known = [
    liveToken(target, response.id)?.name,
    spool.entries().find(({ made }) => made && sameId(made.id, response.id))?.attempt.name,
    ledger.findByTokenId([response.id])?.entry.name,
  ];
  const asked = write[nameFieldOf(target.rules)];
  const names = typeof asked === 'string' ? [asked] : known;
  return names.find((name) => name !== undefined && bears(response, name)) ?? response.name;
}

function isUnreadable(error: unknown): boolean {
  const status = error instanceof ReconcileError ? error.httpStatus : undefined;
  return status !== undefined && status >= 200 && status < 300;
}

/** Waits until the API shows a token as written, and records the values that the service granted instead. */
async function show({ target, report, context }: ChangeContext, written: Written): Promise<void> {
  const { token, grants } = await waitUntilApplied(target, written, context);
  report.wrote({ object: token.object });
  const { ledger } = context.secretStore.state;
  await ledger.recordGranted(token.id, Object.keys(written.wanted), grants);
  const recorded = asRecorded(token, token.name, grants);
  report.warn(grantWarnings(written.wanted, recorded));
  report.hide(hiddenFields(written.wanted, recorded));
}

async function remove(work: ChangeContext): Promise<FollowUp> {
  const { change, target, report, context } = work;
  const id = idOf(change);
  if (change.supersededToken?.expired) {
    await target.client.delete(target.scope, id, neverAborted);
    await removeFromLedger(target, change.supersededToken.successor, change.supersededToken, context);
  } else if (change.supersededToken) {
    const kept = await deleteSuperseded(
      target,
      change.supersededToken.successor,
      change.supersededToken,
      context,
    );
    if (kept !== undefined) throw new DeferredToOtherRun(kept);
  } else {
    await target.client.delete(target.scope, id, neverAborted);
    await forgetToken(target, retired(work), context);
  }
  report.wrote({});
  return {
    async confirm(closing) {
      if (closing && !closing.tokens.byId(id)) return;
      await waitUntilDeleted(target, id, context);
    },
    run: async () => undefined,
  };
}

function retired({ change, target }: ChangeContext): RetiredToken {
  const id = idOf(change);
  const token = liveToken(target, id);
  return { id, name: token?.name ?? '', created: token?.origin.created ?? null };
}

function idOf(change: Change): string {
  if (change.id === null) throw new TypeError(`${change.action} of ${change.address} without an ID`);
  return change.id;
}
