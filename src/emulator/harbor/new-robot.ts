import { expiryAfterDays } from './expiry.ts';
import type { HarborQuirks } from './quirks.ts';
import { newRobotSecret } from './secret.ts';
import {
  type Creator,
  type HarborProject,
  noProject,
  type Robot,
  type RobotPermission,
  storedName,
} from './state.ts';

/** The properties of a new robot. */
export interface NewRobot {
  /** The short name. */
  readonly name: string;
  /** Absent for a system robot. */
  readonly project?: HarborProject | undefined;
  readonly description: string;
  readonly duration: number;
  readonly permissions: readonly RobotPermission[];
}

/** Properties that only a robot of the past can have. */
export interface PastRobot {
  readonly created?: number;
  readonly disabled?: boolean;
  readonly editable?: boolean;
  readonly secret?: string;
}

/** Creates a robot, now unless it is of the past. */
export function newRobot(
  id: number,
  { name, project, ...robot }: NewRobot,
  creator: Creator,
  { daylightSaving }: Pick<HarborQuirks, 'daylightSaving'>,
  now: number,
  { created = now, disabled = false, editable = true, secret = newRobotSecret() }: PastRobot = {},
): Robot {
  return {
    ...robot,
    id: String(id),
    name: storedName(name, project),
    projectId: project?.id ?? noProject,
    expiresAt: expiryAfterDays(created, robot.duration, daylightSaving),
    disabled,
    editable,
    creator,
    created,
    updated: created,
    secret,
  };
}
