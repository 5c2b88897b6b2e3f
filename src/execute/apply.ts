import pLimit, { type LimitFunction } from 'p-limit';
import { containedProblem, type Problem, ReconcileError } from '../core/model/errors.ts';
import { hiddenWarning } from '../core/model/granted-values.ts';
import { type Change, type Plan, type Result, sinkName } from '../core/model/model.ts';
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

/** What the executor needs besides the plan. */
export interface ApplyOptions extends Omit<ExecutionContext, 'freshListing' | 'isDeclaredElsewhere'> {
  /** What each entry of the plan is about; those in error may be missing. */
  readonly targets: ReadonlyMap<string, Target>;
  /** How many requests are sent at once. */
  readonly parallelism: number;
  /** Carry out the other changes of a plan that holds errors. */
  readonly keepGoing: boolean;
  readonly settlement: SettlementEvents;
}

/** What one run has at hand. */
type Run = ApplyOptions & ExecutionContext;

/**
 * Carries out a plan. One token's failure doesn't stop the others; every address of the plan has a result,
 * `not_run` until something else is true.
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
  // A signal that comes before the first write leaves everything as it is.
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
      options.watcher.done(result);
    });
    if (!options.stop.aborted) await settleUnresolved([...targets.values()], options, options.settlement);
    await recordApplied(plan, results, targets, options, options.settlement);
  }
  return finish();
}

/** With one warning for each field of a kind that turned out not to be shown, unless the plan has told of it. */
function withHiddenWarnings(results: readonly Result[], { changes }: Plan): readonly Result[] {
  const told = new Set(changes.flatMap(({ warnings }) => warnings));
  return results.map((result) => {
    const news = (result.hidden ?? [])
      .map((field) => hiddenWarning(result.kind, field))
      .filter((warning) => !told.has(warning));
    for (const warning of news) told.add(warning);
    if (news.length === 0) return result;
    const { warnings, newWarnings = [] } = result;
    return { ...result, warnings: [...warnings, ...news], newWarnings: [...newWarnings, ...news] };
  });
}

/** Returns what tells whether another entry than a target's declares a token. */
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

/** Deals with what earlier runs have left of a target; returns the bug that stopped that, if one did. */
async function recoverAlone(target: Target, options: Run): Promise<Problem | undefined> {
  try {
    await recover(target, options);
    return undefined;
  } catch (error) {
    if (error instanceof ReconcileError) throw error;
    return containedProblem(error, options.bug);
  }
}

/** Whether a problem is one token's alone: the sinks of the others are not in question. */
function isBug({ code }: Problem): boolean {
  return code === 'INTERNAL';
}

/** What sinks say is held and the ledger doesn't know is written down: step 18 of the protocol. */
async function recordHeld(changes: readonly Change[], options: Run): Promise<void> {
  await Promise.all(
    changes.map(async (change) => {
      try {
        await recordOne(change, options);
      } catch (error) {
        if (error instanceof ReconcileError) throw error;
        containedProblem(error, options.bug); // the ledger lacks one entry, which the next run writes down
      }
    }),
  );
}

