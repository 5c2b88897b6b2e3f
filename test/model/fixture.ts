import type { HubQuirks } from '../../src/emulator/quirks.ts';
import type { Lags } from '../../src/emulator/timing.ts';
import { checkOut } from './checkout.ts';
import { createRandom } from './random.ts';
import { recordsOf, workFolder } from './records.ts';
import {
  applyOn,
  type Outcome,
  type PlannedChange,
  planOn,
  type RunOptions,
  type RunResult,
  runAll,
} from './runs.ts';
import { useRandom } from './seeded-crypto.ts';
import { project as gitlabProject, group } from './services/gitlab.ts';
import { ionos, registry } from './services/ionos.ts';
import { organization } from './services/organization.ts';
import type { ServiceIn } from './services/service.ts';
import { project } from './services/stand-in.ts';
import {
  type ActualToken,
  type Fault,
  type Faults,
  type Machine,
  type MayDelete,
  noFaults,
  type Process,
  Simulation,
} from './simulation.ts';

/** Maximum delay of a lost request, in seconds. */
export const grace = 30;

/** The options of a fixture. */
export interface FixtureOptions {
  /** The seed of IDs and passwords. */
  readonly seed?: number;
  /** The tokens of the manifest, each as a YAML mapping. */
  readonly tokens?: readonly string[];
  readonly service?: ServiceIn;
  readonly lags?: Partial<Lags>;
  readonly hubQuirks?: Partial<HubQuirks>;
  readonly delay?: (process: Process) => number;
  readonly watch?: () => void;
  /** Whether the machines share a state on a branch. Then each run begins with an empty disk and a checkout. */
  readonly remote?: boolean;
  /** Returns the fault of a request by its number among those of a process and method; called before it is sent. */
  readonly faultFor?: (process: Process, method: string, count: number) => Fault | undefined;
}

/** The way in which a run is killed. */
interface KillOptions extends Pick<Faults, 'powerCut' | 'lifetime'> {
  readonly skip: number;
}

const usualSecret = '[{ file: { path: secrets/ci.json } }]';

/** Returns an entry for a token `ci`, with `more` fields. */
export function token(more = '', secret = usualSecret): string {
  return `{ kind: registry_token, registry: ${registry}, name: ci, scopes: [{ type: repository, name: app, actions: [pull] }], secret: ${secret}${more} }`;
}

/** Returns an entry for a personal token `ci` of Docker Hub, with `more` fields. */
export function personalToken(more = '', secret = usualSecret): string {
  return `{ kind: docker_hub_personal_token, token_label: ci, scopes: [repo:read], secret: ${secret}${more} }`;
}

/** Returns an entry for a token `ci` of an organization, with `more` fields. */
export function orgToken(more = ''): string {
  return `{ kind: docker_hub_org_token, org: ${organization}, label: ci, resources: [{ type: TYPE_REPO, path: ${organization}/app, scopes: [scope-image-pull] }], secret: [{ file: { path: secrets/ci.json } }]${more} }`;
}

/** Returns an entry for a token `ci` of the stand-in service, with `more` fields. */
export function standInToken(more = '', secret = usualSecret): string {
  return `{ kind: stand_in_token, project: ${project}, name: ci, permissions: [{ scope: /project, resource: repository, action: pull }], secret: ${secret}${more} }`;
}

/** Returns an entry for a deploy token `ci` of GitLab, with `more` fields. */
export function deployToken(more = '', secret = usualSecret): string {
  return `{ kind: gitlab_deploy_token, project: ${gitlabProject}, name: ci, username: pipeline, scopes: [read_registry], secret: ${secret}${more} }`;
}

/** Returns an entry for an access token `ci` of GitLab, with `more` fields. */
export function accessToken(more = ''): string {
  return `{ kind: gitlab_access_token, group: ${group}, name: ci, description: for the pipeline, access_level: developer, scopes: [read_registry], expires_at: 2030-12-01, secret: ${usualSecret}${more} }`;
}

