import pLimit, { type LimitFunction } from 'p-limit';
import { containedProblem, type Problem, ReconcileError } from '../core/model/errors.ts';
import { hiddenWarning } from '../core/model/granted-values.ts';
import type { Change, Plan, Result } from '../core/model/plan.ts';
import { sinkName } from '../core/model/sink.ts';
import { resolveCandidates } from '../core/plan/candidates.ts';
import { sinkCoverage, sinksOf } from '../core/plan/custody.ts';
import { decide } from '../core/plan/decide.ts';
import { protectedOne } from '../core/plan/guards.ts';
import { sameId } from '../core/plan/ownership.ts';
import { formatInstant } from '../core/util/instant.ts';
import { neverAborted } from '../core/util/never-aborted.ts';
import { singleFlight } from '../core/util/single-flight.ts';
import { indexSnapshot, resolveTarget, takeSnapshot } from '../observe/observer.ts';
import { hostIfKnown } from '../observe/registry-host.ts';
import { decisionInput, type Snapshot, type Target } from '../observe/target.ts';
import { actions, type ChangeContext, type FollowUp, TokenGoneError } from './actions.ts';
import { findUnready, whyUnready } from './check-sinks.ts';
import { DeferredToOtherRun } from './concurrent-run.ts';
import type { ExecutionContext } from './context.ts';
import { NotSentError } from './create.ts';
import { createFinalListing, type FinalListing } from './final-listing.ts';
import { recordApplied } from './record-applied.ts';
import { initialResult, ResultBuilder } from './result-builder.ts';
import { recover, type SettlementEvents, settleUnresolved } from './settle.ts';
import { emptyLedgerEntry, ledgerKey } from './unresolved.ts';

/** The input of the executor besides the plan. */
export interface ApplyOptions extends Omit<ExecutionContext, 'freshListing' | 'isDeclaredElsewhere'> {
  /** The target of each plan entry. Entries in error may be missing. */
  readonly targets: ReadonlyMap<string, Target>;
  /** Maximum number of concurrent requests. */
  readonly parallelism: number;
  /** Apply the other changes of a plan that contains errors. */
  readonly keepGoing: boolean;
  readonly settlement: SettlementEvents;
}

/** The options and tools of one run. */
type Run = ApplyOptions & ExecutionContext;

/**
 * Applies a plan. A failed token doesn't stop the others. Every address of the plan gets a result, which is `not_run` until
 * its change has another outcome.
 */
export async function apply(plan: Plan, given: ApplyOptions): Promise<readonly Result[]> {
  const { targets } = given;
  const options: Run = {
    ...given,
    freshListing: createListings(given.clock),
    isDeclaredElsewhere: declarationsIn(targets),
  };
  const results = new Map(
    plan.changes.map((change) => [change.address, initialResult(change, targets.get(change.entryAddress))]),
  );
  const finish = (): readonly Result[] => withHiddenWarnings([...results.values()], plan);
  const holdsErrors = plan.changes.some(({ action }) => action === 'error');
  if (plan.guards.length > 0 || (holdsErrors && !options.keepGoing)) return finish();

  const pending = plan.changes.filter(({ action }) => action !== 'noop' && action !== 'error');
  const fail = (changes: readonly Change[], problem: Problem): void => {
    for (const change of changes) {
      const before = initialResult(change, targets.get(change.entryAddress));
      results.set(change.address, {
        ...before,
        status: 'failed',
        error: { ...problem, source: change.source },
      });
    }
  };
  const blocked = await findUnready(pending, targets, options);
  for (const [change, problem] of blocked) fail([change], problem);
  if ([...blocked.values()].some((problem) => !isBug(problem))) return finish();
  // A signal before the first write leaves everything unchanged.
  if (!options.stop.aborted) {
    const broken = new Set([...blocked.keys()].map(({ entryAddress }) => entryAddress));
    for (const [entry, target] of targets) {
      const bug = await recoverAlone(target, options);
      if (!bug) continue;
      broken.add(entry);
      fail(
        plan.changes.filter((change) => change.entryAddress === entry),
        bug,
      );
    }
    await recordHeld(plan.changes, options);
    const sound = pending.filter(({ entryAddress }) => !broken.has(entryAddress));
    await carryOutAll(sound, options, (result) => {
      results.set(result.address, result);
      options.listener.onDone(result);
    });
    if (!options.stop.aborted) await settleUnresolved([...targets.values()], options, options.settlement);
    await recordApplied(plan, results, targets, options, options.settlement);
  }
  return finish();
}

