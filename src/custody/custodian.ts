import pLimit from 'p-limit';
import type { Attempt, TokenRecord } from '../core/custody.ts';
import type { Problem } from '../core/errors.ts';
import { containedProblem, ReconcileError } from '../core/errors.ts';
import type { Grants } from '../core/granted.ts';
import type { Holding } from '../core/holding.ts';
import { type FileSink, isReadable, type Sink, sinkName } from '../core/model.ts';
import type { PlacedToken } from '../core/places.ts';
import type { Secret } from '../core/secret.ts';
import type { Delivery } from './delivery.ts';
import { createPlaces, type KeyedPlace } from './places.ts';
import { grantsIn, recordIn } from './records.ts';
import { rememberedFolders } from './sinks/folders.ts';
import {
  addressIn,
  checkSink,
  deliverTo,
  holdingOf,
  readDelivery,
  renderContent,
  type SinkContext,
  writeContent,
} from './sinks/index.ts';
import type { Made, SpoolEntry } from './spool.ts';
import type { State } from './state.ts';

/** What came of handing a secret to its sinks. */
export interface Handover {
  /** The names of the sinks that have it now. */
  readonly delivered: readonly string[];
  /** What went wrong with the others. */
  readonly failures: readonly ReconcileError[];
}

/** A token by what a sink says of it. */
export interface Holder {
  readonly id: string;
  readonly address?: string;
}

/** A new token's secret with what is kept beside it. */
export type Answer = Omit<Made, 'secret' | 'content'> & { readonly secret: Secret };

/** Looks after secrets: where they go, who has them, and what is on disk about them. */
export interface Custodian {
  readonly state: State;
  /** Learns a secret that goes nowhere, so that it is masked. */
  announce(secret: Secret): void;
  /** Why a sink can't take a secret for this host now; `undefined` where it can. Leaves nothing behind. */
  check(sink: Sink, registry: string): Promise<Problem | undefined>;
  /** Puts a secret into the spool: on disk when the promise resolves, and before anything else happens. */
  keep(attempt: Attempt, answer: Answer): Promise<SpoolEntry>;
  /** Hands a secret of the spool to these sinks, to all that take it. */
  deliver(entry: SpoolEntry, sinks: readonly Sink[], address: string): Promise<Handover>;
  /** Fills sinks from a readable one; `known` is what that may not tell. */
  refill(
    from: FileSink,
    sinks: readonly Sink[],
    known: Omit<Delivery, 'id' | 'secret' | 'username'>,
  ): Promise<Handover>;
  /** The places that sinks write to for a token, by the sinks' names, as the ledger has them. */
  places(sinks: readonly Sink[], token: PlacedToken): Promise<Readonly<Record<string, readonly string[]>>>;
  /** The places that a sink writes to for a token. */
  placesOf(sink: Sink, token: PlacedToken): Promise<readonly KeyedPlace[]>;
  /** Whether there still is what was written to the places of one sink, by their keys. */
  areThere(keys: readonly string[]): Promise<boolean>;
  /** The token that a sink says it holds the secret of, with its address if the sink tells that. */
  holder(sink: Sink): Promise<Holder | undefined>;
  /** Whether every readable sink among these holds this token's secret. */
  confirms(sinks: readonly Sink[], id: string): Promise<boolean>;
  /** What the service granted a token for what was asked, by its ID. */
  grants(id: string): Grants | undefined;
  /** What is known of a name, by its key, or of its live tokens, by their IDs; `sinks` are those of its entry. */
  record(key: string, sinks: readonly Sink[], ids: readonly string[]): TokenRecord;
}

/**
 * A custodian.
 *
 * @param announce is told each secret before it goes anywhere, so that it can be masked
 * @param holdings what each readable sink held before planning; see `readHoldings`
 */
