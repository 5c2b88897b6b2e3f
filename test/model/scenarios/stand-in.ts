import type { Random } from '../random.ts';
import type { ServiceIn } from '../services/service.ts';
import { project } from '../services/stand-in.ts';
import { type Entry, formatChoices, type Scenario, type Sinks, sinksOf } from './scenario.ts';

/** How a token is asked for. */
type Way = 'present' | 'rename' | 'absent';

/** What people want of a token beside its name and its repository. */
interface Wanted {
  readonly actions: readonly string[];
  readonly description?: string;
  readonly disabled?: boolean;
  readonly expires?: string;
}

interface Thread {
  readonly name: string;
  readonly way: Way;
  readonly sinks: Sinks;
  wanted: Wanted;
}

/** Tokens that are made, changed as people change their minds, renamed by a replace, and deleted. */
export function standInScenario(random: Random, service: ServiceIn): Scenario {
  const threads = ['alpha', 'beta', 'gamma'].slice(0, random.between(1, 3)).map(
    (name): Thread => ({
      name,
      way: random.pick<Way>(['present', 'present', 'present', 'rename', 'rename', 'absent']),
      sinks: sinksOf(name, random.pick(formatChoices)),
      wanted: wantedOf(random),
    }),
  );
  return {
    service,
    names: threads.flatMap(({ name, way }) => (way === 'present' ? [name] : [name, `old-${name}`])),
    isUnusual: false,
    begin: (simulation) => {
      for (const { name, way } of threads) {
        if (way !== 'present') simulation.seed(`old-${name}`, 'app');
        else if (random.chance(0.15)) simulation.seed(name, random.pick(['app', 'before']));
      }
    },
    entries: () => threads.map(entryOf),
    proceed: () => {
      for (const thread of threads) if (random.chance(0.5)) thread.wanted = wantedOf(random);
    },
    settle: () => {
      for (const thread of threads) if (random.chance(0.3)) thread.wanted = wantedOf(random);
    },
  };
}

function wantedOf(random: Random): Wanted {
  const description = random.pick([undefined, '', 'for the pipeline', 'for ever']);
  const disabled = random.pick([undefined, undefined, false, true]);
  const expires = random.pick([undefined, 'never', '2030-07-01T12:34:56Z', '2031-01-01T00:00:00Z']);
  return {
    actions: random.pick([['pull'], ['push', 'pull'], ['pull', 'push', 'pull']]),
    ...(description !== undefined && { description }),
    ...(disabled !== undefined && { disabled }),
    ...(expires !== undefined && { expires }),
  };
}

function entryOf({ name, way, sinks, wanted }: Thread): Entry {
  const isAbsent = way === 'absent';
  const isRename = way === 'rename';
  const old = way === 'present' ? name : `old-${name}`;
  const { actions, description, disabled, expires } = wanted;
  return {
    name,
    old,
    names: [name, old],
    address: `stand_in_token:project/${project}/${isAbsent ? old : name}`,
    sinks: sinks.paths,
    allowReplace: isRename,
    isAbsent,
    mayDelete: (token) => way !== 'present' && token.name === old,
    lines: (repository) =>
      isAbsent
        ? [`- { kind: stand_in_token, state: absent, project: ${project}, token_id: ${old} }`]
        : [
            '- kind: stand_in_token',
            `  project: ${project}`,
            `  name: ${name}`,
            '  permissions:',
            ...actions.map(
              (action) => `    - { scope: /project/${repository}, resource: repository, action: ${action} }`,
            ),
            ...(description === undefined ? [] : [`  description: ${JSON.stringify(description)}`]),
            ...(disabled === undefined ? [] : [`  disabled: ${disabled}`]),
            ...(expires === undefined ? [] : [`  expires_at: ${expires}`]),
            ...(isRename ? ['  state: update', `  token_id: ${old}`, '  allow_replace: true'] : []),
            `  secret: ${sinks.text}`,
          ],
  };
}