/** Adds one warning for each field of a kind that the service turned out not to show, unless the plan already has it. */
function withHiddenWarnings(results: readonly Result[], { changes }: Plan): readonly Result[] {
  const reported = new Set(changes.flatMap(({ warnings }) => warnings));
  return results.map((result) => {
    const news = (result.hidden ?? [])
      .map((field) => hiddenWarning(result.kind, field))
      .filter((warning) => !reported.has(warning));
    for (const warning of news) reported.add(warning);
    if (news.length === 0) return result;
    const { warnings, newWarnings = [] } = result;
    return { ...result, warnings: [...warnings, ...news], newWarnings: [...newWarnings, ...news] };
  });
}

/** Returns a function that tells whether an entry other than the target's declares a token. */
function declarationsIn(targets: ReadonlyMap<string, Target>): ExecutionContext['isDeclaredElsewhere'] {
  let owners: Map<string, Set<string>> | undefined;
  return ({ desired: { address, kind } }, { id }) => {
    if (!owners) {
      owners = new Map();
      for (const target of targets.values()) {
        for (const token of resolveCandidates({ ...target, listed: target.snapshot.tokens })) {
          const key = `${target.desired.kind} ${token.id.toLowerCase()}`;
          owners.set(key, (owners.get(key) ?? new Set()).add(target.desired.address));
        }
      }
    }
    const known = owners.get(`${kind} ${id.toLowerCase()}`);
    return known !== undefined && [...known].some((other) => other !== address);
  };
}

function createListings(clock: ApplyOptions['clock']): ExecutionContext['freshListing'] {
  const listings = new Map<string, () => Promise<Snapshot>>();
  return (target) => {
    const known = listings.get(target.scopeKey);
    const listing = known ?? singleFlight(() => takeSnapshot(target, clock, neverAborted));
    listings.set(target.scopeKey, listing);
    return listing();
  };
}

/** Recovers what earlier runs left of a target. Returns the bug that stopped the recovery, if there was one. */
async function recoverAlone(target: Target, options: Run): Promise<Problem | undefined> {
  try {
    await recover(target, options);
    return undefined;
  } catch (error) {
    if (error instanceof ReconcileError) throw error;
    return containedProblem(error, options.bug);
  }
}

/** Tells whether a problem affects one token only, so that the sinks of the others are not in question. */
function isBug({ code }: Problem): boolean {
  return code === 'INTERNAL';
}

/** Records tokens that sinks hold and the ledger doesn't know: docs/create-protocol.md, step 18. */
async function recordHeld(changes: readonly Change[], options: Run): Promise<void> {
  await Promise.all(
    changes.map(async (change) => {
      try {
        await recordOne(change, options);
      } catch (error) {
        if (error instanceof ReconcileError) throw error;
        containedProblem(error, options.bug); // the ledger lacks one entry, which the next run records
      }
    }),
  );
}

async function recordOne(change: Change, { targets, secretStore, clock }: Run): Promise<void> {
  const { ledger } = secretStore.state;
  const target = targets.get(change.entryAddress);
  const token = change.id === null || change.supersededToken ? undefined : target?.live.byId(change.id);
  if (!target || !token || change.custody !== 'held') return;
  const key = ledgerKey(target, token.name);
  const known = ledger.entry(key);
  const isKnown = known?.id ? sameId(known.id, token.id) : false;
  // Ledgers written by earlier versions have no places.
  if (isKnown && known?.places) return;
  const { backfill } = sinkCoverage(token, target.recordFor(token.name), sinksOf(target.desired));
  const lacking = new Set(backfill?.sinks);
  const now = formatInstant(Math.floor(clock.now() / 1000));
  const { entry: before } = target.recordFor(token.name);
  const holding = sinksOf(target.desired).filter((sink) => !lacking.has(sink));
  const host = await hostIfKnown(target, holding);
  const places = await secretStore.places(holding, { name: token.name, host });
  if (isKnown) return ledger.update(key, (entry) => entry && { ...entry, places });
  await ledger.update(key, (entry = before ?? emptyLedgerEntry(target, token.name)) => ({
    ...entry,
    name: token.name,
    id: token.id,
    created: token.origin.created,
    createdBy: token.origin.createdBy,
    delivered: Object.fromEntries(holding.map((sink) => [sinkName(sink), now])),
    places,
  }));
}

