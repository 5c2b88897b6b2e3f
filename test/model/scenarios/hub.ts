import { formatInstant } from '../../../src/core/util/instant.ts';
import type { HubQuirks } from '../../../src/emulator/quirks.ts';
import type { Random } from '../random.ts';
import { recordsOf } from '../records.ts';
import type { ServiceIn } from '../services/service.ts';
import { short, type Truth, type World } from '../simulation.ts';
import { type Entry, formatChoices, type Plot, type Sinks, sinksOf } from './scenario.ts';
import { storyOf, type Wish } from './stories.ts';

/** How a kind of Docker Hub's tokens is written in a manifest. */
export interface HubKind {
  readonly service: ServiceIn;
  /** The beginning of its addresses. */
  readonly prefix: string;
  readonly labelField: string;
  readonly idField: string;
  /** What is stated in any case. */
  readonly always: readonly string[];
  /** What the token may be used for; there are two grades of that. */
  readonly rights: (repository: string, grade: number) => string;
  /** Whether the service makes tokens for itself. */
  readonly generates: boolean;
  /** Whether the rights of a token can be changed. */
  readonly rightsStay: boolean;
}

/** A wish with the ID and the dates that people have looked up for it. */
interface Stated {
  readonly wish: Wish;
  readonly id?: string;
  readonly expires?: string;
}

interface Thread {
  readonly name: string;
  readonly sinks: Sinks;
  readonly wishes: readonly Wish[];
  at: number;
  stated: Stated;
}

/** Tokens of Docker Hub: made, replaced, renamed, switched off and on, deleted, as people change their minds. */
export function hubPlot(random: Random, kind: HubKind): Plot {
  const names = ['alpha', 'beta', 'gamma'].slice(0, random.between(1, 3));
  const stories = names.map((name) => storyOf(name, random, kind.rightsStay));
  const threads: Thread[] = [];
  const hubQuirks: Partial<HubQuirks> = {
    maskedToken: random.pick(['asterisks', 'empty']),
    deleteStatus: random.pick([204, 202]),
    createdBy: random.chance(0.5),
    description: random.chance(0.7),
    errors: random.pick(['newer', 'older', 'detail', 'html']),
  };

  const advance = (world: World, thread: Thread): boolean => {
    const wish = thread.wishes[thread.at + 1];
    const stated = wish && state(world, thread, wish, random);
    if (!stated) return false;
    thread.at += 1;
    thread.stated = stated;
    world.note('who', `people want of ${thread.name}: ${JSON.stringify(wish)} ${short(stated.id ?? '')}`);
    return true;
  };

  return {
    service: kind.service,
    hubQuirks,
    names: stories.flatMap((story) => story.names),
    isOdd: random.chance(0.5),
    begin: (world) => {
      for (const { name, seeds, wishes } of stories) {
        for (const { label, repository } of seeds) world.seed(label, repository);
        if (random.chance(0.15)) world.seed(name, random.pick(['app', 'before']));
        if (random.chance(0.1)) world.seed(name, 'app', { expiry: world.time.now() + 110_000 });
        if (kind.generates && random.chance(0.15)) world.seed(name, 'app', { generated: true });
        const first = wishes[0] as Wish;
        const thread = { name, wishes, at: 0, sinks: sinksOf(name, random.pick(formatChoices)) };
        const stated = state(world, { ...thread, stated: { wish: first } }, first, random);
        threads.push({ ...thread, stated: stated ?? { wish: first } });
      }
    },
    entries: () => threads.map((thread) => entryOf(thread, kind)),
    goOn: (world) => {
      for (const thread of threads) if (random.chance(0.5)) advance(world, thread);
    },
    comeToRest: (world) => {
      for (const thread of threads) {
        while (thread.stated.wish.expires === 'soon' && advance(world, thread)) {
          // until it states something that lasts
        }
        if (random.chance(0.3)) advance(world, thread);
      }
    },
  };
}

/** What people write for a wish; `undefined` as long as they have to wait with it. */
function state(world: World, thread: Thread, wish: Wish, random: Random): Stated | undefined {
  const { stated } = thread;
  if (stated.id !== undefined && wish.of === undefined && !isDone(world, stated)) return undefined;
  const now = world.time.now() + world.options.skew;
  const expires =
    wish.expires === 'soon'
      ? formatInstant(Math.floor(now / 1000) + random.between(20, 150))
      : wish.expires === 'late'
        ? '2031-01-01T00:00:00Z'
        : wish.expires;
  const dated = { wish, ...(expires !== undefined && { expires }) };
  if (wish.of === undefined) return dated;
  const token = lookedUp(world, wish.of);
  if (!token) return undefined;
  for (const other of world.live(wish.of)) if (other !== token) other.abandoned = true;
  return { ...dated, id: token.id };
}

/** Whether what an ID was stated for has happened. */
function isDone(world: World, { id, wish }: Stated): boolean {
  return (
    world.live(wish.label).length > 0 &&
    world.live().every((token) => token.id !== id || token.name === wish.label)
  );
}

/** The token that people mean by a label: one that a run holds, before all others. */
function lookedUp(world: World, label: string): Truth | undefined {
  const tokens = world.live(label).filter(({ generated, expiry }) => !generated && expiry === null);
  const held = world.machines.map((machine) => recordsOf(world, machine, label).held);
  return tokens.find(({ id }) => held.includes(id)) ?? tokens[0];
}

function entryOf({ name, sinks, stated }: Thread, kind: HubKind): Entry {
  const { wish, id, expires } = stated;
  const { label, of = label, state: wanted, allowReplace, order, active, grade } = wish;
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
      ...(isNamed ? [`  ${kind.labelField}: ${label}`] : []),
      ...(id === undefined ? [] : [`  ${kind.idField}: ${id}`]),
      ...(wanted === 'present' ? [] : [`  state: ${wanted}`]),
      ...(isAbsent
        ? []
        : [
            `  ${kind.rights(repository, grade)}`,
            ...(active === undefined ? [] : [`  is_active: ${active}`]),
            ...(expires === undefined ? [] : [`  expires_at: ${expires}`]),
            ...(allowReplace ? ['  allow_replace: true'] : []),
            ...(order === undefined ? [] : [`  replace_order: ${order}`]),
            `  secret: ${sinks.text}`,
          ]),
    ],
  };
}
