import pLimit from 'p-limit';
import { sinksOf } from '../core/model/entry-sinks.ts';
import { type Problem, ReconcileError } from '../core/model/errors.ts';
import { nameFieldOf } from '../core/model/field-rules.ts';
import type { Change, Plan } from '../core/model/plan.ts';
import { type Sink, sinkLabel, sinkName } from '../core/model/sink.ts';
import type { NamedToken } from '../core/model/sink-content.ts';
import { isWholeFile, keysInTheWay, keysOfPlace } from '../core/model/sink-place.ts';
import { type Kind, kindIn } from '../core/model/token.ts';
import { idKey, sameId } from '../core/model/token-id.ts';
import { findCandidates } from '../core/plan/candidates.ts';
import { idsOnRecord } from '../core/plan/prune.ts';
import type { SecretStore } from '../custody/secret-store.ts';
import { type HeldToken, isAtSameService, isLiveHeld, isLiveHolder, type Liveness } from './liveness.ts';
import { hostFor } from './registry-host.ts';
import { recordedNames } from './resolve-target.ts';
import { liveToken, type Target } from './target.ts';

/** The context needed to find places that hold the secrets of other tokens. */
export type OccupiedOptions = Omit<Liveness, 'targets'>;

/** Maximum number of changes checked at once. */
const changesAtOnce = 16;

/**
 * Returns why the secrets of a plan's changes can't go to their places, by the addresses of their entries. A place may hold
 * the secret of another live token, by its own content or by the ledger, or two changes may have the same place. A token
 * that the plan deletes or replaces counts as gone.
 */
export async function findOccupied(
  { changes }: Plan,
  targets: ReadonlyMap<string, Target>,
  options: OccupiedOptions,
): Promise<ReadonlyMap<string, Problem>> {
  const writing = changes.flatMap((change): readonly Writing[] => {
    const target = targets.get(change.entryAddress);
    const names = change.secret ?? [];
    if (!target || names.length === 0) return [];
    const sinks = sinksOf(target.desired).filter((sink) => names.includes(sinkName(sink)));
    return [{ change, target, sinks }];
  });
  if (writing.length === 0) return new Map();
  const going = new Set(
    changes.flatMap(({ kind, action, id }) =>
      id !== null && (action === 'delete' || action === 'replace') ? [idKey({ kind }, id)] : [],
    ),
  );
  const look = { ...options, targets, going, held: holdersByPlace(options.secretStore) };
  const seen = await pLimit(changesAtOnce).map(writing, (each) => lookAt(each, look));
  return new Map([
    ...shared(seen),
    ...seen.flatMap(({ change, problem }) => (problem ? [[change.entryAddress, problem] as const] : [])),
  ]);
}

/** A change that delivers a secret to sinks. */
interface Writing {
  readonly change: Change;
  readonly target: Target;
  readonly sinks: readonly Sink[];
}

/** The places of a change with their keys and descriptions, and the problem found there. */
interface Seen {
  readonly change: Change;
  readonly places: ReadonlyMap<string, string>;
  readonly problem?: Problem;
}

/** A token that the ledger records as held, and the places of one of its sinks. */
export interface Holding extends HeldToken {
  readonly places: readonly string[];
}

interface Look extends Liveness {
  /** The tokens that the plan deletes or replaces, by kind and ID. */
  readonly going: ReadonlySet<string>;
  readonly held: ReadonlyMap<string, readonly Holding[]>;
}

async function lookAt({ change, target, sinks }: Writing, look: Look): Promise<Seen> {
  const { secretStore, going, held, signal } = look;
  const places = new Map<string, string>();
  const host = await hostFor(target, sinks, signal).catch((error: unknown) => {
    signal.throwIfAborted();
    if (error instanceof ReconcileError) return error;
    throw error;
  });
  // Other errors of the service show when it is written to.
  if (typeof host !== 'string' && host.code === 'SINK_FAILED') {
    return {
      change,
      places,
      problem: { code: host.code, message: host.message, ...(host.hint && { hint: host.hint }) },
    };
  }
  const own = ownIds(target, change, secretStore);
  const isOther = (kind: Kind, id: string): boolean =>
    !(kind === change.kind && own.has(id.toLowerCase())) && !going.has(idKey({ kind }, id));
  const token = { name: nameOf(change, target), host: typeof host === 'string' ? host : undefined };
  let problem: Problem | undefined;
  for (const sink of sinks) {
    const placed = await secretStore.placesOf(sink, token);
    for (const { key, label } of placed) places.set(key, label);
    const said = secretStore.holder(sink);
    const saidKind = said?.address === undefined ? change.kind : kindIn(said.address);
    if (said && isOther(saidKind, said.id) && (await isLiveHolder(said, target, look))) {
      problem ??= occupied(placed[0]?.label ?? sinkLabel(sink), said);
    }
    for (const place of placed) {
      const { key, label: words } = place;
      // The content of the file is newer than the ledger.
      if (said && isWholeFile(place)) continue;
      for (const holding of holdersAt(held, key)) {
        if (
          problem ||
          !isOther(holding.entry.kind, holding.id) ||
          (holding.entry.address === target.desired.address && isAtSameService(holding, target))
        )
          continue;
        if (!(await secretStore.areThere(holding.places))) continue;
        if (await isLiveHeld(holding, look))
          problem = occupied(words, { id: holding.id, address: holding.entry.address });
      }
    }
  }
  return { change, places, ...(problem && { problem }) };
}

