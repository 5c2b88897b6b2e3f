import { sinksOf, whereHeld } from '../core/assess.ts';
import { unfinishedReplace } from '../core/custody.ts';
import { diff } from '../core/diff.ts';
import { ReconcileError } from '../core/errors.ts';
import { expiryOf, type FieldRule, fieldsOf, identityOf } from '../core/fields.ts';
import { freeGenerationName, markedAt } from '../core/generation.ts';
import { asRecorded, bears, grantWarnings, hiddenFields } from '../core/granted.ts';
import { formatInstant } from '../core/instant.ts';
import {
  type Change,
  type Fields,
  type FileSink,
  type Observed,
  type RetiredToken,
  type Sink,
  sinkName,
} from '../core/model.ts';
import { sameId } from '../core/ours.ts';
import type { SpoolEntry } from '../custody/spool.ts';
import { completed } from './completed.ts';
import { confirm, crossOff, isStillThere, retire } from './confirm.ts';
import { makeToken, type Order } from './create.ts';
import { followName, forget, keyOf, setApart } from './doubts.ts';
import { hostIfKnown, requireHost } from './host.ts';
import { type Report, retold } from './report.ts';
import { hasRivals, Yielded, yieldToRival } from './rival.ts';
import { liveToken, type Snapshot, type Target } from './target.ts';
import { serverNow, type Tools, unstoppable } from './tools.ts';
import { untilGone, untilShown, type Written } from './verify.ts';

/** What is left to do about a change once its writes are sent. */
export interface Rest {
  /** Looks for what was written in the closing listing of its scope, and asks for it alone where that lacks it. */
  readonly confirm?: (closing: Snapshot | undefined) => Promise<void>;
  run(): Promise<void>;
}

/** One change on its way. */
export interface Work {
  readonly change: Change;
  readonly target: Target;
  readonly report: Report;
  readonly tools: Tools;
}

/** The token that a change is about is gone: its address has to be planned again. */
export class Gone extends Error {
  readonly id: string;
  constructor(id: string) {
    super(`${id} is gone`);
    this.id = id;
  }
}

/** The writes of each action. */
export const steps = { create, patch, replace, delete: remove, deliver };

async function create(work: Work): Promise<Rest> {
  const { change, target, report, tools } = work;
  const revokes = change.family?.makes?.revokes === true;
  const order = { target, fields: named(work), ...takingOver(work), revokes };
  const made = await makeToken(order, tools);
  report.wrote({ id: made.token.id, object: made.token.object });
  return handOver(work, made.entry, made.token);
}

/**
 * What is sent for a new token. A generation that has waited is named by the minute in which it is created: by its name and
 * its creation time later runs tell that it is one.
 */
function named({ change: { write }, target, tools }: Work): Fields {
  const { desired, rules, snapshot } = target;
  const field = identityOf(rules);
  const marked = markedAt(String(write[field]));
  const now = serverNow(tools.clock, snapshot);
  if (!desired.rotation || marked === undefined || now < marked + 2 * minute) return write;
  const taken = new Set(snapshot.tokens.family(desired.rotation.base).map(({ name }) => name));
  return { ...write, [field]: freeGenerationName(desired.rotation.base, now, taken) };
}

const minute = 60;

async function replace(work: Work): Promise<Rest> {
  const { change, target, report, tools } = work;
  const old = retired(work);
  // A half-made token is deleted as what it is: the rest of an attempt of ours, if that still holds. What was made
  // under another name is not looked for under this one.
  const isOurs = change.custody === 'half_made' && old.name === change.write[identityOf(target.rules)];
  const made = await makeToken(
    {
      target,
      fields: change.write,
      old: isOurs ? null : old,
      order: isOurs ? null : change.order,
      ...(change.order === 'delete_first' &&
        !isOurs && {
          deleteFirst: async () => {
            await target.client.delete(target.scope, old.id, unstoppable);
            report.wrote({});
            await forget(target, old, tools);
            await untilGone(target, old.id, tools);
          },
        }),
    },
    tools,
  );
  report.wrote({ id: made.token.id, object: made.token.object });
  return handOver(work, made.entry, made.token);
}

/** A create that finishes a replace of an earlier run is part of that replace still. */
function takingOver({ change, target }: Work): Pick<Order, 'old' | 'order'> {
  const name = String(change.write[identityOf(target.rules)] ?? '');
  const begun = unfinishedReplace(target.record(name), target.desired.address);
  return { old: begun?.old ?? null, order: begun?.order ?? null };
}

/**
 * Steps 6 to 10 of the create protocol: the sinks, after what the create couldn't say; then what can wait for the closing
 * listing.
 */