/**
 * Creates in flight per request slot. While one waits for fsync before or after its request, others use the connection. With
 * a parallelism of 1, changes run one at a time.
 */
const createsARequest = 4;

/**
 * Sends deliveries first and creates last. Each change is completed once its scope's writes are sent. Creates have a queue
 * of their own, as many of them wait: an interrupted create in the queue is not sent, but any other write would be. Old
 * tokens of an entry that creates one come last, because whether they may be deleted depends on that result.
 */
async function carryOutAll(
  pending: readonly Change[],
  options: Run,
  done: (result: Result) => void,
): Promise<void> {
  const { targets, stop } = options;
  const limit = pLimit(options.parallelism);
  const alone = options.parallelism === 1;
  const creates = alone ? limit : pLimit(options.parallelism * createsARequest);
  // All created tokens are confirmed together, so that the ledger is written once.
  const confirms = alone ? limit : pLimit(Number.POSITIVE_INFINITY);
  const expected = new Map<string, number>();
  const scopeOf = (change: Change): string => targets.get(change.entryAddress)?.scopeKey ?? '';
  const busy = new Set(
    pending.flatMap(({ supersededToken, entryAddress }) => (supersededToken ? [] : [entryAddress])),
  );
  const last = pending.filter(
    ({ supersededToken, entryAddress }) =>
      supersededToken && !supersededToken.expired && busy.has(entryAddress),
  );
  const first = pending.filter((change) => !last.includes(change));
  for (const change of first) expected.set(scopeOf(change), (expected.get(scopeOf(change)) ?? 0) + 1);
  const closing = createFinalListing(expected);
  const listed = scopesToList(first, targets);
  const finishing: Promise<void>[] = [];

  const isCreate = ({ action }: Change): boolean => action === 'create';
  const begin = async (change: Change): Promise<void> => {
    const slot = isCreate(change) ? creates : limit;
    const work = await slot(() => (stop.aborted ? undefined : start(change, options)));
    closing.writeFinished(scopeOf(change));
    if (!work) return;
    const lists = listed.has(work.target.scopeKey);
    finishing.push(complete(work, lists ? closing : undefined, { limit, confirms }).then(done));
  };
  const isDelivery = ({ action }: Change): boolean => action === 'deliver';
  await Promise.all(first.filter(isDelivery).map(begin));
  await Promise.all(first.filter((change) => !isDelivery(change) && !isCreate(change)).map(begin));
  await Promise.all(first.filter(isCreate).map(begin));
  await Promise.all(finishing);
  await Promise.all(last.map(begin));
  await Promise.all(finishing);
}

/** Maximum number of tokens on a page of a listing. */
const pageSize = 100;

/**
 * Returns the scopes to list once their writes are sent. The listing shows created tokens together with those of others.
 * Deleted tokens are read by ID, unless there are so many that a listing takes fewer requests.
 */
function scopesToList(changes: readonly Change[], targets: ReadonlyMap<string, Target>): ReadonlySet<string> {
  const deletes = new Map<string, number>();
  const scopes = new Set<string>();
  for (const { action, entryAddress } of changes) {
    const target = targets.get(entryAddress);
    if (!target) continue;
    const { scopeKey, snapshot, desired } = target;
    if (action === 'create' || action === 'replace' || action === 'deliver') scopes.add(scopeKey);
    if (action !== 'delete' || !desired.wait) continue;
    const count = (deletes.get(scopeKey) ?? 0) + 1;
    deletes.set(scopeKey, count);
    if (count > Math.ceil(snapshot.tokens.all.length / pageSize)) scopes.add(scopeKey);
  }
  return scopes;
}

interface Started extends ChangeContext {
  /** The remaining work, the failure, or the reason for deferring to another run. */
  readonly outcome: FollowUp | { readonly error: Problem } | { readonly deferred: string };
}

/**
 * Sends the writes of a change. If its token is gone, plans it again and sends the writes once more. Returns `undefined` if
 * the run was interrupted before.
 */