/** Returns the problems of changes that would write to the same place. */
function shared(seen: readonly Seen[]): readonly (readonly [entry: string, problem: Problem])[] {
  const first = new Map<string, Change>();
  return seen.flatMap(({ change, places }) =>
    [...places].flatMap(([key, words]) => {
      const other = first.get(key) ?? change;
      first.set(key, other);
      if (other.entryAddress === change.entryAddress) return [];
      return [
        [change.entryAddress, sharedWith(words, other)] as const,
        [other.entryAddress, sharedWith(words, change)] as const,
      ];
    }),
  );
}

function sharedWith(words: string, { address, source }: Change): Problem {
  return {
    code: 'MANIFEST_CONFLICT',
    message: `${words} is also a sink of ${address} (${source.file}:${source.line})`,
    hint: 'a place can hold only one secret: choose another one for one of the two tokens',
  };
}

function occupied(words: string, { id, address }: Pick<NamedToken, 'id' | 'address'>): Problem {
  return {
    code: 'MANIFEST_CONFLICT',
    message: `${words} holds the secret of another live token, ${address === undefined ? id : `${address} (${id})`}, which would be lost`,
    hint: 'choose another place, delete that token with state: absent, or move its secret elsewhere if it is still needed',
  };
}

/** Returns the IDs of the current, former and replaced tokens of an entry, in lower case. */
function ownIds(target: Target, { id }: Change, { state }: SecretStore): ReadonlySet<string> {
  const { desired, snapshot, recordFor } = target;
  const current = [
    ...(id === null ? [] : [id]),
    ...findCandidates({ ...target, listed: snapshot.tokens }).map((token) => token.id),
  ];
  const isCurrent = (known: string): boolean => current.some((one) => sameId(one, known));
  // A name that the entry doesn't state is that of the token with the stated ID. Another token may have the same name.
  const isOwn = (name: string, held: string | null | undefined): boolean =>
    name === desired.name || name === desired.existing || !held || isCurrent(held);
  const recorded = recordedNames(desired, snapshot.tokens).flatMap((name) => {
    const record = recordFor(name);
    return isOwn(name, record.entry?.id) ? idsOnRecord(record) : [];
  });
  // A secret that was delivered in part, and that a later one replaces, waits in the spool.
  const waiting = state.spool
    .entries()
    .flatMap(({ attempt, made }) => (made && attempt.address === desired.address ? [made.id] : []));
  return new Set([...current, ...recorded, ...waiting].map((known) => known.toLowerCase()));
}

/** Returns the name that the token of a change has or gets. */
function nameOf(change: Change, target: Target): string | undefined {
  const name = change.payload[nameFieldOf(target.rules)] ?? liveToken(target, change.id)?.name;
  return typeof name === 'string' ? name : target.desired.name;
}

/** Returns the tokens that the ledger records as held, by the places of their sinks. */
export function holdersByPlace({ state }: SecretStore): ReadonlyMap<string, readonly Holding[]> {
  const holders = new Map<string, Holding[]>();
  for (const [key, entry] of state.ledger.entries()) {
    const { id } = entry;
    if (id === null) continue;
    for (const places of Object.values(entry.places ?? {})) {
      for (const place of places.flatMap(keysOfPlace)) {
        holders.set(place, [...(holders.get(place) ?? []), { key, entry, id, places }]);
      }
    }
  }
  return holders;
}

/** Returns the tokens whose secrets are in a place, or in a file that it shares. */
export function holdersAt(held: ReadonlyMap<string, readonly Holding[]>, key: string): readonly Holding[] {
  return keysInTheWay(key).flatMap((other) => held.get(other) ?? []);
}