async function handOver(work: Work, entry: SpoolEntry, answer: Observed | undefined): Promise<Rest> {
  const { change, target, report, tools } = work;
  const { custodian, stop } = tools;
  const { desired } = target;
  const later = laterFields(work, entry, answer);
  const patched = later && (await patchKept(work, later));
  const { delivered, failures } = await custodian.deliver(entry, sinksOf(desired), desired.address);
  report.wrote({ deliveredTo: delivered });
  const [failure] = failures;
  if (failure) {
    throw retold(
      failure,
      `${failures.map(({ message }) => message).join('; ')}; the secret is kept in the spool`,
      `${failure.hint ?? 'mend the sink'}; the next reconcile apply delivers it, and makes no second token`,
    );
  }
  const placed = { name: entry.attempt.name, host: entry.made?.registry };
  const places = await custodian.places(sinksOf(desired), placed);
  return {
    async confirm(closing) {
      const whole = await completed(target, entry);
      // A list that lagged before may show another run's token by now. What waited in the spool may be in use already, and
      // a generation beside another one is resolved by the next run.
      if (answer && !target.uniqueNames && !desired.rotation) {
        await yieldToRival(target, whole, tools, { closing, delivered });
      }
      const token = await confirm(target, whole, places, closing, tools);
      report.wrote({ object: (patched ?? answer ?? token).object });
    },
    async run() {
      const { old, order, name, fields } = entry.attempt;
      if (old && order === 'create_first') await retireOld(work, name, old);
      if (stop.aborted) return;
      if (answer) await show(work, { answer: patched ?? answer, wanted: fields, before: undefined });
      else if (patched) await show(work, { answer: patched, wanted: later.write, before: undefined });
      if (change.action === 'deliver') await patchRest(work, idOf(change));
    },
  };
}

/**
 * What a create doesn't take is patched once the secret is in the spool, and before it goes anywhere: a token that is to
 * be inactive is, and until then the attempt alone knows what was carried over.
 */
async function patchKept(
  work: Work,
  { id, write }: { readonly id: string; readonly write: Fields },
): Promise<Observed> {
  try {
    return await sendPatch(work, id, write);
  } catch (error) {
    if (!(error instanceof ReconcileError)) throw error;
    throw retold(
      error,
      `${error.message}; the secret is kept in the spool`,
      `${error.hint ?? 'run again'}; the next reconcile apply goes on from there, and makes no second token`,
    );
  }
}

/** What is to be patched of a new token, and its ID; nothing as a rule. */
function laterFields(
  { change, target: { rules } }: Work,
  { attempt, made }: SpoolEntry,
  answer: Observed | undefined,
): { readonly id: string; readonly write: Fields } | undefined {
  if (!made) return undefined;
  const wanted = fieldsOf(answer ? attempt.fields : change.write, rules, isLater);
  const left = answer
    ? diff(wanted, answer.fields)
    : Object.entries(wanted).map(([field, after]) => ({ field, after }));
  if (left.length === 0) return undefined;
  return { id: made.id, write: Object.fromEntries(left.map(({ field, after }) => [field, after])) };
}

function isLater({ afterwards }: FieldRule): boolean {
  return afterwards === true;
}

async function retireOld({ target, report, tools }: Work, name: string, old: RetiredToken): Promise<void> {
  try {
    tools.stop.throwIfAborted();
    const kept = await retire(target, name, old, tools);
    if (kept === undefined) await untilGone(target, old.id, tools);
    else report.warn([kept]);
  } catch (error) {
    if (!(error instanceof ReconcileError)) throw error;
    throw retold(
      error,
      `the new token is made and its secret is safe, but the old one (${old.id}) may still live: ${error.message}`,
      'run again: the next reconcile apply deletes it',
    );
  }
}

