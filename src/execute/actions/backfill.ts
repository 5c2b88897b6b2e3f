import { sinksOf } from '../../core/model/entry-sinks.ts';
import { expiryOf } from '../../core/model/field-rules.ts';
import { type Sink, sinkName } from '../../core/model/sink.ts';
import type { Observed } from '../../core/model/token.ts';
import { sinkCoverage } from '../../core/plan/custody.ts';
import { formatInstant } from '../../core/util/instant.ts';
import { hostIfKnown, requireHost } from '../../observe/registry-host.ts';
import { liveToken } from '../../observe/target.ts';
import { ledgerKey } from '../unresolved.ts';
import type { ChangeContext, FollowUp } from './change.ts';
import { patchRest } from './patch-later.ts';

/** The sink that a secret is read from, and the sinks that lack it. */
interface Backfill {
  readonly from: Sink;
  readonly sinks: readonly Sink[];
}

/** Delivers the secret of a token from a sink that holds it to those that lack it. */
export async function backfill(work: ChangeContext, id: string): Promise<FollowUp> {
  const { change, target } = work;
  const token = liveToken(target, id);
  const missing =
    token && sinkCoverage(token, target.recordFor(token.name), sinksOf(target.desired)).backfill;
  if (!token || !missing) throw new TypeError(`nothing to deliver for ${change.address}`);
  await refill(work, token, missing);
  await recordRefill(work, token, [missing.from, ...missing.sinks]);
  return { run: () => patchRest(work, id) };
}

/** Writes the secret that one sink holds to the sinks that lack it. */
async function refill(
  { target, report, context }: ChangeContext,
  token: Observed,
  { from, sinks }: Backfill,
): Promise<void> {
  const { kind, address } = target.desired;
  const { created } = token.origin;
  const { delivered, failures } = await context.secretStore.refill(from, sinks, {
    kind,
    address,
    name: token.name,
    ...(token.loginName !== undefined && { username: token.loginName }),
    // The host as the service names it: the file that the secret is read from may name any host.
    registry: await requireHost(target, sinks, context.stop),
    expiresAt: expiryOf(target.rules, token.fields),
    createdAt: created === null ? null : formatInstant(created),
  });
  if (delivered.length > 0) report.wrote({ deliveredTo: delivered });
  const [failure] = failures;
  if (failure) throw failure;
}

async function recordRefill(
  { target, context }: ChangeContext,
  { name }: Observed,
  filled: readonly Sink[],
): Promise<void> {
  const { secretStore, clock } = context;
  const now = formatInstant(Math.floor(clock.now() / 1000));
  const host = await hostIfKnown(target, filled);
  const places = await secretStore.places(filled, { name, host });
  await secretStore.state.ledger.update(
    ledgerKey(target, name),
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
}
