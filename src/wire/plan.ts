import type { Desired, Plan, Sink } from '../core/model.ts';
import { makePlan, type PlanInput } from '../core/plan.ts';
import { type Custodian, createCustodian, readSinks } from '../custody/custodian.ts';
import { observe } from '../execute/observe.ts';
import type { Target } from '../execute/target.ts';
import { type Connections, connectAll } from './connect.ts';
import { providerOf } from './providers.ts';
import type { Runtime } from './runtime.ts';

/** A plan, and what is needed to carry it out in the same run. */
export interface Planned {
  readonly plan: Plan;
  readonly targets: ReadonlyMap<string, Target>;
  readonly custodian: Custodian;
}

/** Looks at the services and plans. Writes nothing. Throws where there is no plan to be had. */
export async function makeRunPlan(
  desired: readonly Desired[],
  connections: Connections,
  runtime: Runtime,
  signal: AbortSignal,
): Promise<Planned> {
  const clients = await connectAll(connections, desired);
  const wanted = desired.flatMap((entry, index) => {
    const client = clients[index];
    return client ? [{ desired: entry, client }] : [];
  });
  const observations = await observe(wanted, signal);
  const custodian = createCustodian(
    ({ secret }) => runtime.masker.add(secret),
    await readSinks(desired.flatMap(sinksOf)),
  );
  const now = Math.floor(runtime.clock.now() / 1000);
  const targets = new Map<string, Target>();
  const inputs = observations.map((observation): PlanInput => {
    if ('problem' in observation) return observation;
    const { desired: entry, scope, tokens, scopeKey } = observation;
    targets.set(entry.address, observation);
    return {
      desired: entry,
      rules: providerOf(entry.kind).declaration.rules,
      scope,
      live: tokens,
      custody: (token) => custodian.custody(sinksOf(entry), token),
      now,
      scopeKey,
    };
  });
  return { plan: makePlan(inputs), targets, custodian };
}

function sinksOf({ secret }: Desired): readonly Sink[] {
  return Array.isArray(secret) ? secret : [];
}
