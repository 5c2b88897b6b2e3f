import type { Random } from '../random.ts';
import { harbor, project } from '../services/harbor.ts';
import { type Entry, formatChoices, type Scenario, type Sinks, sinksOf } from './scenario.ts';

/** How a robot is asked for. */
type Way = 'present' | 'renewed' | 'absent';

/** What people want of a robot beside its name. */
interface Wanted {
  readonly access: readonly string[];
  readonly disable?: boolean;
  readonly expires?: string;
  /** How often the secret is renewed in place: so often that it happens in the simulation, or not. */
  readonly every: '1m' | '30d';
}

interface Thread {
  readonly name: string;
  readonly way: Way;
  readonly sinks: Sinks;
  wanted: Wanted;
}

/** Robots that are made, changed as people change their minds, renewed in place, and deleted. */
export function harborScenario(random: Random): Scenario {
  const threads = ['alpha', 'beta', 'gamma'].slice(0, random.between(1, 3)).map(
    (name): Thread => ({
      name,
      way: random.pick<Way>(['present', 'present', 'renewed', 'renewed', 'renewed', 'absent']),
      sinks: sinksOf(name, random.pick(formatChoices)),
      wanted: wantedOf(random),
    }),
  );
  return {
    service: harbor,
    names: threads.map(({ name }) => name),
    isUnusual: false,
    begin: (simulation) => {
      for (const { name, way } of threads) {
        if (way === 'absent' || random.chance(0.15)) simulation.seed(name, 'app');
      }
    },
    entries: () => threads.map(entryOf),
    proceed: () => {
      for (const thread of threads) if (random.chance(0.5)) thread.wanted = wantedOf(random);
    },
    settle: () => {
      for (const thread of threads) thread.wanted = { ...thread.wanted, every: '30d' };
    },
  };
}

function wantedOf(random: Random): Wanted {
  const disable = random.pick([undefined, undefined, false, true]);
  const expires = random.pick([undefined, 'never', '2030-07-01T12:34:56Z', '2031-01-01T00:00:00Z']);
  return {
    access: random.pick([['pull'], ['push', 'pull'], ['pull', 'push', 'pull']]),
    ...(disable !== undefined && { disable }),
    ...(expires !== undefined && { expires }),
    every: random.pick(['1m', '1m', '30d']),
  };
}

function entryOf({ name, way, sinks, wanted }: Thread): Entry {
  const isAbsent = way === 'absent';
  const renews = way === 'renewed';
  const { access, disable, expires, every } = wanted;
  return {
    name,
    old: name,
    names: [name],
    address: `harbor_robot:project/${project}/${name}`,
    sinks: sinks.paths,
    allowReplace: false,
    isAbsent,
    renews,
    mayDelete: (token) => isAbsent && token.name === name,
    lines: (repository, isFirst) =>
      isAbsent
        ? [`- { kind: harbor_robot, state: absent, project: ${project}, name: ${name} }`]
        : [
            '- kind: harbor_robot',
            `  project: ${project}`,
            `  name: ${name}`,
            `  access: [${access.map((action) => `"repository:${action}"`).join(', ')}]`,
            `  description: ${repository}`,
            ...(disable === undefined ? [] : [`  disable: ${disable}`]),
            // A secret belongs to one state: two that renew it would take it away from each other.
            ...(renews && isFirst ? [`  rotate: { how: in_place, every: ${every}, lifetime: 45d }`] : []),
            ...(renews || expires === undefined ? [] : [`  expires_at: ${expires}`]),
            `  secret: ${sinks.text}`,
          ],
  };
}
