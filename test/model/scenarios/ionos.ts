import type { Random } from '../random.ts';
import { ionos, registry } from '../services/ionos.ts';
import { type Entry, formatChoices, type Scenario, sinksOf } from './scenario.ts';

/** How a token is asked for. */
type Way = 'post' | 'put' | 'rename' | 'absent';

const names = ['alpha', 'beta', 'gamma'];

/** Registry tokens: made, patched, renamed by a replace, deleted. What is wanted stays the same. */
export function ionosScenario(random: Random): Scenario {
  const wanted = names.slice(0, random.between(1, 3)).map((name) => {
    const way = random.pick<Way>(['post', 'post', 'post', 'put', 'rename', 'rename', 'absent']);
    return { way, entry: entryOf(name, way, random.pick(formatChoices)) };
  });
  const entries = wanted.map(({ entry }) => entry);
  return {
    service: ionos,
    names: entries.flatMap(({ name, old }) => (name === old ? [name] : [name, old])),
    isUnusual: false,
    begin: (simulation) => {
      for (const { way, entry } of wanted) {
        if (way === 'rename' || way === 'absent') simulation.seed(entry.old, 'app');
        else if (random.chance(0.15)) simulation.seed(entry.name, random.pick(['app', 'before']));
      }
    },
    entries: () => entries,
    proceed: () => undefined,
    settle: () => undefined,
  };
}

function entryOf(name: string, way: Way, formats: readonly string[]): Entry {
  const isAbsent = way === 'absent';
  const isRename = way === 'rename';
  const old = isAbsent || isRename ? `old-${name}` : name;
  const sinks = sinksOf(name, formats);
  return {
    name,
    old,
    names: [name, old],
    address: `registry_token:${registry}/${isAbsent ? old : name}`,
    sinks: sinks.paths,
    allowReplace: isRename,
    isAbsent,
    mayDelete: (token) => (isAbsent || isRename) && token.name === old,
    lines: (repository) =>
      isAbsent
        ? [`- { kind: registry_token, state: absent, registry: ${registry}, registry_token: ${old} }`]
        : [
            `- kind: registry_token`,
            `  registry: ${registry}`,
            `  name: ${name}`,
            `  scopes: [{ type: repository, name: ${repository}, actions: [pull] }]`,
            `  status: enabled`,
            ...(isRename ? ['  state: update', `  registry_token: ${old}`, '  allow_replace: true'] : []),
            ...(way === 'put' ? ['  create_with: put'] : []),
            `  secret: ${sinks.text}`,
          ],
  };
}
