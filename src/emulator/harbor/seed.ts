import { defaultUser, otherUser } from '../callers.ts';
import { createCollection } from '../read-lag.ts';
import type { SeedQuirks } from '../seed-quirks.ts';
import { newRobot } from './new-robot.ts';
import type { HarborQuirks } from './quirks.ts';
import { type HarborIntervention, newProperties, past, type SeedRobot } from './seed-robot.ts';
import type { Creator, HarborProject, HarborState, Person } from './state.ts';

/** The initial content of Harbor, besides the built-in users, and its faults. */
export interface HarborSeed extends Partial<SeedQuirks<HarborQuirks, HarborIntervention>> {
  readonly users?: readonly SeedPerson[];
  readonly projects?: readonly SeedProject[];
  /** The system robots. */
  readonly robots?: readonly SeedRobot[];
}

/** A user of a seed, with the password and roles. Replaces a built-in user of the same name. */
export type SeedPerson = Omit<Person, 'id'>;

/** A project of a seed, with its robots. Private by default. */
export interface SeedProject {
  readonly id?: number;
  readonly name: string;
  readonly public?: boolean;
  readonly robots?: readonly SeedRobot[];
}

/** The built-in users: two administrators, and one without any role. The password of each is the name. */
export const plainPeople: readonly SeedPerson[] = [
  { name: defaultUser, password: defaultUser, admin: true, roles: {} },
  { name: otherUser, password: otherUser, admin: true, roles: {} },
  { name: 'unprivileged', password: 'unprivileged', admin: false, roles: {} },
];

/**
 * Returns the state at the start of the emulator. IDs count up in the order of the seed unless it gives them; user 1
 * is Harbor's own administrator.
 */
export function seedHarborState(seed: HarborSeed, quirks: HarborQuirks, now: number): HarborState {
  const { users = [], projects = [], robots = [] } = seed;
  const people = new Map([...plainPeople, ...users].map((person) => [person.name, person]));
  const byId = new Map(
    projects.map(({ id, name, public: isPublic = false }, index): [number, HarborProject] => {
      const project = { id: id ?? index + 1, name, public: isPublic, created: now };
      return [project.id, project];
    }),
  );
  const named = (name: string): HarborProject | undefined =>
    [...byId.values()].find((one) => one.name === name);

  const all = [
    ...robots.map((robot) => ({ robot, project: undefined })),
    ...projects.flatMap(({ name, robots: own = [] }) =>
      own.map((robot) => ({ robot, project: named(name) })),
    ),
  ];
  return {
    people: new Map([...people.values()].map((person, index) => [person.name, { ...person, id: index + 2 }])),
    projects: byId,
    robots: createCollection(
      all.map(({ robot, project }, index) => {
        const { creator = robot.editable === false ? unknownCreator : { type: 'local', id: 2 } } = robot;
        const id = robot.id ?? index + 1;
        return newRobot(id, newProperties(robot, project, named), creator, quirks, now, past(robot, now));
      }),
    ),
    prefix: quirks.prefix,
  };
}

const unknownCreator: Creator = { type: '', id: 0 };
