import pLimit from 'p-limit';
import { type CreateAttempt, type CustodyRecord, withoutRepair } from '../core/model/custody-record.ts';
import type { Problem } from '../core/model/errors.ts';
import { containedProblem, ReconcileError } from '../core/model/errors.ts';
import type { Grants } from '../core/model/grants.ts';
import type { Secret } from '../core/model/secret.ts';
import {
  isEncrypted,
  isReadBackable,
  type Sink,
  sinkLabel,
  sinkName,
  sinkTimeoutSeconds,
} from '../core/model/sink.ts';
import type { NamedToken, SinkContent } from '../core/model/sink-content.ts';
import type { PlacedToken } from '../core/model/sink-place.ts';
import { type Kind, kindIn } from '../core/model/token.ts';
import type { IdRange } from '../core/model/token-id.ts';
import type { RefillValues, SecretPayload } from './sinks/delivery.ts';
import { cachedLookups } from './sinks/folder-cache.ts';
import {
  checkSink,
  deliverTo,
  readDelivery,
  readSinkContent,
  renderContent,
  type SinkContext,
  writeContent,
} from './sinks/index.ts';
import { createPlaces, type KeyedPlace } from './sinks/places.ts';
import { grantsIn, loadRecord } from './state/records.ts';
import type { CreatedRecord, SpoolEntry } from './state/spool.ts';
import type { State } from './state/state.ts';

/** The result of delivering a secret to its sinks. */
export interface DeliveryResult {
  /** The names of the sinks that now have the secret. */
  readonly delivered: readonly string[];
  /** The failures of the other sinks. */
  readonly failures: readonly ReconcileError[];
}

/** A new token's secret with the values recorded beside it. */
export type CreatedSecret = Omit<CreatedRecord, 'secret' | 'content'> & { readonly secret: Secret };

/** A store for secrets: delivers them, and keeps their records on disk. */
export interface SecretStore {
  readonly state: State;
  /** Registers a secret that isn't delivered, so that it is masked. */
  announce(secret: Secret): void;
  /** Returns why a sink can't accept a secret for this host now; `undefined` if it can. Leaves nothing behind. */
  check(sink: Sink, registry: string): Promise<Problem | undefined>;
  /** Writes a secret to the spool. It is on disk when the promise resolves, before anything else happens. */
  save(attempt: CreateAttempt, answer: CreatedSecret): Promise<SpoolEntry>;
  /** Delivers a spooled secret to these sinks. A failed sink doesn't stop the others. */
  deliver(entry: SpoolEntry, sinks: readonly Sink[], address: string): Promise<DeliveryResult>;
  /** Fills sinks from a readable one; `known` holds the values that it may not contain. */
  refill(from: Sink, sinks: readonly Sink[], known: RefillValues): Promise<DeliveryResult>;
  /** Returns the places that sinks write to for a token, by the sinks' names, as the ledger records them. */
  places(sinks: readonly Sink[], token: PlacedToken): Promise<Readonly<Record<string, readonly string[]>>>;
  /** Returns the places that a sink writes to for a token. */
  placesOf(sink: Sink, token: PlacedToken): Promise<readonly KeyedPlace[]>;
  /** Tells whether the content written to the places of one sink still exists, by their keys. */
  areThere(keys: readonly string[]): Promise<boolean>;
  /** Returns the token whose secret a sink says it holds, with its address if the sink contains that. */
  holder(sink: Sink): NamedToken | undefined;
  /** Tells whether every readable sink among these holds this token's secret. */
  allReadableSinksHold(sinks: readonly Sink[], id: string): Promise<boolean>;
  /** Returns the values that the service granted a token instead of the requested ones, by its ID. */
  grants(range: IdRange, id: string): Grants | undefined;
  /** Returns the record of a name by its key, or by the IDs of its live tokens; `sinks` are those of its entry. */
  record(key: string, range: IdRange, sinks: readonly Sink[], ids: readonly string[]): CustodyRecord;
}

/**
 * Creates a secret store.
 * @param announce called with each secret before it goes anywhere, so that it can be masked
 * @param holdings the content of each readable sink before planning; see `readSinkContents`
 */