async function start(change: Change, options: Run): Promise<Started | undefined> {
  const target = options.targets.get(change.entryAddress);
  if (!target) throw new TypeError(`no target for ${change.address}`);
  const report = new ResultBuilder(initialResult(change, target));
  const work: ChangeContext = { change, target, report, context: options };
  options.listener.onBegin(change);
  try {
    return { ...work, outcome: await send(work) };
  } catch (error) {
    if (error instanceof NotSentError) return undefined;
    if (error instanceof DeferredToOtherRun) return { ...work, outcome: { deferred: error.message } };
    if (error instanceof TokenGoneError && change.address !== change.entryAddress) {
      return { ...work, outcome: { deferred: `nothing to do: the service no longer finds ${error.id}` } };
    }
    if (!(error instanceof TokenGoneError))
      return { ...work, outcome: { error: containedProblem(error, options.bug) } };
    return startAgain(work, error);
  }
}

async function startAgain(work: ChangeContext, missing: TokenGoneError): Promise<Started> {
  let again = work;
  try {
    again = await planAgain(work, missing);
    return { ...again, outcome: await send(again) };
  } catch (error) {
    if (error instanceof DeferredToOtherRun) return { ...again, outcome: { deferred: error.message } };
    return {
      ...again,
      outcome: {
        error: error instanceof TokenGoneError ? gone(error) : containedProblem(error, work.context.bug),
      },
    };
  }
}

async function send(work: ChangeContext): Promise<FollowUp> {
  const { action, error } = work.change;
  if (error) throw new ReconcileError(error);
  if (action === 'noop' || action === 'error') return { run: async () => undefined };
  return actions[action](work);
}

/** Plans one address again after its token was found to be gone, although the listing may still show it. */
async function planAgain(
  { target, report, context }: ChangeContext,
  { id }: TokenGoneError,
): Promise<ChangeContext> {
  const { desired, client, scope, rules, uniqueNames, scopeKey } = target;
  const place = { client, scope, rules, uniqueNames, scopeKey };
  const listed = await takeSnapshot(place, context.clock, neverAborted);
  const tokens = indexSnapshot(listed.tokens.all.filter((token) => !sameId(token.id, id)));
  const aimed = await resolveTarget(
    desired,
    place,
    { ...listed, ...tokens },
    { records: context.records, grants: context.secretStore.grants, signal: neverAborted },
  );
  const change = decide(
    decisionInput(aimed, {
      evidence: context.evidence,
      now: Math.floor(context.clock.now() / 1000),
      forceReplace: false,
      revokeOld: false,
    }),
  );
  report.planned(change);
  // The guards have approved another plan.
  const problem = protectedOne(change, desired) ?? (await whyUnready(change, aimed, context));
  if (problem) throw new ReconcileError(problem);
  return { change, target: aimed, report, context };
}

/**
 * Completes a change after its writes: checks that the service shows them.
 * @param closing if its scope is listed at the end
 */
async function complete(
  { report, target, outcome, context }: Started,
  closing: FinalListing | undefined,
  { limit, confirms }: Readonly<Record<'limit' | 'confirms', LimitFunction>>,
): Promise<Result> {
  if ('error' in outcome) return report.failed(outcome.error);
  if ('deferred' in outcome) return report.yielded(outcome.deferred);
  try {
    const { confirm, run } = outcome;
    if (confirm) {
      const list = (): Promise<Snapshot | undefined> => limit(() => closingListing(target, context));
      const listing = await closing?.listing(target.scopeKey, list);
      await confirms(() => confirm(listing));
    }
    await limit(() => run());
    return report.applied();
  } catch (error) {
    if (error instanceof TokenGoneError) return report.failed(gone(error));
    return report.failed(containedProblem(error, context.bug));
  }
}

/** Returns the final listing, or `undefined` if the scope can't be listed. Each token is then read by its ID. */
async function closingListing(
  target: Target,
  { clock, bug }: ExecutionContext,
): Promise<Snapshot | undefined> {
  try {
    return await takeSnapshot(target, clock, neverAborted);
  } catch (error) {
    containedProblem(error, bug);
    return undefined;
  }
}

function gone({ id }: TokenGoneError): Problem {
  return {
    code: 'NOT_FOUND',
    message: `the service no longer finds the token ${id}`,
    hint: "run reconcile plan to see the current tokens; if the token is still listed, ask the service why its lookup doesn't find it",
  };
}
