import { type LedgerEntry, withRenewalTime } from '../core/model/custody-record.ts';
import { type Problem, ReconcileError, ReconcileErrors } from '../core/model/errors.ts';
import { sinkName } from '../core/model/sink.ts';
import { formatInstant } from '../core/util/instant.ts';
import type { DeliveryResult, SecretStore } from '../custody/secret-store.ts';
import type { SpoolEntry } from '../custody/state/spool.ts';
import type { State } from '../custody/state/state.ts';
import { holdersAt, holdersByPlace } from '../observe/occupied-places.ts';
import type { Runtime } from './runtime.ts';
import { openSecretStore } from './secret-store.ts';

/** Returns the spool's entries of these addresses, or all. Throws if an address has none. */
export function spoolEntries({ spool }: State, addresses: readonly string[]): readonly SpoolEntry[] {
  const entries = spool.entries();
  const unknown = addresses.filter((address) => entries.every(({ attempt }) => attempt.address !== address));
  if (unknown.length > 0) {
    throw new ReconcileErrors(
      unknown.map((address) => ({
        code: 'NOT_FOUND',
        message: `the spool has no entry for ${address}`,
        hint: 'reconcile spool list shows the entries',
      })),
    );
  }
  if (addresses.length === 0) return entries;
  return entries.filter(({ attempt }) => addresses.includes(attempt.address));
}

/** Returns warnings about entries that renew the secret of a live token in place, whose consumers may depend on them. */
export function dropWarnings(entries: readonly SpoolEntry[]): readonly Problem[] {
  return entries
    .filter(({ attempt }) => attempt.renews)
    .map(({ attempt: { address, name, repairId }, made }) => ({
      code: made ? 'SINK_FAILED' : 'OUTCOME_UNKNOWN',
      message: made
        ? `the token ${name} (${made.id}) already has the secret that is dropped, and its old one is invalid: consumers are locked out until it gets another`
        : `the renewal of the secret of ${name} (${repairId}) was interrupted: the token may already have the secret that is dropped, and consumers are locked out then`,
      hint: `renew the secret again with reconcile rotate ${address}`,
    }));
}

/**
 * Delivers a spooled secret to its sinks. Once all sinks have it, it is recorded in the ledger and removed from the
 * spool. The service is not queried: the next plan shows whether the token is still live.
 */
export async function deliverEntry(
  state: State,
  entry: SpoolEntry,
  runtime: Runtime,
): Promise<DeliveryResult> {
  const { attempt, made } = entry;
  const secretStore = await openSecretStore(state, runtime, new Map(), []);
  const failures = await heldByOthers(entry, secretStore);
  if (failures.length > 0) return { delivered: [], failures };
  const handover = await secretStore.deliver(entry, attempt.sinks, attempt.address);
  if (!made || handover.failures.length > 0) return handover;
  const now = formatInstant(Math.floor(runtime.clock.now() / 1000));
  const { kind, address, name, replaces, replaceOrder } = attempt;
  const places = await secretStore.places(attempt.sinks, { name, host: made.registry });
  const held = (known: LedgerEntry | undefined): LedgerEntry => ({
    unresolved: [],
    ...known,
    kind,
    address,
    name,
    id: made.id,
    created: made.created,
    createdBy: made.createdBy,
    delivered: Object.fromEntries(attempt.sinks.map((sink) => [sinkName(sink), now])),
    places,
    superseded: [
      ...(known?.superseded ?? []),
      ...(replaces && replaceOrder === 'create_first' ? [replaces] : []),
    ],
  });
  await state.ledger.update(attempt.key, (known) => withRenewalTime(held(known), attempt, made.respondedAt));
  await state.spool.remove(attempt);
  return handover;
}

/** Returns why a secret can't be delivered: by the ledger, one of its sinks holds another token's secret. */
async function heldByOthers(
  { attempt, made }: SpoolEntry,
  secretStore: SecretStore,
): Promise<readonly ReconcileError[]> {
  const held = holdersByPlace(secretStore);
  const failures: ReconcileError[] = [];
  for (const sink of attempt.sinks) {
    const token = { name: attempt.name, host: made?.registry };
    for (const { key, label } of await secretStore.placesOf(sink, token)) {
      const others = holdersAt(held, key).filter(({ entry }) => entry.address !== attempt.address);
      for (const { entry, places } of others) {
        if (!(await secretStore.areThere(places))) continue;
        failures.push(
          new ReconcileError({
            code: 'SINK_FAILED',
            message: `${label} holds the secret of ${entry.address}, which would be lost`,
            hint: `move that secret elsewhere if it is still needed; or discard the one in the spool: reconcile spool drop ${attempt.address}`,
          }),
        );
      }
    }
  }
  return failures;
}
