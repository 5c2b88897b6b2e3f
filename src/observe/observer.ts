import type { Desired } from '../core/model/desired.ts';
import { type Problem, ReconcileError, toProblem } from '../core/model/errors.ts';
import type { FieldRules } from '../core/model/field-rules.ts';
import type { Inability } from '../core/model/inability.ts';
import type { Kind, Scope } from '../core/model/token.ts';
import type { TokenKind } from '../core/model/token-kind.ts';
import type { Clock } from '../core/util/clock.ts';
import type { Client } from '../providers/provider.ts';
import { type ResolveOptions, recordsIn, resolveTarget } from './resolve-target.ts';
import { takeSnapshot } from './snapshot.ts';
import type { ScopeHandle, Snapshot, Target } from './target.ts';

/** A desired token, the rules of its kind, and the client of its connection. */
export interface ObserveRequest {
  readonly desired: Desired;
  readonly client: Client;
  readonly rules: FieldRules;
  readonly uniqueNames: boolean;
  readonly repairable?: true;
}

/** The observation of a desired token, or the reason for its failure, with its scope if that could be resolved. */
export type Observation =
  | Target
  | { readonly desired: Desired; readonly problem: Problem; readonly scope?: Scope };

/** The scope that an entry or a rule names, or the reason why it is unknown. */
export type Located = { readonly scope: Scope } | { readonly problem: Problem };

/** The context for observing desired tokens. */
export interface ObserveOptions extends ResolveOptions {
  readonly clock: Clock;
}

/** An observer that looks at each scope once. */
export interface Observer {
  /**
   * Observes a desired token. A scope that can't be listed fails its own tokens only. Rejected credentials (401), or
   * credentials that may not even list the scopes, fail the whole run: throws.
   */
  observe(wanted: ObserveRequest): Promise<Observation>;
  /**
   * Observes an entry outside the selection by the listing alone, without a request for its own token. A failure doesn't
   * affect other entries.
   */
  observeUntargeted(wanted: ObserveRequest): Promise<Observation>;
  /** Returns the named scope. Throws if the failure affects the whole run. */
  locate(client: Client, at: { readonly kind: Kind; readonly scope: string }): Promise<Located>;
  /** Returns the scope of an entry outside the selection. A failure doesn't affect other entries. */
  locateAside(client: Client, at: { readonly kind: Kind; readonly scope: string }): Promise<Located>;
  /**
   * Returns why a scope doesn't exist, or can't be read; `undefined` if it exists. Throws if the failure affects the whole
   * run.
   */
  verify(client: Client, kind: Kind, scope: Scope): Promise<Problem | undefined>;
  /** Returns a scope and its content, or why it can't be listed. Throws if the failure affects the whole run. */
  viewScope(
    client: Client,
    at: { readonly kind: Kind; readonly scope: string },
    behaviour: KindBehavior,
  ): Promise<ScopeView | { readonly problem: Problem }>;
}

/** A scope and its content. */
export interface ScopeView {
  readonly place: ScopeHandle;
  readonly snapshot: Snapshot;
}

/** The rules for tokens of a kind. */
export type KindBehavior = Pick<ObserveRequest, 'rules' | 'uniqueNames' | 'repairable'>;

/** Returns the rules for tokens of a kind. */
export function behaviorOf({ rules, uniqueNames, repairable }: TokenKind): KindBehavior {
  return { rules, uniqueNames, ...(repairable && { repairable }) };
}

