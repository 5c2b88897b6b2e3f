import { ReconcileError } from '../core/errors.ts';
import { familyOf, hasTime, isFamily } from '../core/family.ts';
import { compareText } from '../core/json.ts';
import type { Observed } from '../core/model.ts';
import { sameId } from '../core/ours.ts';
import type { SpoolEntry } from '../custody/spool.ts';
import { namesakes, suspected } from './doubts.ts';
import { takeSnapshot } from './observe.ts';
import { situationOf, type Target } from './target.ts';
import { type Tools, unstoppable } from './tools.ts';
import { poll } from './wait.ts';

/** Another run makes the next generation of a family, and this one leaves it to that run: nothing is wrong. */
export class Yielded extends Error {}

/** Whether another run may make a token of the same purpose beside ours. */
export function hasRivals({ uniqueNames, desired }: Target): boolean {
  return !uniqueNames || desired.rotation !== undefined;
}

/**
 * Whether a name that is taken is that of a generation which another run makes: its minute tells so. While the newest
 * generation still has time, the service's word is enough; after that the name has to show, within the grace, as a
 * refusal may have another cause.
 */
export async function isLeftToOthers(target: Target, name: string, tools: Tools): Promise<boolean> {
  const { clock, standard, stop } = tools;
  const now = Math.floor(clock.now() / 1000);
  const situation = situationOf(target, { standard, now, remake: false, revoke: false });
  if (!isFamily(situation)) return false;
  if (hasTime(familyOf(situation), situation)) return true;
  const shown = await poll(
    async () => (await takeSnapshot(target, clock, unstoppable)).tokens.named(name)[0],
    {
      clock,
      timeoutMilliseconds: standard.grace * 1000,
      signal: stop,
      waits: () => tools.watcher.waits(target.desired.address, 'to show, from another run'),
    },
  );
  return shown !== undefined;
}

/**
 * Step 5: where names aren't unique, and in families, another run may have made the token at the same time. The younger
 * yields, so that one remains. What matches a doubt of ours is no rival. Throws `Yielded` in a family.
 */
export async function yieldToRival(
  target: Target,
  { attempt, made }: SpoolEntry,
  tools: Tools,
): Promise<void> {
  if (!made) return;
  const { client, scope } = target;
  const { ledger, spool } = tools.custodian.state;
  const doubts = ledger.entry(attempt.key)?.doubts ?? [];
  const { tokens } = await tools.freshListing(target);
  const known = new Set(
    [
      ...attempt.seen,
      ledger.entry(attempt.key)?.id ?? '',
      ...(ledger.entry(attempt.key)?.retire ?? []).map(({ id }) => id),
      ...spool.entries().map((entry) => entry.made?.id ?? ''),
    ].map((id) => id.toLowerCase()),
  );
  const older = ({ id, origin }: Observed): boolean =>
    (origin.created ?? 0) < (made.created ?? 0) ||
    ((origin.created ?? 0) === (made.created ?? 0) && compareText(id, made.id) < 0);
  const rivals = namesakes(target, attempt.name, tokens)
    .filter((token) => !sameId(token.id, made.id) && !known.has(token.id.toLowerCase()))
    .filter((token) => suspected(target, token, doubts, tools) === 'foreign')
    .filter((token) => !token.generated && !token.expired && older(token));
  for (const { id, name } of rivals) {
    if (!(await client.read(scope, id, unstoppable))) continue;
    await client.delete(scope, made.id, unstoppable);
    await spool.remove(attempt);
    if (target.desired.rotation) {
      throw new Yielded(
        `another run has made the generation ${name} (${id}) at the same time, and hands it over; our own was deleted again`,
      );
    }
    throw new ReconcileError({
      code: 'API_REJECTED',
      message: `another run made ${attempt.name} (${id}) in ${target.desired.place} at the same time, and was first; our own was deleted again`,
      hint: 'run reconcile plan again: it takes that token as it is, without its secret',
    });
  }
}
