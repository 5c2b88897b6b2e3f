import type { Doubt, LedgerEntry } from '../core/custody.ts';
import { containedProblem, type Problem } from '../core/errors.ts';
import { familyOf, isFamily, isSuperseded } from '../core/family.ts';
import type { RetiredToken } from '../core/model.ts';
import { sameId } from '../core/ours.ts';
import { targetsOf } from '../core/targets.ts';
import { crossOff } from './confirm.ts';
import { cleanUp, doubt, followName, keyOf, recordedDoubts } from './doubts.ts';
import { recordedNames, takeSnapshot } from './observe.ts';
import { type Snapshot, situationOf, type Target } from './target.ts';
import { atMost, serverNow, type Tools, unstoppable } from './tools.ts';

/** How long a settled doubt is kept, in seconds: a token that turns up later is still recognised. */
const keepSeconds = 24 * 3600;

/** How the end of a run is told of. */
export interface Settlement {
  /** Is told before a wait: how many seconds, and for how many tokens. */
  readonly waits: (seconds: number, tokens: number) => void;
  readonly warn: (problem: Problem) => void;
}

/**
 * The end of a run: once the grace of all doubts is over, what lost requests have made late is deleted, and the
 * doubts are settled. All doubts wait together, once. One that can't be settled stays open for the next run.
 */
export async function settle(targets: readonly Target[], tools: Tools, told: Settlement): Promise<void> {
  const cases = targets.flatMap((target) =>
    recordedNames(target.desired, target.snapshot.tokens)
      .filter((name) => recordedDoubts(target, name, tools).some(isOpen))
      .map((name) => ({ target, name })),
  );
  if (cases.length === 0) return;
  const ends = cases.map(({ target, name }) => {
    const deadlines = recordedDoubts(target, name, tools)
      .filter(isOpen)
      .map(({ deadline }) => deadline);
    const left = Math.max(...deadlines) + tools.standard.grace - serverNow(tools.clock, target.snapshot);
    return atMost(target, left, tools);
  });
  const wait = Math.ceil(Math.max(...ends));
  if (wait > 0) {
    told.waits(wait, cases.length);
    await tools.clock.sleep(wait * 1000, tools.stop).catch(() => undefined);
  }
  const listings = new Map<string, Promise<Snapshot>>();
  for (const { target, name } of cases) {
    if (tools.stop.aborted) return;
    try {
      // Once more where it fails: all that was lost in the scope hangs on it.
      const list = (): Promise<Snapshot> => takeSnapshot(target, tools.clock, tools.stop);
      const listing = listings.get(target.scopeKey) ?? list().catch(list);
      listings.set(target.scopeKey, listing);
      await settleName(target, name, await listing, tools, told);
    } catch (error) {
      told.warn({ ...containedProblem(error, tools.bug), source: target.desired.source });
    }
  }
}

async function settleName(
  target: Target,
  name: string,
  snapshot: Snapshot,
  tools: Tools,
  told: Settlement,
): Promise<void> {
  const { ledger } = tools.custodian.state;
  const doubts = recordedDoubts(target, name, tools);
  for (const token of await cleanUp(target, name, doubts, snapshot, tools)) {
    told.warn({
      code: 'OUTCOME_UNKNOWN',
      message: `the token ${token.name} (${token.id}) in ${target.desired.place} may come from an attempt of ours whose answer was lost, and it can't be told for sure; it is left alone`,
      hint: 'if nobody needs it, delete it',
      source: target.desired.source,
    });
  }
  await ledger.update(keyOf(target, name), (entry) => entry && settled(entry, doubts, snapshot.listedAt));
}

function settled(entry: LedgerEntry, dealtWith: readonly Doubt[], at: number): LedgerEntry | undefined {
  const nonces = new Set(dealtWith.map(({ nonce }) => nonce));
  const doubts = entry.doubts
    .map((known) => (isOpen(known) && nonces.has(known.nonce) ? { ...known, settledAt: at } : known))
    .filter(({ settledAt }) => settledAt === null || settledAt > at - keepSeconds);
  return { ...entry, doubts };
}

/**
 * What earlier runs have left in the spool, before anything is carried out: secrets whose tokens are gone are
 * dropped, attempts without an answer become doubts, and old tokens that were deleted are off the ledger.
 */
export async function recover(target: Target, tools: Tools): Promise<void> {
  const { spool } = tools.custodian.state;
  const matter = { ...target, listed: target.snapshot.tokens };
  for (const token of targetsOf(matter)) await followName(target, token, tools);
  await dropDead(target, tools);
  for (const name of recordedNames(target.desired, target.snapshot.tokens)) {
    const { waiting, unanswered } = target.record(name);
    for (const attempt of unanswered) await doubt(target, attempt, tools);
    await forgetOld(target, name, tools);
    if (waiting && isOvertaken(target, tools)) await spool.remove(waiting.attempt);
    const lapsed = waiting && target.snapshot.listedAt > waiting.madeAt + tools.standard.grace;
    if (waiting && lapsed && !target.live.withId(waiting.id)) await spool.remove(waiting.attempt);
    for (const old of target.record(name).entry?.retire ?? []) {
      if (await isGone(target, old, tools)) await crossOff(target, name, old, tools);
    }
  }
}

/** Whether the secret of a family that waits is of no use any more. */
function isOvertaken(target: Target, { standard, clock }: Tools): boolean {
  const now = Math.floor(clock.now() / 1000);
  const situation = situationOf(target, { standard, now, remake: false, revoke: false });
  return isFamily(situation) && isSuperseded(familyOf(situation), situation);
}

/** The secret of a token that the entry knows by its ID alone, and that is gone, is of no use. */
async function dropDead(target: Target, { custodian, standard }: Tools): Promise<void> {
  const { desired, live, snapshot } = target;
  const { id } = desired;
  if (id === undefined || live.withId(id)) return;
  const { spool } = custodian.state;
  for (const { attempt, made } of spool.entries()) {
    if (!made || !sameId(made.id, id) || attempt.key !== keyOf(target, attempt.name)) continue;
    if (snapshot.listedAt > made.madeAt + standard.grace) await spool.remove(attempt);
  }
}

/** Whether an old token that was to be deleted is gone: neither listed nor found, and too old to lag. */
async function isGone(
  { client, scope, snapshot }: Target,
  { id, created }: RetiredToken,
  { standard }: Tools,
): Promise<boolean> {
  if (snapshot.tokens.withId(id) || snapshot.listedAt <= (created ?? 0) + standard.grace) return false;
  return (await client.read(scope, id, unstoppable)) === undefined;
}

/** Doubts that were settled long ago are of no use. */
async function forgetOld(target: Target, name: string, { custodian }: Tools): Promise<void> {
  const { ledger } = custodian.state;
  const key = keyOf(target, name);
  const old = (known: Doubt): boolean =>
    known.settledAt !== null && known.settledAt <= target.snapshot.listedAt - keepSeconds;
  if (!ledger.entry(key)?.doubts.some(old)) return;
  await ledger.update(
    key,
    (entry) => entry && { ...entry, doubts: entry.doubts.filter((known) => !old(known)) },
  );
}

function isOpen({ settledAt }: Doubt): boolean {
  return settledAt === null;
}
