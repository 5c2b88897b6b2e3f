import type { Random } from '../random.ts';
import { recordsOf } from '../records.ts';
import { ionos, registry } from '../services/ionos.ts';
import { personal, scopeOf } from '../services/personal.ts';
import type { Simulation } from '../simulation.ts';
import { type Entry, formatChoices, type Scenario, type Sinks, sinksOf } from './scenario.ts';

/** How a token is asked for: `change` changes a field that can't be patched. */
type Way = 'present' | 'change' | 'rename' | 'absent';

interface Thread {
  readonly name: string;
  readonly way: Way;
  readonly sinks: Sinks;
  readonly order: string | undefined;
  hasChanged: boolean;
}

/** Tokens of runners that share their state: created, patched after a drift, replaced in both orders, deleted. */
export function remoteScenario(random: Random): Scenario {
  const isUnique = random.chance(0.5);
  const ways: readonly Way[] = isUnique
    ? ['present', 'present', 'rename', 'rename', 'absent']
    : ['present', 'change', 'change', 'change', 'absent'];
  const threads = ['alpha', 'beta', 'gamma'].slice(0, random.between(1, 3)).map(
    (name): Thread => ({
      name,
      way: random.pick(ways),
      sinks: sinksOf(name, random.pick([...formatChoices, ['command'], ['json', 'command']])),
      order: random.pick([undefined, 'create_first', 'delete_first']),
      hasChanged: false,
    }),
  );
  const entryOf = isUnique ? registryEntry : personalEntry;
  return {
    service: isUnique ? ionos : personal,
    names: threads.flatMap(({ name }) => [name, `old-${name}`]),
    isUnusual: false,
    begin: (simulation) => {
      for (const { name, way } of threads) {
        if (way === 'rename' || way === 'absent') simulation.seed(`old-${name}`, 'app');
      }
    },
    entries: () => threads.map(entryOf),
    proceed: (simulation) => {
      for (const thread of threads) {
        if (thread.way === 'change' && random.chance(0.5)) thread.hasChanged = true;
        if (random.chance(0.2)) disableHeld(simulation, thread.name);
      }
    },
    settle: () => {
      for (const thread of threads) thread.hasChanged ||= thread.way === 'change' && random.chance(0.5);
    },
  };
}

/** Lets a person disable a token that the state holds, which a run then enables again. */
function disableHeld(simulation: Simulation, name: string): void {
  const [machine] = simulation.machines;
  if (!machine) return;
  const { held, unresolved } = recordsOf(simulation, machine, name);
  const token = simulation.live(name).find(({ id }) => id === held);
  // A token that may be that of a lost response has to be as it was made.
  if (token && unresolved.length === 0) simulation.personDisables(token);
}

function registryEntry({ name, way, sinks }: Thread): Entry {
  const isAbsent = way === 'absent';
  const isRename = way === 'rename';
  const old = isAbsent || isRename ? `old-${name}` : name;
  return {
    name,
    old,
    names: [name, old],
    address: `registry_token:${registry}/${isAbsent ? old : name}`,
    sinks: isAbsent ? [] : sinks.paths,
    allowReplace: isRename,
    isAbsent,
    mayDelete: (token) => (isAbsent || isRename) && token.name === old,
    lines: (repository) =>
      isAbsent
        ? [`- { kind: registry_token, state: absent, registry: ${registry}, registry_token: ${old} }`]
        : [
            '- kind: registry_token',
            `  registry: ${registry}`,
            `  name: ${name}`,
            `  scopes: [{ type: repository, name: ${repository}, actions: [pull] }]`,
            '  status: enabled',
            ...(isRename ? ['  state: update', `  registry_token: ${old}`, '  allow_replace: true'] : []),
            `  secret: ${sinks.text}`,
          ],
  };
}

function personalEntry({ name, way, sinks, order, hasChanged }: Thread): Entry {
  const isAbsent = way === 'absent';
  const label = isAbsent ? `old-${name}` : name;
  return {
    name: label,
    old: label,
    names: [label],
    address: `docker_hub_personal_token:${label}`,
    sinks: isAbsent ? [] : sinks.paths,
    allowReplace: way === 'change',
    isAbsent,
    mayDelete: (token) => isAbsent && token.name === label,
    lines: () =>
      isAbsent
        ? [`- { kind: docker_hub_personal_token, state: absent, token_label: ${label} }`]
        : [
            '- kind: docker_hub_personal_token',
            `  token_label: ${label}`,
            `  scopes: [${scopeOf(hasChanged ? 'lib' : 'app')}]`,
            '  is_active: true',
            ...(way === 'change' ? ['  allow_replace: true'] : []),
            ...(way === 'change' && order !== undefined ? [`  replace_order: ${order}`] : []),
            `  secret: ${sinks.text}`,
          ],
  };
}
