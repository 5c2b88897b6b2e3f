import { createTokenStore, type TokenStore } from '../token-store.ts';
import { harborError } from './errors.ts';
import { expiryAfterDays } from './expiry.ts';
import { type NewRobot, newRobot } from './new-robot.ts';
import type { HarborQuirks } from './quirks.ts';
import type { Creator, HarborState, Robot } from './state.ts';

/** The properties that a PUT of a whole robot replaces. */
export type RobotUpdate = Pick<Robot, 'description' | 'disabled' | 'duration' | 'permissions'>;

/** Operations on robots, for any caller. An unknown ID is a 404, and a name that is taken a 409. */
export interface RobotStore extends Pick<TokenStore<Robot>, 'shown'> {
  create(robot: NewRobot, creator: Creator): Robot;
  update(id: string, update: RobotUpdate): Robot;
  setSecret(id: string, secret: string): Robot;
  delete(id: string): void;
  /** Returns the existing robots. */
  live(): readonly Robot[];
  /** Returns the robots that lists show, as they show them. */
  list(): readonly Robot[];
  /** Returns a robot as a GET shows it. */
  read(id: string): Robot;
  /** Returns a robot as writes find it, even if reads don't show it yet. */
  find(id: string): Robot;
}

/** Creates the store of all robots. IDs count up. */
export function createRobotStore(state: HarborState, quirks: HarborQuirks, now: () => number): RobotStore {
  const store = createTokenStore<Robot>(quirks, now);
  const { robots } = state;
  let lastId = Math.max(0, ...[...robots.tokens.keys()].map(Number));

  return {
    create: (properties, creator) => {
      const robot = newRobot(lastId + 1, properties, creator, quirks, now());
      const { name, projectId } = robot;
      if (store.live(robots).some((other) => other.name === name && other.projectId === projectId)) {
        throw harborError(409, `robot account ${name} of project ${projectId} already exists`);
      }
      lastId += 1;
      store.add(robots, robot);
      return robot;
    },
    update: (id, { duration, ...update }) =>
      store.change(robots, id, (robot) => {
        if (duration !== robot.duration) {
          robot.duration = duration;
          robot.expiresAt = expiryAfterDays(robot.created, duration, quirks.daylightSaving);
        }
        Object.assign(robot, update);
        robot.updated = now();
      }),
    setSecret: (id, secret) =>
      store.change(robots, id, (robot) => {
        robot.secret = secret;
        robot.updated = now();
      }),
    delete: (id) => store.delete(robots, id),
    live: () => store.live(robots),
    list: () => store.list(robots),
    read: (id) => store.read(robots, id),
    find: (id) => store.find(robots, id),
    shown: store.shown,
  };
}
