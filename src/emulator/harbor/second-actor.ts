import { harborError } from './errors.ts';
import {
  fullName,
  type HarborProject,
  type HarborState,
  noProject,
  projectByName,
  type Robot,
} from './state.ts';
import type { RobotStore, RobotUpdate } from './store.ts';

/** Direct access to Harbor: the actual state, and the actions of others. */
export interface HarborActor {
  /** Returns the actual robots of a project, or of the system, whatever reads show. */
  robots(project?: string): readonly Robot[];
  /** Returns the full name of a robot. */
  loginName(robot: Robot): string;
  updateAs(id: string, update: Partial<RobotUpdate>): Robot;
  setSecret(id: string, secret: string): void;
  delete(id: string): void;
  /** Deletes a project with its robots. Its permissions disappear from other robots. */
  deleteProject(name: string): void;
  /** Changes the prefix of all robots' full names. */
  setPrefix(prefix: string): void;
}

/** Returns the project with this name; `undefined` without a name. Throws a 404 if it doesn't exist. */
export function namedProject(state: HarborState, name: string | undefined): HarborProject | undefined {
  if (name === undefined) return undefined;
  const project = projectByName(state, name);
  if (!project) throw harborError(404, `project ${name} not found`);
  return project;
}

/** Creates an actor for tests, whose actions take effect at once. */
export function harborActor(state: HarborState, store: RobotStore): HarborActor {
  const robots = (project?: string): readonly Robot[] => {
    const projectId = namedProject(state, project)?.id ?? noProject;
    return store.live().filter((robot) => robot.projectId === projectId);
  };
  return {
    robots,
    loginName: (robot) => fullName(robot, state),
    updateAs: (id, update) => {
      const { description, disabled, duration, permissions } = store.read(id);
      return store.update(id, { description, disabled, duration, permissions, ...update });
    },
    setSecret: (id, secret) => void store.setSecret(id, secret),
    delete: store.delete,
    deleteProject: (name) => {
      for (const { id } of robots(name)) store.delete(id);
      const project = namedProject(state, name);
      if (project) state.projects.delete(project.id);
    },
    setPrefix: (prefix) => {
      state.prefix = prefix;
    },
  };
}
