import type { NewToken } from '../../src/emulator/index.ts';
import type { Quirks } from '../../src/emulator/quirks.ts';
import { useRandom } from './dice.ts';
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
import {
  type Fate,
  type Faults,
  type Machine,
  noFaults,
  type Process,
  registry,
  type Truth,
  World,
} from './world.ts';

type Scopes = NonNullable<NewToken['scopes']>;

/** What all tokens of a stage may do, unless it is said. */
export const pullApp: Scopes = [{ type: 'repository', name: 'app', actions: ['pull'] }];
/** What those of a person may do, unless it is said. */
export const pullTheirs: Scopes = [{ type: 'repository', name: 'theirs', actions: ['pull'] }];

/** How many seconds a lost request may be late. */
export const grace = 30;

/** How a stage is set. */
export interface Setting {
  /** The tokens of the manifest, each as a YAML mapping. */
  readonly tokens?: readonly string[];
  readonly quirks?: Partial<Quirks>;
  /** What becomes of a process's how many-th request of a method; it is called before that is sent. */
  readonly fate?: (process: Process, method: string, count: number) => Fate | undefined;
}

/** How a run dies. */
interface Death extends Pick<Faults, 'powerCut' | 'lifetime'> {
  readonly skip: number;
}

/** A token `ci`, as a line of a manifest; `more` comes on top. */
export function token(more = ''): string {
  return `{ kind: registry_token, registry: ${registry}, name: ci, scopes: [{ type: repository, name: app, actions: [pull] }], secret: [{ file: { path: secrets/ci.json } }]${more} }`;
}

/** A token that is renamed from `old` to `ci`. */
export const renamed = token(', state: update, registry_token: old, allow_replace: true');

/** A world where nothing happens by chance, with machines whose manifests say the same unless told otherwise. */
export function stage({ tokens = [token()], quirks = {}, fate }: Setting = {}) {
  const random = createRandom(1);
  useRandom(random);
  const counts = new Map<string, number>();
  const world = new World({
    random,
    quirks,
    grace,
    skew: 0,
    latest: 10_000,
    latency: 0,
    meddling: { rate: 0, names: [], properties: { scopes: pullTheirs } },
    fate: (process, method) => {
      const key = `${process.name} ${method}`;
      counts.set(key, (counts.get(key) ?? 0) + 1);
      return fate?.(process, method, counts.get(key) ?? 0) ?? 'answer';
    },
  });

  const machine = (name: string, own = tokens): Machine => {
    const made = world.machine(name);
    world.disk.makeFolder(`${workFolder(made)}/secrets`);
    world.disk.put(
      `${workFolder(made)}/tokens.yaml`,
      ['apiVersion: reconcile/v1', 'tokens:', ...own.map((line) => `- ${line}`), ''].join('\n'),
    );
    return made;
  };
  const first = machine('m1');

  return {
    world,
    first,
    machine,
    /** Lets one run go on to its end, or its death. */
    async apply(options: RunOptions = {}, on = first): Promise<Outcome<RunResult>> {
      const [outcome] = await runAll(world, [applyOn(world, on, options)]);
      if (!outcome) throw new Error('no outcome');
      return outcome;
    },
    /** Lets a run die where it is about to do something; `skip` times it may do so. */
    async applyUntil(
      where: RegExp,
      { skip = 0, lifetime, powerCut, ...options }: RunOptions & Partial<Death> = {},
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
      const [outcome] = await runAll(world, [applyOn(world, on, { ...options, faults })]);
      if (!outcome?.process.dead) throw new Error(`never came to ${where}:\n${world.trace.join('\n')}`);
    },
    async plan(options: RunOptions = {}, on = first): Promise<readonly PlannedChange[]> {
      const [outcome] = await runAll(world, [planOn(world, on, options)]);
      return outcome?.rows ?? [];
    },
    pass: (seconds: number) => world.time.pass(seconds * 1000),
    /** The live tokens of a name. */
    live: (name = 'ci'): readonly Truth[] => world.live(name),
    /** What a machine's sink for `ci` holds the secret of, and that; nothing where there is none. */
    sink(on = first): { readonly id?: string; readonly password?: string } {
      const text = world.disk.text(`${workFolder(on)}/secrets/ci.json`);
      if (text === undefined) return {};
      const { id, password } = JSON.parse(text);
      return { id, password };
    },
    records: (name = 'ci', on = first) => recordsOf(world, on, name),
  };
}
