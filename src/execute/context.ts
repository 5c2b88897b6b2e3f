import type { ReportBug } from '../core/model/errors.ts';
import type { Change, Result } from '../core/model/plan.ts';
import type { Observed } from '../core/model/token.ts';
import { resolveCandidates } from '../core/plan/candidates.ts';
import type { EvidencePolicy } from '../core/plan/ownership.ts';
import type { Clock } from '../core/util/clock.ts';
import { neverAborted } from '../core/util/never-aborted.ts';
import { singleFlight } from '../core/util/single-flight.ts';
import type { SecretStore } from '../custody/secret-store.ts';
import type { Lease } from '../custody/state/lease.ts';
import type { RecordLookup } from '../observe/resolve-target.ts';
import { takeSnapshot } from '../observe/snapshot.ts';
import type { Snapshot, Target } from '../observe/target.ts';
import type { Client } from '../providers/provider.ts';
import { leasedClient } from './leased-client.ts';

/** A listener for the progress of a run. */
export interface ProgressListener {
  /** Called when a change begins. */
  onBegin(change: Change): void;
  /** Called when a change has to wait for the service to show something, for example `to be gone`. */
  onWait(address: string, until: string): void;
  onDone(result: Result): void;
}

/** The inputs of a run that all its steps share. */
export interface RunInputs {
  /** The target of each plan entry. Entries in error may be missing. */
  readonly targets: ReadonlyMap<string, Target>;
  readonly secretStore: SecretStore;
  readonly clock: Clock;
  readonly evidence: EvidencePolicy;
  readonly records: RecordLookup;
  readonly listener: ProgressListener;
  readonly bug: ReportBug;
  /** Once aborted, nothing new starts; work in progress is completed. */
  readonly stop: AbortSignal;
}

/** The context of a run: its inputs, and the lookups that its changes share. Built once, by `createContext`. */
export interface ExecutionContext extends RunInputs {
  /** The lease on the state. The clients of the targets observe it. */
  readonly lease: Lease;
  /** Lists a target's scope. Concurrent callers share a listing that began after their calls. */
  readonly freshListing: (target: Target) => Promise<Snapshot>;
  /** Tells whether another entry of the run declares a token. */
  readonly isDeclaredElsewhere: (target: Target, token: Pick<Observed, 'id'>) => boolean;
}

/** Creates the context of a run. */
export function createContext(inputs: RunInputs): ExecutionContext {
  const { lease } = inputs.secretStore.state.store;
  const clients = new Map<Client, Client>();
  const leased = (client: Client): Client => {
    const known = clients.get(client) ?? leasedClient(client, lease);
    clients.set(client, known);
    return known;
  };
  const targets = new Map(
    [...inputs.targets].map(([entry, target]) => [entry, { ...target, client: leased(target.client) }]),
  );
  return {
    ...inputs,
    targets,
    lease,
    freshListing: createListings(inputs.clock),
    isDeclaredElsewhere: declarationsIn(targets),
  };
}

function createListings(clock: Clock): ExecutionContext['freshListing'] {
  const listings = new Map<string, () => Promise<Snapshot>>();
  return (target) => {
    const known = listings.get(target.scopeKey);
    const listing = known ?? singleFlight(() => takeSnapshot(target, clock, neverAborted));
    listings.set(target.scopeKey, listing);
    return listing();
  };
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
