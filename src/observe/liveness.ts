import { type LedgerEntry, recordKey } from '../core/model/custody-record.ts';
import { ReconcileError } from '../core/model/errors.ts';
import type { NamedToken } from '../core/model/sink-content.ts';
import { type Kind, kindIn, type Observed } from '../core/model/token.ts';
import { isSameToken } from '../core/model/token-id.ts';
import type { SecretStore } from '../custody/secret-store.ts';
import type { Client } from '../providers/provider.ts';
import { liveToken, rangeOf, type Target } from './target.ts';

/** The context needed to find out whether any token is live. */
export interface Liveness {
  readonly secretStore: SecretStore;
  readonly targets: ReadonlyMap<string, Target>;
  /** Returns the client of a kind from the environment; `undefined` if there are no credentials for it. */
  readonly connect: (kind: Kind) => Promise<Client | undefined>;
  readonly signal: AbortSignal;
}

/** A token that the ledger records as held, with the key of its entry. */
export interface HeldToken {
  readonly key: string;
  readonly entry: LedgerEntry;
  readonly id: string;
}

/** Tells whether the token named by a sink of a target is live, as far as it can be found. */
export async function isLiveHolder(
  { id, address }: NamedToken,
  target: Target,
  look: Liveness,
): Promise<boolean> {
  // A sink that doesn't say whose secret it holds may hold that of any kind.
  const kind = address === undefined ? undefined : kindIn(address);
  const mayBeOf = ({ desired }: Target): boolean => kind === undefined || desired.kind === kind;
  const listed =
    seenLive(id, look.targets, mayBeOf) ?? (mayBeOf(target) ? await readIn(target, id, look) : undefined);
  if (listed !== undefined) return listed;
  const range = { kind: kind ?? target.desired.kind };
  const known = look.secretStore.state.ledger.findByTokenId(range, [id]);
  // A former token of the target itself would be in the scope of that target.
  const isOwn = known === undefined || isAtSameService({ ...known, id }, target);
  if (isOwn && (address ?? known?.entry.address) === target.desired.address) return false;
  if (known) return isLiveHeld({ ...known, id }, look);
  return address !== undefined && (await ask(address, id, () => true, look)) === true;
}

/** Tells whether a recorded token may be one of a target's service, and not one with the same address at another. */
export function isAtSameService({ entry, id }: Omit<HeldToken, 'key'>, target: Target): boolean {
  const range = rangeOf(target);
  return isSameToken({ ...entry, id }, { ...range, id, kind: entry.kind });
}

/** Tells whether a token recorded as held is live. If it can't be read, the ledger is trusted. */
export async function isLiveHeld({ key, entry, id }: HeldToken, look: Liveness): Promise<boolean> {
  const name = entry.rotation?.base ?? entry.name;
  const isItsScope = ({ account }: Client, scopeId: string): boolean =>
    recordKey(entry.kind, account, scopeId, name) === key;
  const mayBe = (target: Target): boolean => isSameToken({ ...entry, id }, { ...rangeOf(target), id });
  return seenLive(id, look.targets, mayBe) ?? (await ask(entry.address, id, isItsScope, look)) ?? true;
}

/**
 * Tells whether a token is live by the listings of the run; `undefined` if none shows it.
 *
 * @param mayList tells whether the token may be of a target's kind and service
 */
function seenLive(
  id: string,
  targets: ReadonlyMap<string, Target>,
  mayList: (target: Target) => boolean,
): boolean | undefined {
  for (const target of targets.values()) {
    const token = mayList(target) ? liveToken(target, id) : undefined;
    if (token) return isUsable(token);
  }
  return undefined;
}

/** Tells whether a token is live in the scope of a target, which may not list it yet; `undefined` if it isn't there. */
async function readIn(
  { client, scope }: Target,
  id: string,
  { signal }: Liveness,
): Promise<boolean | undefined> {
  const token = await client.read(scope, id, signal).catch((error: unknown) => {
    signal.throwIfAborted();
    if (error instanceof ReconcileError) return undefined;
    throw error;
  });
  return token && isUsable(token);
}

/**
 * Reads a token at its address and tells whether it is live; `undefined` if that is unknown.
 * @param isItsScope tells whether a scope is the one that the token is in
 */
async function ask(
  address: string,
  id: string,
  isItsScope: (client: Client, scopeId: string) => boolean,
  { targets, connect, signal }: Liveness,
): Promise<boolean | undefined> {
  const [, kind = '', path = ''] = /^([^:]+):(.*)$/s.exec(address) ?? [];
  const known = [...targets.values()]
    .filter(({ desired }) => desired.kind === kind)
    .map(({ client }) => client);
  const own = await connect(kind as Kind);
  let answer: boolean | undefined;
  for (const client of new Set([...known, ...(own ? [own] : [])])) {
    for (const written of possibleScopes(path)) {
      try {
        const scope = await client.resolve(written, signal);
        if (!isItsScope(client, scope.id)) continue;
        const token = await client.read(scope, id, signal);
        if (token) return isUsable(token);
        answer = false;
      } catch (error) {
        signal.throwIfAborted();
        if (!(error instanceof ReconcileError)) throw error;
      }
    }
  }
  return answer;
}

/** Returns the scopes that may be the first part of an address: both scopes and names may contain slashes. */
function possibleScopes(path: string): readonly string[] {
  const parts = path.split('/').slice(0, -1);
  return parts.length === 0 ? [''] : parts.map((_, index) => parts.slice(0, index + 1).join('/'));
}

function isUsable({ expired }: Observed): boolean {
  return expired !== true;
}