export function createCustodian(
  state: State,
  context: SinkContext,
  announce: (secret: Secret) => void,
  holdings: ReadonlyMap<Sink, Holding>,
): Custodian {
  const toAll = async (sinks: readonly Sink[], give: (sink: Sink) => Promise<void>): Promise<Handover> => {
    const delivered: string[] = [];
    const failures: ReconcileError[] = [];
    for (const sink of sinks) {
      try {
        await give(sink);
        delivered.push(sinkName(sink));
      } catch (error) {
        failures.push(new ReconcileError(containedProblem(error, context.bug), { cause: error }));
      }
    }
    return { delivered, failures };
  };

  const written = createPlaces(state.folder, context.env, context.folders.real);
  const seen = createPlaces(state.folder, context.env, context.before.real);

  return {
    state,
    announce,
    check: (sink, registry) => checkSink(sink, registry, context),

    async keep(attempt, answer) {
      const { secret, ...made } = answer;
      announce(secret);
      const content = await sealedContent(attempt, answer);
      const kept: Made = { ...made, secret: content === null ? secret : null, content };
      await state.spool.made(attempt, kept);
      return { attempt, made: kept };
    },

    async deliver({ attempt, made }, sinks, address) {
      if (!made) throw new TypeError(`the attempt at ${attempt.address} has no secret`);
      const { secret, content } = made;
      if (secret) announce(secret);
      return toAll(sinks, async (sink) => {
        if (secret) await deliverTo(sink, { ...deliveryOf(attempt, made, address), secret }, context);
        else if (content !== null && sink.type === 'file') await writeContent(sink, content, context.folders);
        else throw new TypeError(`nothing can be delivered to ${sinkName(sink)}`);
      });
    },

    async refill(from, sinks, known) {
      const delivery = await readDelivery(from, known);
      if (!delivery) {
        const failure = new ReconcileError({
          code: 'SINK_FAILED',
          message: `${sinkName(from)} can no longer be read`,
          hint: 'run again',
        });
        return { delivered: [], failures: [failure] };
      }
      announce(delivery.secret);
      return toAll(sinks, (sink) => deliverTo(sink, delivery, context));
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

    async holder(sink) {
      const holding = holdings.get(sink);
      if (typeof holding !== 'object' || !isReadable(sink)) return undefined;
      const address = await addressIn(sink);
      return { ...holding, ...(address !== undefined && { address }) };
    },

    async confirms(sinks, id) {
      const held = await Promise.all(sinks.filter(isReadable).map((sink) => holdingOf(sink)));
      return held.every(
        (holding) => typeof holding === 'object' && holding.id.toLowerCase() === id.toLowerCase(),
      );
    },

    grants: (id) => grantsIn(state, id),

    record: (key, sinks, ids) => ({
      ...recordIn(state, key, ids),
      holdings: sinks.flatMap((sink) => {
        const holding = holdings.get(sink);
        return holding === undefined ? [] : [{ sink, holding }];
      }),
    }),
  };
}

/** So many files are open at once: a process may not open as many as it likes. */
const filesAtOnce = 16;

/** Reads what each readable sink holds. */
export async function readHoldings(sinks: readonly Sink[]): Promise<ReadonlyMap<Sink, Holding>> {
  const readable = sinks.filter(isReadable);
  const { real } = rememberedFolders();
  const held = await pLimit(filesAtOnce).map(readable, (sink) => holdingOf(sink, real));
  return new Map(readable.map((sink, index) => [sink, held[index] ?? 'absent']));
}

function deliveryOf(
  { kind, name }: Attempt,
  { id, username, registry, expiresAt, createdAt }: Made,
  address: string,
): Omit<Delivery, 'secret'> {
  return { kind, address, id, name, registry, username, expiresAt, createdAt };
}

/**
 * The encrypted content of a token's file where that is its only sink: then the spool need not hold the secret
 * in the clear either. With more sinks it has to, as the others could not be filled from it.
 */
async function sealedContent(attempt: Attempt, answer: Answer): Promise<string | null> {
  const [sink, ...more] = attempt.sinks;
  if (sink?.type !== 'file' || sink.age.length === 0 || more.length > 0) return null;
  const { secret, ...made } = answer;
  const rest = deliveryOf(attempt, { ...made, secret: null, content: null }, attempt.address);
  // A secret that can't be encrypted is better kept in the clear than not at all; its delivery will say why.
  return renderContent(sink, { ...rest, secret }).catch(() => null);
}