/** A secret that an earlier run has left in the spool, or one that a sink lacks and another has. */
async function deliver(work: Work): Promise<Rest> {
  const { change, target, report, tools } = work;
  const { custodian, clock } = tools;
  const { spool, ledger } = custodian.state;
  const id = idOf(change);
  const entry = spool.entries().find(({ made }) => made?.id === id);
  if (entry) {
    if (!(await isStillThere(target, entry, tools))) {
      await spool.remove(entry.attempt);
      throw new Gone(id);
    }
    const confirmed = ledger.entry(entry.attempt.key)?.id === id;
    // Whoever has begun to deliver has looked for rivals before; what its sinks held is gone.
    const begun = target
      .record(entry.attempt.name)
      .holdings.some(({ holding }) => typeof holding === 'object' && sameId(holding.id, id));
    if (hasRivals(target) && !confirmed && !begun) await yieldToRival(target, entry, tools);
    report.wrote({});
    return handOver(work, entry, undefined);
  }
  const token = liveToken(target, id);
  const refill = token && whereHeld(token, target.record(token.name), sinksOf(target.desired)).refill;
  if (!token || !refill) throw new TypeError(`nothing to deliver for ${change.address}`);
  await fill(work, token, refill);
  const now = formatInstant(Math.floor(clock.now() / 1000));
  const filled = [refill.from, ...refill.sinks];
  const host = await hostIfKnown(target, filled);
  const places = await custodian.places(filled, { name: token.name, host });
  await ledger.update(
    keyOf(target, token.name),
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

async function fill(
  { target, report, tools }: Work,
  token: Observed,
  { from, sinks }: { readonly from: FileSink; readonly sinks: readonly Sink[] },
): Promise<void> {
  const { kind, address } = target.desired;
  const { created } = token.origin;
  const { delivered, failures } = await tools.custodian.refill(from, sinks, {
    kind,
    address,
    name: token.name,
    // As the service names it: the file that the secret is read from may say anything.
    registry: await requireHost(target, sinks, tools.stop),
    expiresAt: expiryOf(target.rules, token.fields),
    createdAt: created === null ? null : formatInstant(created),
  });
  if (delivered.length > 0) report.wrote({ deliveredTo: delivered });
  const [failure] = failures;
  if (failure) throw failure;
}

async function patch(work: Work): Promise<Rest> {
  const { write } = work.change;
  const before = liveToken(work.target, work.change.id);
  const answer = await sendPatch(work, idOf(work.change), write);
  return { run: () => show(work, { answer, wanted: write, before }) };
}

/** After a delivery, what else is not as declared. */
async function patchRest(work: Work, id: string): Promise<void> {
  const isWaiting = work.change.custody === 'half_made';
  const { write } = work.change;
  // Of a secret that waited, what its create didn't take is patched already.
  const rest = isWaiting ? fieldsOf(write, work.target.rules, (rule) => !isLater(rule)) : write;
  if (Object.keys(rest).length === 0) return;
  const before = liveToken(work.target, id);
  await show(work, { answer: await sendPatch(work, id, rest), wanted: rest, before });
}

async function sendPatch({ target, report, tools }: Work, id: string, write: Fields): Promise<Observed> {
  const identity = identityOf(target.rules);
  const live = liveToken(target, id);
  const names = [live?.name, live?.fields[identity], write[identity]];
  await setApart(
    target,
    { id },
    names.filter((name) => typeof name === 'string'),
    tools,
  );
  try {
    const answered = await target.client.patch(target.scope, id, write, unstoppable).catch(async (error) => {
      // It is done, and the answer doesn't say what came of it.
      const shown = isUnreadable(error) ? await target.client.read(target.scope, id, unstoppable) : undefined;
      if (!shown) throw error;
      return shown;
    });
    const answer = await aboutToken(answered, id, target);
    report.wrote({ object: answer.object });
    await followName(target, { id: answer.id, name: recordedAs(target, answer, write, tools) }, tools);
    return answer;
  } catch (error) {
    if (error instanceof ReconcileError && error.code === 'NOT_FOUND') throw new Gone(id);
    throw error;
  }
}

/** The answer to a PATCH, if it is about the token that was patched; else that token as it is read. */
async function aboutToken(answer: Observed, id: string, { client, scope }: Target): Promise<Observed> {
  if (sameId(answer.id, id)) return answer;
  const shown = await client.read(scope, id, unstoppable);
  if (!shown) throw new Gone(id);
  return shown;
}

/** The name that a token is on record under once it was patched: the one that was asked for, if the service changed it. */
function recordedAs(target: Target, answer: Observed, write: Fields, { custodian }: Tools): string {
  const { ledger, spool } = custodian.state;
  const known = [
    liveToken(target, answer.id)?.name,
    spool.entries().find(({ made }) => made && sameId(made.id, answer.id))?.attempt.name,
    ledger.holding([answer.id])?.entry.name,
  ];
  const asked = write[identityOf(target.rules)];
  const names = typeof asked === 'string' ? [asked] : known;
  return names.find((name) => name !== undefined && bears(answer, name)) ?? answer.name;
}

function isUnreadable(error: unknown): boolean {
  const status = error instanceof ReconcileError ? error.httpStatus : undefined;
  return status !== undefined && status >= 200 && status < 300;
}

/** Waits until a token shows as it was written, and notes what the service granted instead. */
async function show({ target, report, tools }: Work, written: Written): Promise<void> {
  const { token, grants } = await untilShown(target, written, tools);
  report.wrote({ object: token.object });
  const { ledger } = tools.custodian.state;
  await ledger.recordGranted(token.id, Object.keys(written.wanted), grants);
  const recorded = asRecorded(token, token.name, grants);
  report.warn(grantWarnings(written.wanted, recorded));
  report.hide(hiddenFields(written.wanted, recorded));
}

async function remove(work: Work): Promise<Rest> {
  const { change, target, report, tools } = work;
  const id = idOf(change);
  if (change.leftover?.over) {
    await target.client.delete(target.scope, id, unstoppable);
    await crossOff(target, change.leftover.successor, change.leftover, tools);
  } else if (change.leftover) {
    const kept = await retire(target, change.leftover.successor, change.leftover, tools);
    if (kept !== undefined) throw new Yielded(kept);
  } else {
    await target.client.delete(target.scope, id, unstoppable);
    await forget(target, retired(work), tools);
  }
  report.wrote({});
  return {
    async confirm(closing) {
      if (closing && !closing.tokens.withId(id)) return;
      await untilGone(target, id, tools);
    },
    run: async () => undefined,
  };
}

function retired({ change, target }: Work): RetiredToken {
  const id = idOf(change);
  const token = liveToken(target, id);
  return { id, name: token?.name ?? '', created: token?.origin.created ?? null };
}

function idOf(change: Change): string {
  if (change.id === null) throw new TypeError(`${change.action} of ${change.address} without an ID`);
  return change.id;
}
