import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { noLead } from '../../src/core/model/clock-lead.ts';
import type { Desired } from '../../src/core/model/desired.ts';
import { ReconcileError } from '../../src/core/model/errors.ts';
import type { Inability } from '../../src/core/model/inability.ts';
import type { Result } from '../../src/core/model/plan.ts';
import { Secret } from '../../src/core/model/secret.ts';
import { SecretRejectedError } from '../../src/core/model/secret-rejected.ts';
import type { Fields, Observed } from '../../src/core/model/token.ts';
import { createPlan } from '../../src/core/plan/plan.ts';
import type { Clock } from '../../src/core/util/clock.ts';
import { createSecretStore } from '../../src/custody/secret-store.ts';
import { grantsIn, knownCreators } from '../../src/custody/state/records.ts';
import { apply } from '../../src/execute/apply.ts';
import { ledgerKey } from '../../src/execute/unresolved.ts';
import { createObserver } from '../../src/observe/observer.ts';
import { decisionInput, rangeOf } from '../../src/observe/target.ts';
import { registryTokenRules } from '../../src/providers/ionos/fields.ts';
import type { Client } from '../../src/providers/provider.ts';
import { systemClock } from '../../src/system/system-clock.ts';
import { entry, pullApp, token } from '../core/fixtures.ts';
import { contextWith, fileSink } from '../custody/sinks/fixtures.ts';
import { folderWith } from '../support/folder.ts';
import { folderState } from '../support/folder-state.ts';

/** A token of the stub, with the secret that logs in. */
export interface StubToken {
  readonly id: string;
  readonly name: string;
  readonly fields: Fields;
  readonly created: number;
  readonly secret: string;
  readonly modified: boolean;
}

/** What happens to a create: it works, its response is lost, and its request has no effect before the next one, or ever. */
export type CreateFault = 'none' | 'lost' | 'late' | 'never';

/** A service with unique names whose secrets can be set, for a kind that is repairable. */
export class StubService {
  readonly clock = createClock();
  readonly tokens: StubToken[] = [];
  /** The requests that write, in their order. */
  readonly writes: string[] = [];
  /** The faults of the next creates. */
  faults: CreateFault[] = [];
  /** The number of responses to the next `setSecret` that are lost. */
  lostSets = 0;
  /** The errors of the next patches, which then have no effect. */
  rejectedPatches: ReconcileError[] = [];
  /** The errors of the next `setSecret`, which then have set the secret, unless they are a `SecretRejectedError`. */
  rejectedSets: ReconcileError[] = [];
  inabilities: readonly Inability[] = [];
  /** Called after each write, before its response. */
  onWrite: (write: string) => Promise<void> = async () => undefined;
  #late: (() => void)[] = [];
  /** The number of creates so far. */
  count = 0;

  /** Changes a token behind the program's back. */
  change(name: string, change: Partial<StubToken>): void {
    const index = this.tokens.findIndex((known) => known.name === name);
    const known = this.tokens[index];
    if (known) this.tokens[index] = { ...known, ...change };
  }

  client(): Client {
    const list = async () => ({
      tokens: this.tokens.map(shown),
      date: this.#now(),
      ahead: noLead,
      user: 'us',
    });
    return {
      account: 'account',
      timeoutSeconds: 30,
      resolve: async (ref) => ({ id: ref, name: ref }),
      scopes: async () => undefined,
      verify: async () => undefined,
      details: async () => ({ host: 'team-a.example.com' }),
      list,
      read: async (_scope, id) => (await list()).tokens.find((known) => known.id === id),
      create: async (_scope, fields, { beforeTry }) => {
        await beforeTry(1);
        for (const act of this.#late.splice(0)) act();
        return this.#create(fields);
      },
      patch: async (_scope, id, fields) => {
        const found = this.tokens.find((known) => known.id === id);
        if (!found) throw new ReconcileError({ code: 'NOT_FOUND', message: `no token ${id}` });
        await this.#wrote(`patch ${id}`);
        const rejected = this.rejectedPatches.shift();
        if (rejected) throw rejected;
        const patched = { ...found, fields: { ...found.fields, ...fields }, modified: true };
        this.change(found.name, patched);
        return shown(patched);
      },
      delete: async (_scope, id) => {
        const index = this.tokens.findIndex((known) => known.id === id);
        if (index >= 0) this.tokens.splice(index, 1);
        await this.#wrote(`delete ${id}`);
      },
      setSecret: async (_scope, id, secret) => {
        const found = this.tokens.find((known) => known.id === id);
        if (!found) throw new ReconcileError({ code: 'NOT_FOUND', message: `no token ${id}` });
        if (this.rejectedSets[0] instanceof SecretRejectedError) throw this.rejectedSets.shift();
        this.change(found.name, { secret, modified: true });
        await this.#wrote(`set the secret of ${id}`);
        if (this.lostSets > 0) {
          this.lostSets -= 1;
          throw lost();
        }
        const rejected = this.rejectedSets.shift();
        if (rejected) throw rejected;
        const now = this.tokens.find((known) => known.id === id) ?? found;
        return { token: shown(now), secret: new Secret(secret), username: `robot$${found.name}` };
      },
      inabilities: async () => this.inabilities,
    };
  }

  async #create(fields: Fields) {
    const name = String(fields['name']);
    if (this.tokens.some((known) => known.name === name)) {
      await this.#wrote('conflict');
      throw new ReconcileError({ code: 'API_REJECTED', message: 'name taken', httpStatus: 409 });
    }
    this.count += 1;
    const id = `id-${this.count}`;
    const secret = `theirs-${this.count}`;
    const begun = this.#now();
    const add = (): void => {
      this.tokens.push({ id, name, fields, created: begun, secret, modified: false });
    };
    const fault = this.faults.shift() ?? 'none';
    if (fault === 'late') this.#late.push(add);
    else if (fault !== 'never') add();
    await this.#wrote(`create ${id}`);
    if (fault !== 'none') throw lost();
    const made = this.tokens.find((known) => known.id === id);
    if (!made) throw new TypeError('no token was created');
    return { token: shown(made), secret: new Secret(secret), username: `robot$${name}` };
  }

