import type { TokenCollection } from '../read-lag.ts';

/** A right: an action on a kind of resource. */
export interface Access {
  readonly resource: string;
  readonly action: string;
  /** Empty, `allow`, or any other text that was sent. */
  readonly effect: string;
}

/** The object of a permission: the system, all projects, or one project by its ID. */
export type PermissionTarget = 'system' | 'all' | number;

/** The rights of a robot to the system, to all projects, or to one project. */
export interface RobotPermission {
  readonly target: PermissionTarget;
  readonly access: readonly Access[];
}

/** The creator of a robot; type `''` and ID 0 for robots of releases that didn't record it. */
export interface Creator {
  readonly type: 'local' | 'robot' | '';
  readonly id: number;
}

/** The project ID of robots of the system, as the API uses it. */
export const noProject = 0;

/** A robot account, of a project or of the system. */
export interface Robot {
  /** A number. */
  readonly id: string;
  /** The name without the prefix; that of a project robot begins with `PROJECT+`. */
  readonly name: string;
  /** The ID of the project; `noProject` for a system robot. */
  readonly projectId: number;
  description: string;
  /** Lifetime in days since the creation; -1 for no end. */
  duration: number;
  /** Seconds since 1970; -1 for never. */
  expiresAt: number;
  disabled: boolean;
  permissions: readonly RobotPermission[];
  /** False if a release before 2.2 created it. Its name then has no prefix. */
  readonly editable: boolean;
  readonly creator: Creator;
  /** Milliseconds since 1970. */
  readonly created: number;
  updated: number;
  /** The secret itself, which no response shows again. */
  secret: string;
}

/** A project. Its name never changes. */
export interface HarborProject {
  readonly id: number;
  readonly name: string;
  readonly public: boolean;
  /** Milliseconds since 1970. */
  readonly created: number;
}

/** The roles that people can have in a project. */
export const roles = ['project_admin', 'maintainer', 'developer', 'guest'] as const;

/** The name of a role that a person can have in a project. */
export type HarborRole = (typeof roles)[number];

/** A person's account. */
export interface Person {
  readonly id: number;
  readonly name: string;
  readonly password: string;
  /** True for a system administrator. */
  readonly admin: boolean;
  /** The roles by the name of the project. */
  readonly roles: Readonly<Record<string, HarborRole>>;
}

/** Everything that one Harbor holds. */
export interface HarborState {
  readonly people: ReadonlyMap<string, Person>;
  /** By ID. */
  readonly projects: Map<number, HarborProject>;
  /** The robots of all scopes. */
  readonly robots: TokenCollection<Robot>;
  /** The prefix of full names. */
  prefix: string;
}

/** Returns the project with this name; `undefined` if there is none. */
export function projectByName({ projects }: HarborState, name: string): HarborProject | undefined {
  return [...projects.values()].find((project) => project.name === name);
}

/** Returns the name that responses show and that a robot logs in with: docs/services/harbor.md, Names. */
export function fullName({ name, editable }: Robot, { prefix }: HarborState): string {
  return editable ? prefix + name : name;
}

/** Returns the part of a robot's full name after the prefix: `PROJECT+NAME`, or the short name for the system. */
export function storedName(short: string, project: HarborProject | undefined): string {
  return project ? `${project.name}+${short}` : short;
}

/** Tells whether a robot has expired. It stays until it is deleted. */
function isExpiredRobot({ expiresAt }: Robot, now: number): boolean {
  return expiresAt !== -1 && expiresAt * 1000 <= now;
}

/** Tells whether a robot can log in: it is not disabled and has not expired. */
export function isUsableRobot(robot: Robot, now: number): boolean {
  return !robot.disabled && !isExpiredRobot(robot, now);
}
