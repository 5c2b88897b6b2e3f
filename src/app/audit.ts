import type { AuditedToken, DeclaredToken } from '../core/audit/rules.ts';
import { type Problem, ReconcileError } from '../core/model/errors.ts';
import type { Change } from '../core/model/plan.ts';
import { addressOf, type Kind } from '../core/model/token.ts';
import { type IdRange, idKey } from '../core/model/token-id.ts';
import { namedScopes } from '../core/model/token-kind.ts';
import { renewalDueAt } from '../core/plan/renewal.ts';
import { findFamily } from '../core/plan/rotation/family.ts';
import { createdAt, expiresAt, rotationBy, rotationDueAt } from '../core/plan/rotation/lifetime.ts';
import { decisionInput, rangeOf, type Target } from '../observe/target.ts';
import { kindOf, tokenKinds } from '../providers/registry.ts';
import type { Connections } from './connections.ts';
import { hasCredentials } from './credentials.ts';
import { type Listed, type ListSelection, listTokens } from './list.ts';
import { type DesiredState, type PlanRunOptions, planRun } from './plan.ts';
import type { Runtime } from './runtime.ts';

/** Input of an audit. */
export interface Inventory {
  /** The live tokens of the scopes that the manifests name and of all scopes that the credentials reach. */
  readonly tokens: readonly AuditedToken[];
  /** Scopes that could not be read; their tokens are missing. */
  readonly problems: readonly Problem[];
}

/**
 * Collects all live tokens and their declarations. Writes nothing. Throws if no scope can be read.
 *
 * @param scopes scopes to read besides those of the manifests, by the fields that name them: services don't list all
 */
export async function collectInventory(
  desiredState: DesiredState,
  scopes: ListSelection['scopes'],
  connections: Connections,
  runtime: Runtime,
  inputs: PlanRunOptions,
): Promise<Inventory> {
  const { plan, targets, evidence } = await planRun(desiredState, connections, runtime, inputs);
  const { signal } = inputs;
  const declared = new Map<string, DeclaredToken>();
  for (const change of plan.changes) {
    const target = targets.get(change.entryAddress);
    if (target && !target.desired.prunedBy) declare(declared, change, target);
  }
  for (const target of targets.values()) {
    declareFamily(declared, target, evidence);
    declareRenewal(declared, target, evidence);
  }

  const tokens = new Map<string, AuditedToken>();
  const add = (audited: Omit<AuditedToken, 'declared'>, range: IdRange): void => {
    const key = idKey(range, audited.token.id);
    const known = declared.get(key);
    if (!tokens.has(key)) tokens.set(key, { ...audited, ...(known && { declared: known }) });
  };
  for (const target of scopesIn(targets)) {
    const { desired, client, scope, rules, snapshot } = target;
    const { kind, scope: written } = desired;
    const whole = snapshot.tokens.all.map(async (token) =>
      token.partial ? ((await client.read(scope, token.id, signal)) ?? token) : token,
    );
    for (const token of await Promise.all(whole)) {
      const address = addressOf(kind, written, token.name);
      add({ address, kind, token, rules, ...auditRulesOf(kind) }, rangeOf(target));
    }
  }
  const reached = await reachable(scopes, connections, runtime, inputs);
  const beyond = reached?.tokens;
  if (!beyond && plan.changes.length === 0) {
    throw new ReconcileError({
      code: 'AUTH',
      message: 'nothing to audit: the manifests declare no tokens, and no credentials are set',
      hint: 'set the credentials of a service; reconcile doctor lists the variables',
    });
  }
  for (const { address, kind, token, range } of beyond ?? []) {
    add({ address, kind, token, rules: kindOf(kind).rules, ...auditRulesOf(kind) }, range);
  }
  const problems = plan.changes.flatMap(({ entryAddress, error, source }) =>
    error && !targets.has(entryAddress) ? [{ source, ...error }] : [],
  );
  return { tokens: [...tokens.values()], problems: [...problems, ...(reached?.problems ?? [])] };
}

/** Returns the rules of a kind that only audits use. */
function auditRulesOf(kind: Kind): Pick<AuditedToken, 'overBroad' | 'defaultsEnd'> {
  const { overBroad, defaultsEnd } = kindOf(kind);
  return { overBroad, ...(defaultsEnd && { defaultsEnd }) };
}

/** Adds the token of a change, as its entry declares it. */
function declare(declared: Map<string, DeclaredToken>, change: Change, target: Target): void {
  const { desired } = target;
  const { id, custody, supersededToken, action } = change;
  if (id === null) return;
  const { state, source, secret, address } = desired;
  // The next apply replaces this token, and delivers the secret of the new one.
  const isGoing = supersededToken !== null || (action === 'replace' && custody !== 'undelivered');
  const wantsCustody = Array.isArray(secret) && secret.length > 0 && !isGoing;
  declared.set(idKey(rangeOf(target), id), {
    address,
    state,
    source,
    ...(wantsCustody && custody !== null && { custody }),
  });
}

/** Adds all generations of a rotating entry, and for the newest the time when its successor is due. */
function declareFamily(
  declared: Map<string, DeclaredToken>,
  target: Target,
  evidence: Parameters<typeof decisionInput>[1]['evidence'],
): void {
  const input = decisionInput(target, {
    evidence,
    now: 0,
    forceReplace: false,
    revokeOld: false,
  });
  const { kind, state, source, scope, rotation } = target.desired;
  if (!rotation) return;
  const { members, orphans, newest } = findFamily(input, rotation);
  for (const token of [...members, ...orphans]) {
    const made = createdAt(token);
    const end = expiresAt(token, input);
    const own = rotationBy(rotation, token, input);
    const due = token === newest?.token ? rotationDueAt(own, made, end) : undefined;
    const isShort = made !== undefined && end !== undefined && end - rotation.overlap < made + rotation.every;
    declared.set(idKey(rangeOf(target), token.id), {
      address: addressOf(kind, scope, token.name),
      state,
      source,
      generation: due === undefined ? {} : { due, isShort },
    });
  }
}

/** Adds the time at which the secret of an entry's token is to be renewed in place. */
function declareRenewal(
  declared: Map<string, DeclaredToken>,
  target: Target,
  evidence: Parameters<typeof decisionInput>[1]['evidence'],
): void {
  const input = decisionInput(target, { evidence, now: 0, forceReplace: false, revokeOld: false });
  for (const token of target.live.all) {
    const key = idKey(rangeOf(target), token.id);
    const known = declared.get(key);
    const due = known && renewalDueAt({ input, token });
    if (known && due !== undefined) declared.set(key, { ...known, generation: { due } });
  }
}

/** Returns one target for each scope. */
function scopesIn(targets: ReadonlyMap<string, Target>): readonly Target[] {
  return [...new Map([...targets.values()].map((target) => [target.scopeKey, target])).values()];
}

/**
 * Returns the tokens that the environment's credentials reach, declared or not; `undefined` if there are no
 * credentials.
 */
async function reachable(
  scopes: ListSelection['scopes'],
  connections: Connections,
  runtime: Runtime,
  { state, shard, signal }: PlanRunOptions,
): Promise<Listed | undefined> {
  // Tokens that other shards declare would look undeclared.
  if (shard) return { tokens: [], problems: [] };
  const kinds = tokenKinds
    .filter(({ service }) => hasCredentials(service, runtime.env, false))
    .filter((one) => one.levels.every(({ isListed }) => isListed) || namedScopes(one, scopes).length > 0)
    .map(({ kind }) => kind);
  if (kinds.length === 0) return undefined;
  return listTokens(connections, { kinds, scopes }, state, runtime, signal);
}