  #now(): number {
    return Math.floor(this.clock.now() / 1000);
  }

  async #wrote(write: string): Promise<void> {
    this.writes.push(write);
    await this.onWrite(write);
  }
}

function lost(): ReconcileError {
  return new ReconcileError({ code: 'OUTCOME_UNKNOWN', message: 'no response' });
}

/** Returns the system's clock, but waits pass at once, except for the time limit of a poll, which only ends it. */
function createClock(): Clock {
  let skipped = 0;
  return {
    now: () => systemClock.now() + skipped,
    monotonic: () => systemClock.monotonic() + skipped,
    async sleep(milliseconds, signal) {
      if (milliseconds >= 5_000 && milliseconds < 10_000) return systemClock.sleep(milliseconds, signal);
      signal?.throwIfAborted();
      skipped += milliseconds;
    },
  };
}

function shown({ id, name, fields, created, modified }: StubToken): Observed {
  return token(id, name, fields, { created, modified });
}

/** An apply with a stub, and what it needs. */
export interface Site {
  readonly service: StubService;
  /** The folder of the state directory and the sinks. */
  readonly folder: string;
}

export async function createSite(): Promise<Site> {
  return { service: new StubService(), folder: await folderWith({}) };
}

/** Returns the site as if the program had been killed now: the service, and the state on disk, as they are. */
export async function killedSite({ service, folder }: Site): Promise<Site> {
  const copy = await createSite();
  await cp(folder, copy.folder, { recursive: true });
  copy.service.tokens.push(...service.tokens);
  copy.service.count = service.count;
  return copy;
}

/** The inputs of a run that tests choose. */
export interface RunChoices {
  readonly forceReplace?: boolean;
  readonly proofOnly?: boolean;
}

/** Returns the entry of the token `ci`, whose secret goes to the file `ci.json`. */
export function ciEntry({ folder }: Site, more: Partial<Desired> = {}): Desired {
  const fields = { name: 'ci', scopes: [pullApp] };
  return { ...entry({ name: 'ci', fields, secret: [fileSink(folder, 'ci.json')] }), ...more };
}

/** Plans and applies one entry of a repairable kind. Returns its result, the warnings, and all masked secrets. */
export async function applied(
  { service, folder }: Site,
  desired: Desired,
  { forceReplace = false, proofOnly = false }: RunChoices = {},
): Promise<{ readonly result: Result | undefined; readonly warnings: string[]; readonly masked: Secret[] }> {
  const state = await folderState(join(folder, 'state'), true);
  const masked: Secret[] = [];
  const holdings = new Map();
  const secretStore = createSecretStore(
    state,
    contextWith(folder),
    (secret) => masked.push(secret),
    holdings,
  );
  const signal = new AbortController().signal;
  const records: Parameters<typeof createObserver>[0]['records'] = (wanted, place, name, ids) =>
    secretStore.record(
      ledgerKey({ desired: wanted, ...place }, name),
      rangeOf({ desired: wanted, ...place }),
      [],
      ids,
    );
  const grants: Parameters<typeof createObserver>[0]['grants'] = (range, id) => grantsIn(state, range, id);
  const { clock } = service;
  const observer = createObserver({ clock, records, grants, signal });
  const kind = { rules: registryTokenRules, uniqueNames: true, repairable: true } as const;
  const target = await observer.observe({ desired, client: service.client(), ...kind });
  if ('problem' in target) throw new ReconcileError(target.problem);
  const evidence = { grace: 0, proofOnly, knownCreators: knownCreators(state) };
  const now = Math.floor(clock.now() / 1000);
  const input = decisionInput(target, { evidence, now, forceReplace, revokeOld: false });
  const plan = createPlan([{ ...input, scopeKey: target.scopeKey, limit: undefined }]);
  const warnings: string[] = [];
  const results = await apply(plan, {
    targets: new Map([[desired.address, target]]),
    secretStore,
    clock,
    evidence,
    records,
    listener: { onBegin: () => undefined, onWait: () => undefined, onDone: () => undefined },
    bug: (error) => {
      throw error;
    },
    stop: signal,
    parallelism: 1,
    keepGoing: true,
    settlement: { onWait: () => undefined, warn: ({ message }) => warnings.push(message) },
  });
  return { result: results[0], warnings, masked };
}