export function createSecretStore(
  state: State,
  context: SinkContext,
  announce: (secret: Secret) => void,
  holdings: ReadonlyMap<Sink, SinkContent>,
): SecretStore {
  const toAll = async (
    sinks: readonly Sink[],
    give: (sink: Sink, context: SinkContext) => Promise<void>,
  ): Promise<DeliveryResult> => {
    const delivered: string[] = [];
    const failures: ReconcileError[] = [];
    for (const sink of sinks) {
      try {
        const step = { kind: 'delivery', timeoutSeconds: sinkTimeoutSeconds(sink) } as const;
        await state.store.lease.during(step, (end) => {
          end.throwIfAborted();
          return give(sink, { ...context, end });
        });
        delivered.push(sinkName(sink));
      } catch (error) {
        failures.push(new ReconcileError(containedProblem(error, context.bug), { cause: error }));
      }
    }
    return { delivered, failures };
  };

  const written = createPlaces(state.store.base, context.env, context.folders.real);
  const seen = createPlaces(state.store.base, context.env, context.before.real);

  return {
    state,
    announce,
    check: (sink, registry) => checkSink(sink, registry, context),

    async save(attempt, answer) {
      const { secret, ...made } = answer;
      announce(secret);
      const content = await sealedContent(attempt, answer);
      const kept: CreatedRecord = { ...made, secret: content === null ? secret : null, content };
      await state.spool.made(attempt, kept);
      return { attempt: withoutRepair(attempt), made: kept };
    },

    async deliver({ attempt, made }, sinks, address) {
      if (!made) throw new TypeError(`the attempt at ${attempt.address} has no secret`);
      const { secret, content } = made;
      if (secret) announce(secret);
      return toAll(sinks, async (sink, limited) => {
        if (made.sealed?.problem) throw made.sealed.problem;
        if (secret) await deliverTo(sink, { ...deliveryOf(attempt, made, address), secret }, limited);
        else if (content !== null) await writeContent(sink, content, limited);
        else throw new TypeError(`nothing can be delivered to ${sinkLabel(sink)}`);
      });
    },

    async refill(from, sinks, known) {
      const delivery = await readDelivery(from, known);
      if (!delivery) {
        const failure = new ReconcileError({
          code: 'SINK_FAILED',
          message: `${sinkLabel(from)} can no longer be read`,
          hint: 'run again',
        });
        return { delivered: [], failures: [failure] };
      }
      announce(delivery.secret);
      return toAll(sinks, (sink, limited) => deliverTo(sink, delivery, limited));
    },

    async places(sinks, token) {
      const entries = await Promise.all(
        sinks.map(async (sink) => {
          const keys = (await written.of(sink, token)).map(({ key }) => key);
          return keys.length > 0 ? [[sinkName(sink), keys] as const] : [];
        }),
      );
      return Object.fromEntries(entries.flat());
    },
    placesOf: seen.of,
    areThere: seen.areThere,

    holder(sink) {
      const holding = holdings.get(sink);
      return typeof holding === 'object' ? holding : undefined;
    },

    async allReadableSinksHold(sinks, id) {
      const held = await Promise.all(sinks.filter(isReadBackable).map((sink) => readSinkContent(sink)));
      return held.every(
        (holding) => typeof holding === 'object' && holding.id.toLowerCase() === id.toLowerCase(),
      );
    },

    grants: (range, id) => grantsIn(state, range, id),

    record: (key, range, sinks, ids) => ({
      ...loadRecord(state, key, range, ids),
      sinkContents: sinks.flatMap((sink) => {
        const holding = holdings.get(sink);
        return holding === undefined ? [] : [{ sink, holding: ofKind(holding, range.kind) }];
      }),
    }),
  };
}

/** Returns the content of a sink for tokens of one kind: IDs of two kinds can be equal. */
function ofKind(holding: SinkContent, kind: Kind): SinkContent {
  if (typeof holding !== 'object' || holding.address === undefined) return holding;
  return kindIn(holding.address) === kind ? holding : 'foreign';
}

/** Maximum number of files open at once, as a process has a limit of open files. */
const filesAtOnce = 16;

/** Reads the content of each readable sink. */
export async function readSinkContents(sinks: readonly Sink[]): Promise<ReadonlyMap<Sink, SinkContent>> {
  const readable = sinks.filter(isReadBackable);
  const { real } = cachedLookups();
  const held = await pLimit(filesAtOnce).map(readable, (sink) => readSinkContent(sink, real));
  return new Map(readable.map((sink, index) => [sink, held[index] ?? 'absent']));
}

function deliveryOf(
  { kind, name }: CreateAttempt,
  { id, username, registry, expiresAt, createdAt }: CreatedRecord,
  address: string,
): Omit<SecretPayload, 'secret'> {
  return { kind, address, id, name, registry, username, expiresAt, createdAt };
}

/**
 * Returns the encrypted content of a token's sink if that is its only one: then the spool need not hold the secret in the
 * clear either. With more sinks it must, as the others could not be filled from the encrypted content.
 */
async function sealedContent(attempt: CreateAttempt, answer: CreatedSecret): Promise<string | null> {
  const [sink, ...more] = attempt.sinks;
  if (!sink || !isEncrypted(sink) || more.length > 0) return null;
  const { secret, ...made } = answer;
  const rest = deliveryOf(attempt, { ...made, secret: null, content: null }, attempt.address);
  // If encryption fails, keeping the secret in the clear is better than losing it. Its delivery will report the reason.
  return (await renderContent(sink, { ...rest, secret }).catch(() => null)) ?? null;
}