async function recordOne(change: Change, { targets, custodian, clock }: Run): Promise<void> {
  const { ledger } = custodian.state;
  const target = targets.get(change.entryAddress);
  const token = change.id === null || change.supersededToken ? undefined : target?.live.byId(change.id);
  if (!target || !token || change.custody !== 'held') return;
  const key = ledgerKey(target, token.name);
  const known = ledger.entry(key);
  const isKnown = known?.id ? sameId(known.id, token.id) : false;
  // A ledger that an earlier version wrote has no places.
  if (isKnown && known?.places) return;
  const { backfill } = sinkCoverage(token, target.recordFor(token.name), sinksOf(target.desired));
  const lacking = new Set(backfill?.sinks);
  const now = formatInstant(Math.floor(clock.now() / 1000));
  const { entry: before } = target.recordFor(token.name);
  const holding = sinksOf(target.desired).filter((sink) => !lacking.has(sink));
  const host = await hostIfKnown(target, holding);
  const places = await custodian.places(holding, { name: token.name, host });
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
 * So many creates are under way for each request at once: while one waits for the disk, before its request or after,
 * the requests of others go on. Whoever wants one request at once wants one thing after the other.
 */
const createsARequest = 4;

/**
 * Deliveries first, creates last; each finishes by itself, once its scope's writes are sent. Creates apart from the
 * others, as so many of them wait for their turn: a create that was interrupted there is not sent, and any other write
 * would be. The old tokens of an entry that makes a new one come after all: whether they may go shows in what came of
 * that.
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
  // All that were made are confirmed together: the ledger that says so is written once.
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

/** So many tokens are on a page of a listing, at most. */
const pageSize = 100;

/**
 * The scopes that are listed once their writes are sent. What was made shows there with all that others have made
 * beside it; what was deleted is asked for by its ID, unless it is so much that the listing takes fewer requests.
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
  /** What is left to do, what went wrong, or why it is left to others. */
  readonly outcome: FollowUp | { readonly error: Problem } | { readonly deferred: string };
}

/**
 * Sends the writes of a change; once more, planned again, where its token turns out to be gone. Gives nothing where an
 * interruption came first.
 */
async function start(change: Change, options: Run): Promise<Started | undefined> {
  const target = options.targets.get(change.entryAddress);
  if (!target) throw new TypeError(`no target for ${change.address}`);
  const report = new ResultBuilder(initialResult(change, target));
  const work: ChangeContext = { change, target, report, tools: options };
  options.watcher.begins(change);
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
        error: error instanceof TokenGoneError ? gone(error) : containedProblem(error, work.tools.bug),
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

/** Plans one address again, as its token is gone, although the listing may still show it. */
async function planAgain(
  { target, report, tools }: ChangeContext,
  { id }: TokenGoneError,
): Promise<ChangeContext> {
  const { desired, client, scope, rules, uniqueNames, scopeKey } = target;
  const place = { client, scope, rules, uniqueNames, scopeKey };
  const listed = await takeSnapshot(place, tools.clock, neverAborted);
  const tokens = indexSnapshot(listed.tokens.all.filter((token) => !sameId(token.id, id)));
  const aimed = await resolveTarget(
    desired,
    place,
    { ...listed, ...tokens },
    { records: tools.records, grants: tools.custodian.grants, signal: neverAborted },
  );
  const change = decide(
    decisionInput(aimed, {
      evidence: tools.standard,
      now: Math.floor(tools.clock.now() / 1000),
      forceReplace: false,
      revokeOld: false,
    }),
  );
  report.planned(change);
  // The guards have passed another plan.
  const problem = protectedOne(change, desired) ?? (await whyUnready(change, aimed, tools));
  if (problem) throw new ReconcileError(problem);
  return { change, target: aimed, report, tools };
}

/**
 * What is left of a change after its writes: looking that the service shows them.
 *
 * @param closing where its scope is listed then
 */
async function complete(
  { report, target, outcome, tools }: Started,
  closing: FinalListing | undefined,
  { limit, confirms }: Readonly<Record<'limit' | 'confirms', LimitFunction>>,
): Promise<Result> {
  if ('error' in outcome) return report.failed(outcome.error);
  if ('deferred' in outcome) return report.yielded(outcome.deferred);
  try {
    const { confirm, run } = outcome;
    if (confirm) {
      const list = (): Promise<Snapshot | undefined> => limit(() => closingListing(target, tools));
      const listing = await closing?.listing(target.scopeKey, list);
      await confirms(() => confirm(listing));
    }
    await limit(() => run());
    return report.applied();
  } catch (error) {
    if (error instanceof TokenGoneError) return report.failed(gone(error));
    return report.failed(containedProblem(error, tools.bug));
  }
}

/** Without a listing each token is asked for by its ID. */
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
    hint: "run reconcile plan to see what is there now: if the token is still listed, the service lists what it can't find, and has to be asked",
  };
}