/** An entry that renames a token from `old` to `ci`. */
export const renamed = token(', state: update, registry_token: old, allow_replace: true');

/** Allows the deletion of tokens of this name. */
export function withName(wanted: string): MayDelete {
  return ({ name }) => name === wanted;
}

/** Creates a simulation without random events. All machines have the same manifest by default. */
export function createFixture({
  seed = 1,
  tokens = [token()],
  service = ionos,
  lags = {},
  hubQuirks = {},
  faultFor,
  delay,
  watch,
  remote = false,
}: FixtureOptions = {}) {
  const random = createRandom(seed);
  useRandom(random);
  const counts = new Map<string, number>();
  const simulation = new Simulation({
    random,
    service,
    lags,
    hubQuirks,
    grace,
    skew: 0,
    latest: 10_000,
    latency: 0,
    interference: { rate: 0, names: [], unusual: false },
    ...(delay && { delay }),
    ...(watch && { watch }),
    remote,
    faultFor: (process, method) => {
      const key = `${process.name} ${method}`;
      counts.set(key, (counts.get(key) ?? 0) + 1);
      return faultFor?.(process, method, counts.get(key) ?? 0) ?? 'answer';
    },
  });

  const manifests = new Map<Machine, string>();
  const machine = (name: string, own = tokens): Machine => {
    const made = simulation.machine(name);
    const lines = own.map((line) => `- ${line}`);
    manifests.set(made, ['apiVersion: reconcile/v1', 'tokens:', ...lines, ''].join('\n'));
    if (!remote) simulation.disk.makeFolder(`${workFolder(made)}/secrets`);
    prepare(made);
    return made;
  };
  /** Writes the manifest, on a new disk if the state is shared. */
  const prepare = (on: Machine): void => {
    const manifest = manifests.get(on) ?? '';
    if (remote) checkOut(simulation, on, manifest);
    else simulation.disk.put(`${workFolder(on)}/tokens.yaml`, manifest);
  };
  const first = machine('m1');

  return {
    simulation,
    first,
    machine,
    /** Runs apply until it ends or is killed. */
    async apply(options: RunOptions = {}, on = first): Promise<Outcome<RunResult>> {
      if (remote) prepare(on);
      const [outcome] = await runAll(simulation, [applyOn(simulation, on, options)]);
      if (!outcome) throw new Error('no outcome');
      return outcome;
    },
    /** Runs apply and kills it before a step that matches; `skip` matching steps pass first. */
    async applyUntil(
      where: RegExp,
      { skip = 0, lifetime, powerCut, ...options }: RunOptions & Partial<KillOptions> = {},
      on = first,
    ): Promise<void> {
      let left = skip;
      const dieWhen = (what: string): boolean => where.test(what) && left-- === 0;
      const faults = {
        ...noFaults,
        dieWhen,
        ...(powerCut && { powerCut }),
        ...(lifetime !== undefined && { lifetime }),
      };
      if (remote) prepare(on);
      const [outcome] = await runAll(simulation, [applyOn(simulation, on, { ...options, faults })]);
      if (!outcome?.process.isDead)
        throw new Error(`never came to ${where}:\n${simulation.trace.join('\n')}`);
    },
    async plan(options: RunOptions = {}, on = first): Promise<readonly PlannedChange[]> {
      if (remote) prepare(on);
      const [outcome] = await runAll(simulation, [planOn(simulation, on, options)]);
      return outcome?.rows ?? [];
    },
    pass: (seconds: number) => simulation.clock.pass(seconds * 1000),
    /** Returns the live tokens of a name. */
    live: (name = 'ci'): readonly ActualToken[] => simulation.live(name),
    /** Returns the ID and the secret in a machine's sink for `ci`; empty if it holds none. */
    sink(on = first): { readonly id?: string; readonly password?: string } {
      const text = simulation.disk.text(`${workFolder(on)}/secrets/ci.json`);
      if (text === undefined) return {};
      const { id, password } = JSON.parse(text);
      return { id, password };
    },
    records: (name = 'ci', on = first) => recordsOf(simulation, on, name),
  };
}