/** Creates the observer of a run. */
export function createObserver(options: ObserveOptions): Observer {
  const { signal } = options;
  const clients = new Map<Client, number>();
  const scopes = new Map<string, Promise<Scope>>();
  const views = new Map<string, Promise<ScopeView>>();
  const verified = new Map<string, Promise<void>>();
  const inabilities = new Map<string, Promise<readonly Inability[]>>();
  const numberOf = (client: Client): number => {
    const number = clients.get(client) ?? clients.size;
    clients.set(client, number);
    return number;
  };

  const resolve = (client: Client, kind: Kind, written: string): Promise<Scope> =>
    memoize(scopes, `${numberOf(client)} ${kind} ${written}`, () =>
      client.resolve(written, signal).catch((error: unknown) => {
        throw isAuth(error) ? new Fatal(error) : error;
      }),
    );
  const look = async (
    client: Client,
    { kind, scope: written }: { readonly kind: Kind; readonly scope: string },
    behaviour: KindBehavior,
  ): Promise<ScopeView> => {
    const number = numberOf(client);
    const scope = await resolve(client, kind, written);
    const scopeKey = `${kind} ${client.account} ${scope.id}`;
    return memoize(views, `${number} ${scopeKey}`, async () => {
      const unable = await memoize(
        inabilities,
        String(number),
        async () => (await client.inabilities?.(signal)) ?? [],
      );
      const ownToken = await client.ownToken?.(scope, signal);
      const place = {
        client,
        scope,
        ...behaviour,
        inabilities: unable,
        ...(ownToken !== undefined && { ownToken }),
        scopeKey,
      };
      return { place, snapshot: await takeSnapshot(place, options.clock, signal) };
    });
  };

  const locate = async (
    client: Client,
    { kind, scope }: { readonly kind: Kind; readonly scope: string },
    failure: Failure,
  ): Promise<Located> => {
    try {
      return { scope: await resolve(client, kind, scope) };
    } catch (error) {
      return { problem: toProblem(failure(error, signal)) };
    }
  };
  const observe = async (
    { desired, client, ...behaviour }: ObserveRequest,
    failure: Failure,
    targetIn: (view: ScopeView) => Promise<Target> | Target,
  ): Promise<Observation> => {
    const located = await locate(client, desired, failure);
    if ('problem' in located) return { desired, ...located };
    try {
      return await targetIn(await look(client, desired, behaviour));
    } catch (error) {
      return { desired, problem: toProblem(failure(error, signal)), ...located };
    }
  };

  return {
    locate: (client, at) => locate(client, at, scopeFailure),
    locateAside: (client, at) => locate(client, at, contained),
    async verify(client, kind, scope) {
      try {
        await memoize(verified, `${numberOf(client)} ${kind} ${scope.id}`, () =>
          client.verify(scope, signal),
        );
        return undefined;
      } catch (error) {
        return toProblem(scopeFailure(error, signal));
      }
    },
    viewScope: (client, at, behaviour) =>
      look(client, at, behaviour).catch((error: unknown) => ({
        problem: toProblem(scopeFailure(error, signal)),
      })),
    observe: (wanted) =>
      observe(wanted, scopeFailure, ({ place, snapshot }) =>
        resolveTarget(wanted.desired, place, snapshot, options),
      ),
    observeUntargeted: (wanted) =>
      observe(wanted, contained, ({ place, snapshot }) => ({
        desired: wanted.desired,
        snapshot,
        live: snapshot.manageable,
        recordFor: recordsIn(wanted.desired, place, snapshot, options.records),
        ...place,
      })),
  };
}

/** A function that returns the failure of one scope from a thrown error. */
type Failure = (error: unknown, signal: AbortSignal) => unknown;

/** Returns the failure of one scope. Throws if the whole run fails. */
function scopeFailure(error: unknown, signal: AbortSignal): unknown {
  if (error instanceof Fatal && !signal.aborted) throw error.cause;
  const failure = contained(error, signal);
  if (isAuth(failure) && (failure as ReconcileError).httpStatus === 401) throw failure;
  return failure;
}

/** Returns the failure of one scope outside the selection, which never ends a run. */
function contained(error: unknown, signal: AbortSignal): unknown {
  // An interruption is not a failure of one token.
  if (signal.aborted) throw signal.reason;
  return error instanceof Fatal ? error.cause : error;
}

class Fatal extends Error {
  constructor(cause: unknown) {
    super('', { cause });
  }
}

function isAuth(error: unknown): boolean {
  return error instanceof ReconcileError && error.code === 'AUTH';
}

function memoize<T>(cache: Map<string, Promise<T>>, key: string, make: () => Promise<T>): Promise<T> {
  const known = cache.get(key);
  if (known) return known;
  const made = make();
  cache.set(key, made);
  return made;
}
