import { formatInstant } from '../../../src/core/util/instant.ts';
import type { HubQuirks } from '../../../src/emulator/quirks.ts';
import type { Random } from '../random.ts';
import { recordsOf } from '../records.ts';
import type { ServiceIn } from '../services/service.ts';
import { type ActualToken, type Simulation, short } from '../simulation.ts';
import { type Entry, formatChoices, type Scenario, type Sinks, sinksOf } from './scenario.ts';
import { type ManifestVersion, storyOf } from './stories.ts';

/** How a kind of token is written in a manifest. */
export interface StoryKind {
  readonly service: ServiceIn;
  /** The beginning of its addresses. */
  readonly prefix: string;
  readonly nameField: string;
  readonly idField: string;
  /** What is stated in any case. */
  readonly always: readonly string[];
  /** What the token may be used for; there are two grades of that. */
  readonly rights: (repository: string, grade: number) => string;
  /** Whether the service makes tokens for itself. */
  readonly generates: boolean;
  /** Whether the rights of a token can't be changed. */
  readonly rightsStay: boolean;
  /** Whether a token can be switched off and on. */
  readonly switches: boolean;
  /** A date that is written for what people want instead of that of the story. */
  readonly dateOf?: (expires: ManifestVersion['expires']) => string | undefined;
}

/** A wish with the ID and the dates that people have looked up for it. */
interface Stated {
  readonly version: ManifestVersion;
  readonly id?: string;
  readonly expires?: string;
}

interface Thread {
  readonly name: string;
  readonly sinks: Sinks;
  readonly versions: readonly ManifestVersion[];
  at: number;
  stated: Stated;
}

/** Tokens whose names may repeat: made, replaced, renamed, switched off and on, deleted, as people change their minds. */
export function storyScenario(random: Random, kind: StoryKind): Scenario {
  const names = ['alpha', 'beta', 'gamma'].slice(0, random.between(1, 3));
  const stories = names.map((name) => storyOf(name, random, kind.rightsStay));
  const threads: Thread[] = [];
  // A service that isn't Docker Hub ignores them.
  const hubQuirks: Partial<HubQuirks> = {
    maskedToken: random.pick(['asterisks', 'empty']),
    deleteStatus: random.pick([204, 202]),
    createdBy: random.chance(0.5),
    description: random.chance(0.7),
    errors: random.pick(['newer', 'older', 'detail', 'html']),
  };

  const advance = (simulation: Simulation, thread: Thread): boolean => {
    const version = thread.versions[thread.at + 1];
    const stated = version && state(simulation, thread, version, random);
    if (!stated) return false;
    thread.at += 1;
    thread.stated = stated;
    simulation.note(
      'who',
      `people want of ${thread.name}: ${JSON.stringify(version)} ${short(stated.id ?? '')}`,
    );
    return true;
  };

  return {
    service: kind.service,
    hubQuirks,
    names: stories.flatMap((story) => story.names),
    isUnusual: random.chance(0.5),
    begin: (simulation) => {
      for (const { name, seeds, versions } of stories) {
        for (const { label, repository } of seeds) simulation.seed(label, repository);
        if (random.chance(0.15)) simulation.seed(name, random.pick(['app', 'before']));
        if (random.chance(0.1)) simulation.seed(name, 'app', { expiry: simulation.clock.now() + 110_000 });
        if (kind.generates && random.chance(0.15)) simulation.seed(name, 'app', { generated: true });
        const first = versions[0] as ManifestVersion;
        const thread = { name, versions, at: 0, sinks: sinksOf(name, random.pick(formatChoices)) };
        const stated = state(simulation, { ...thread, stated: { version: first } }, first, random);
        threads.push({ ...thread, stated: stated ?? { version: first } });
      }
    },
    entries: () => threads.map((thread) => entryOf(thread, kind)),
    proceed: (simulation) => {
      for (const thread of threads) if (random.chance(0.5)) advance(simulation, thread);
    },
    settle: (simulation) => {
      for (const thread of threads) {
        while (thread.stated.version.expires === 'soon' && advance(simulation, thread)) {
          // until it states something that lasts
        }
        if (random.chance(0.3)) advance(simulation, thread);
      }
    },
  };
}

/** What people write for a wish; `undefined` as long as they have to wait with it. */
function state(
  simulation: Simulation,
  thread: Thread,
  version: ManifestVersion,
  random: Random,
): Stated | undefined {
  const { stated } = thread;
  if (stated.id !== undefined && version.of === undefined && !isDone(simulation, stated)) return undefined;
  const now = simulation.clock.now() + simulation.options.skew;
  const expires =
    version.expires === 'soon'
      ? formatInstant(Math.floor(now / 1000) + random.between(20, 150))
      : version.expires === 'late'
        ? '2031-01-01T00:00:00Z'
        : version.expires;
  const dated = { version, ...(expires !== undefined && { expires }) };
  if (version.of === undefined) return dated;
  const token = lookedUp(simulation, version.of);
  if (!token) return undefined;
  for (const other of simulation.live(version.of)) if (other !== token) other.abandoned = true;
  return { ...dated, id: token.id };
}

/** Whether what an ID was stated for has happened. */
function isDone(simulation: Simulation, { id, version }: Stated): boolean {
  return (
    simulation.live(version.label).length > 0 &&
    simulation.live().every((token) => token.id !== id || token.name === version.label)
  );
}

/** The token that people mean by a label: one that a run holds, before all others. */
function lookedUp(simulation: Simulation, label: string): ActualToken | undefined {
  const tokens = simulation.live(label).filter(({ generated, expiry }) => !generated && expiry === null);
  const held = simulation.machines.map((machine) => recordsOf(simulation, machine, label).held);
  return tokens.find(({ id }) => held.includes(id)) ?? tokens[0];
}

function entryOf({ name, sinks, stated }: Thread, kind: StoryKind): Entry {
  const { version, id, expires } = stated;
  const { label, of = label, state: wanted, allowReplace, order, active, grade } = version;
  const isAbsent = wanted === 'absent';
  // What people want gone, and name by its ID, is called by that.
  const isNamed = !isAbsent || id === undefined;
  const gives = allowReplace || isAbsent;
  return {
    name: label,
    old: of,
    names: [...new Set([label, of, name])],
    address: `${kind.prefix}${isNamed ? label : id}`,
    ...(id !== undefined && { id }),
    sinks: isAbsent ? [] : sinks.paths,
    allowReplace,
    isAbsent,
    mayDelete: (token) => (id === undefined ? token.name === label : token.id === id) && gives,
    lines: (repository) => [
      ...kind.always.map((line, index) => `${index === 0 ? '-' : ' '} ${line}`),
      ...(isNamed ? [`  ${kind.nameField}: ${label}`] : []),
      ...(id === undefined ? [] : [`  ${kind.idField}: ${id}`]),
      ...(wanted === 'present' ? [] : [`  state: ${wanted}`]),
      ...(isAbsent
        ? []
        : [
            `  ${kind.rights(repository, grade)}`,
            ...(active === undefined || !kind.switches ? [] : [`  is_active: ${active}`]),
            ...(expires === undefined ? [] : [`  expires_at: ${kind.dateOf?.(version.expires) ?? expires}`]),
            ...(allowReplace ? ['  allow_replace: true'] : []),
            ...(order === undefined ? [] : [`  replace_order: ${order}`]),
            `  secret: ${sinks.text}`,
          ]),
    ],
  };
}
